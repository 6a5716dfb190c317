import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Bar } from "./bar-plot.ts";
import { dnsperf } from "./dnsperf.ts";
import { canCount, counting, instructions, readCount } from "./hardware-counters.ts";
import { cpuTimeNs, processTree } from "./process-tree.ts";
import { median } from "./report.ts";
import type { Server } from "./servers.ts";

/** Queries for one server. */
export type Load = {
  /** What the report calls it. */
  readonly name: string;
  readonly server: Server;
  readonly queryFile: string;
  /** Whether the file holds messages, as they go over TCP, and not names and types. */
  readonly binary?: boolean;
  /** Default: UDP. */
  readonly transport?: "udp" | "tcp";
  /** Whether queries have an OPT record. */
  readonly edns?: boolean;
};

/** What a load has cost; samples are one a round. */
export type Cost = {
  /** CPU time per answered query: the median of the rounds. */
  readonly nsPerQuery: number;
  /** The least and the most. */
  readonly range: string;
  /** The least and the most, as the range shows them. */
  readonly nsLeast: number;
  readonly nsMost: number;
  /** The median; `undefined` where the machine does not count instructions. */
  readonly instructionsPerQuery: number | undefined;
  readonly queriesPerSecond: number;
  /** Of a response, on average. */
  readonly responseSize: number;
  readonly rcodes: string;
};

type Sample = Pick<
  Cost,
  "nsPerQuery" | "instructionsPerQuery" | "queriesPerSecond" | "responseSize" | "rcodes"
>;

const warmUpSecondsMax = 2;
const countsInstructions = canCount(instructions);

/**
 * CPU time per answered query of each load: all to warm up first, then one after the other in several
 * rounds, so that a machine that slows down for a while slows all of them down.
 */
export async function measureCpu<L extends Load>(
  loads: readonly L[],
  options: { readonly rounds: number; readonly seconds: number },
): Promise<Map<L, Cost>> {
  const samples = new Map(loads.map((load): [L, Sample[]] => [load, []]));
  const warmUp = Math.min(warmUpSecondsMax, options.seconds);
  for (const load of loads) await sample(load, warmUp);
  for (let round = 0; round < options.rounds; round++) {
    for (const [load, taken] of samples) taken.push(await sample(load, options.seconds));
  }
  return new Map(loads.map((load) => [load, costOf(samples.get(load) ?? [])]));
}

async function sample(load: Load, seconds: number): Promise<Sample> {
  const { name, server, ...asking } = load;
  const counts = join(tmpdir(), `signpost-bench-counts-${process.pid}`);
  const prefix = countsInstructions
    ? counting(instructions, processTree(server.pid), counts)
    : undefined;
  const before = cpuTimeNs(server.pid);
  const result = await dnsperf({ ...asking, port: server.port, seconds, prefix });
  const nsPerQuery = (cpuTimeNs(server.pid) - before) / result.completed;
  const { queriesPerSecond, responseSize, rcodes } = result;
  const line = `${result.completed} answered, ${result.lost} lost, ${queriesPerSecond} q/s`;
  console.error(`${name}: ${nsPerQuery.toFixed(0)} ns, ${line}, ${rcodes}`);
  let instructionsPerQuery: number | undefined;
  if (prefix) {
    instructionsPerQuery = (readCount(instructions, counts) ?? Number.NaN) / result.completed;
    rmSync(counts, { force: true });
  }
  return { nsPerQuery, instructionsPerQuery, queriesPerSecond, responseSize, rcodes };
}

function costOf(samples: readonly Sample[]): Cost {
  const costs = samples.map(({ nsPerQuery }) => nsPerQuery);
  const counts = samples.flatMap(({ instructionsPerQuery: count }) => count ?? []);
  const [nsLeast, nsMost] = [Math.min(...costs), Math.max(...costs)];
  return {
    nsPerQuery: median(costs),
    range: `${nsLeast.toFixed(0)}–${nsMost.toFixed(0)}`,
    nsLeast,
    nsMost,
    instructionsPerQuery: counts.length > 0 ? median(counts) : undefined,
    queriesPerSecond: median(samples.map((each) => each.queriesPerSecond)),
    responseSize: samples.at(-1)?.responseSize ?? Number.NaN,
    rcodes: samples.at(-1)?.rcodes ?? "",
  };
}

/** Cells that every report of costs has; `ratio` compares the load with another. */
export function costCells({ name }: Load, cost: Cost, ratio: number): string[] {
  const { nsPerQuery, range, queriesPerSecond, rcodes } = cost;
  const perSecond = queriesPerSecond.toFixed(0);
  return [name, nsPerQuery.toFixed(0), range, ratio.toFixed(2), perSecond, rcodes];
}

/** A cost as a plot shows it. */
export function barOf(name: string, { nsPerQuery, nsLeast, nsMost }: Cost): Bar {
  return { name, value: nsPerQuery, range: [nsLeast, nsMost] };
}
