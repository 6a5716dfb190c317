import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { benchOrigin, writeBenchQueries, writeBenchZone } from "./corpus.ts";
import { type Load, measureCpu } from "./cpu-rounds.ts";
import { dnsperf } from "./dnsperf.ts";
import { median, publish } from "./report.ts";
import { datagramCostNs, segmentations } from "./segmentation-cost.ts";
import { startBenchSignpost, type Server } from "./servers.ts";

/** How much is measured. */
export type SocketSettingsOptions = {
  /** Folder for the report; default `bench/results`. */
  readonly results?: string | undefined;
  readonly nameCount: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly seed: number;
};

/** Settings of Signpost that are compared. Servers without a prefix have both cores. */
const variants: readonly { name: string; args: string; cores: "0" | "0-1" }[] = [
  { name: "as it comes", args: "", cores: "0" },
  { name: "coalesce-us=0", args: "--coalesce-us 0", cores: "0" },
  { name: "coalesce-us=50", args: "--coalesce-us 50", cores: "0" },
  { name: "coalesce-us=200", args: "--coalesce-us 200", cores: "0" },
  { name: "busy-poll-us=50", args: "--busy-poll-us 50", cores: "0" },
  { name: "2 workers", args: "--workers 2", cores: "0-1" },
  { name: "2 workers, pin-workers=yes", args: "--workers 2 --pin-workers yes", cores: "0-1" },
];
/** A client that asks for A and AAAA, and waits. */
const lone = { queries: 1, clients: 1 };

/** CPU time, throughput and a lone query's latency by settings of the socket driver. */
export async function measureSocketSettings(options: SocketSettingsOptions): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "signpost-bench-"));
  const zone = { origin: benchOrigin, file: join(directory, "bench.zone") };
  const queryFile = join(directory, "queries.txt");
  writeBenchZone(zone.file, options.nameCount);
  writeBenchQueries(queryFile, { ...options, queryCount: 200_000 });
  const loads: Load[] = [];
  try {
    for (const { name, args, cores } of variants) {
      const words = args.split(" ").filter((word) => word !== "");
      const prefix = ["taskset", "-c", cores];
      const server = await startBenchSignpost(zone, { args: words, prefix });
      loads.push({ name, server, queryFile });
    }
    const costs = await measureCpu(loads, options);
    const rows: string[][] = [];
    for (const [{ name, server }, cost] of costs) {
      const latency = await loneLatencyUs(server, queryFile, options);
      const perSecond = cost.queriesPerSecond.toFixed(0);
      rows.push([name, cost.nsPerQuery.toFixed(0), cost.range, perSecond, latency.toFixed(0)]);
    }
    publishSettings(rows, options);
  } finally {
    await Promise.all(loads.map(({ server }) => server.stop()));
    rmSync(directory, { recursive: true, force: true });
  }
}

async function loneLatencyUs(
  { port }: Server,
  queryFile: string,
  { rounds }: SocketSettingsOptions,
): Promise<number> {
  const latencies: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const { latencyUs } = await dnsperf({ port, queryFile, seconds: 1, outstanding: lone });
    latencies.push(latencyUs);
  }
  return median(latencies);
}

function publishSettings(rows: string[][], options: SocketSettingsOptions): void {
  const { nameCount, rounds, seconds } = options;
  const runs = Array.from({ length: rounds }, () => segmentations.map(datagramCostNs));
  publish(
    {
      name: "socket-settings",
      title: "Settings of the socket driver",
      method:
        `One zone of ${nameCount} A records over loopback. One worker on core 0, dnsperf on core 1; ` +
        "two workers on both cores, one of which they share with dnsperf. CPU time of the whole " +
        `process (user and system) by answered query, ${rounds} rounds of ${seconds} s over all in ` +
        "turn: medians. Lone query: latency of one client that waits for each answer before it asks " +
        "again, as dnsperf sees it.",
      columns: ["setting", "ns/query", "range", "queries/s", "lone query, µs"],
      rows,
      tables: [
        {
          title: "Segmentation",
          columns: ["datagrams to one client, sent and received over loopback", "ns each"],
          rows: segmentations.map(({ name }, i) => [
            name,
            median(runs.map((costs) => costs[i] as number)).toFixed(0),
          ]),
        },
      ],
      remarks: [
        "Busy polling needs a network card (or a veth pair with GRO); loopback has nothing to poll. " +
          "Segmentation is not built in: it joins responses of one size to one socket, and resolvers " +
          "ask from another port each time (RFC 5452 §9.2). What each setting is for: " +
          "docs/performance.md.",
      ],
    },
    options.results,
  );
}
