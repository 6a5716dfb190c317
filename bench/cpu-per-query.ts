import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { benchOrigin, writeBenchQueries, writeBenchZone } from "./corpus.ts";
import { barOf, costCells, type Cost, type Load, measureCpu } from "./cpu-rounds.ts";
import { publish } from "./report.ts";
import { startBenchPeers, startBenchSignpost, startEchoServer, type Server } from "./servers.ts";

/** How much is measured. */
export type CpuPerQueryOptions = {
  /** Folder for the report; default `bench/results`. */
  readonly results?: string | undefined;
  /** Peers to measure, by name; none: all. */
  readonly peers: readonly string[];
  readonly nameCount: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly seed: number;
};

/**
 * CPU time per answered query of Signpost, a bare echo on the same driver, and each peer: all are
 * started once, on core 0, then loaded one after the other from core 1, in several rounds.
 */
export async function cpuPerQuery(options: CpuPerQueryOptions): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "signpost-bench-"));
  const zone = { origin: benchOrigin, file: join(directory, "bench.zone") };
  const queryFile = join(directory, "queries.txt");
  writeBenchZone(zone.file, options.nameCount);
  writeBenchQueries(queryFile, { ...options, queryCount: 200_000 });
  const servers: Server[] = [];
  try {
    servers.push(await startBenchSignpost(zone), await startEchoServer());
    servers.push(...(await startBenchPeers(zone, options.peers)));
    const loads = servers.map((server): Load => ({ name: server.name, server, queryFile }));
    publishCpu(await measureCpu(loads, options), options);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    rmSync(directory, { recursive: true, force: true });
  }
}

function publishCpu(costs: ReadonlyMap<Load, Cost>, options: CpuPerQueryOptions): void {
  const signpost = [...costs.values()][0]?.nsPerQuery ?? Number.NaN;
  const rows = [...costs].map(([load, cost]) => costCells(load, cost, signpost / cost.nsPerQuery));
  const { nameCount, rounds, seconds } = options;
  publish(
    {
      name: "cpu-per-query",
      title: "CPU time per answered query",
      method:
        `One zone of ${nameCount} A records; 85 % answers, 10 % NXDOMAIN, 5 % NODATA. Each server ` +
        `has core 0, dnsperf core 1. ${rounds} rounds of ${seconds} s over all servers in turn, ` +
        "after one to warm up. CPU time of the whole process tree (user and system), divided by " +
        "the queries answered: medians. The echo sends each packet back as it is, over the same " +
        "driver as Signpost.",
      columns: ["server", "ns/query", "range", "Signpost ÷ it", "queries/s", "answers"],
      rows,
      plot: {
        title: "CPU time per answered query",
        unit: "ns/query",
        groups: [{ name: "", bars: [...costs].map(([{ name }, cost]) => barOf(name, cost)) }],
      },
    },
    options.results,
  );
}
