import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { benchOrigin, writeBenchQueries, writeBenchZone } from "./corpus.ts";
import { dnsperf } from "./dnsperf.ts";
import { cpuTimeNs } from "./process-tree.ts";
import { median, publish } from "./report.ts";
import {
  peerKinds,
  startBenchPeer,
  startBenchSignpost,
  startEchoServer,
  type Server,
} from "./servers.ts";

/** How much is measured. */
export type CpuPerQueryOptions = {
  /** Folder for the report; default `bench/results`. */
  readonly results?: string | undefined;
  readonly nameCount: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly seed: number;
};

type Sample = { readonly nsPerQuery: number; readonly queriesPerSecond: number };
type Measured = { readonly server: Server; readonly samples: Sample[]; rcodes: string };

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
    for (const kind of peerKinds) {
      const peer = await startBenchPeer(kind, zone);
      if (peer) servers.push(peer);
    }
    const measured = servers.map((server): Measured => ({ server, samples: [], rcodes: "" }));
    const warmUp = Math.min(2, options.seconds);
    for (const each of measured) await sample(each, queryFile, warmUp);
    for (let round = 0; round < options.rounds; round++) {
      for (const each of measured) {
        each.samples.push(await sample(each, queryFile, options.seconds));
      }
    }
    publishCpu(measured, options);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    rmSync(directory, { recursive: true, force: true });
  }
}

async function sample(measured: Measured, queryFile: string, seconds: number): Promise<Sample> {
  const { port, pid, name } = measured.server;
  const before = cpuTimeNs(pid);
  const result = await dnsperf({ port, queryFile, seconds });
  const used = cpuTimeNs(pid) - before;
  measured.rcodes = result.rcodes;
  const line = `${result.completed} answered, ${result.lost} lost, ${result.queriesPerSecond} q/s`;
  console.error(`${name}: ${(used / result.completed).toFixed(0)} ns, ${line}, ${result.rcodes}`);
  return { nsPerQuery: used / result.completed, queriesPerSecond: result.queriesPerSecond };
}

function publishCpu(measured: readonly Measured[], options: CpuPerQueryOptions): void {
  const costOf = ({ samples }: Measured) => median(samples.map((s) => s.nsPerQuery));
  const signpost = costOf(measured[0] as Measured);
  const rows = measured.map((each) => {
    const costs = each.samples.map((s) => s.nsPerQuery);
    const rate = median(each.samples.map((s) => s.queriesPerSecond));
    const range = `${Math.min(...costs).toFixed(0)}–${Math.max(...costs).toFixed(0)}`;
    const ratio = (signpost / costOf(each)).toFixed(2);
    return [each.server.name, costOf(each).toFixed(0), range, ratio, rate.toFixed(0), each.rcodes];
  });
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
    },
    options.results,
  );
}
