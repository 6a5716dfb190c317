import { dnsperf } from "./dnsperf.ts";
import { cpuTimeNs } from "./process-tree.ts";
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
};

/** What a load has cost; samples are one a round. */
export type Cost = {
  /** CPU time per answered query: the median of the rounds. */
  readonly nsPerQuery: number;
  /** The least and the most. */
  readonly range: string;
  readonly queriesPerSecond: number;
  readonly rcodes: string;
};

type Sample = Pick<Cost, "nsPerQuery" | "queriesPerSecond" | "rcodes">;

const warmUpSecondsMax = 2;

/**
 * CPU time per answered query of each load: all to warm up first, then one after the other in several
 * rounds, so that a machine that slows down for a while slows all of them down.
 */
export async function measureCpu(
  loads: readonly Load[],
  options: { readonly rounds: number; readonly seconds: number },
): Promise<Map<Load, Cost>> {
  const samples = new Map(loads.map((load): [Load, Sample[]] => [load, []]));
  const warmUp = Math.min(warmUpSecondsMax, options.seconds);
  for (const load of loads) await sample(load, warmUp);
  for (let round = 0; round < options.rounds; round++) {
    for (const [load, taken] of samples) taken.push(await sample(load, options.seconds));
  }
  return new Map(loads.map((load) => [load, costOf(samples.get(load) ?? [])]));
}

async function sample(load: Load, seconds: number): Promise<Sample> {
  const { server, queryFile, binary } = load;
  const before = cpuTimeNs(server.pid);
  const result = await dnsperf({ port: server.port, queryFile, binary, seconds });
  const nsPerQuery = (cpuTimeNs(server.pid) - before) / result.completed;
  const { queriesPerSecond, rcodes } = result;
  const line = `${result.completed} answered, ${result.lost} lost, ${queriesPerSecond} q/s`;
  console.error(`${load.name}: ${nsPerQuery.toFixed(0)} ns, ${line}, ${rcodes}`);
  return { nsPerQuery, queriesPerSecond, rcodes };
}

function costOf(samples: readonly Sample[]): Cost {
  const costs = samples.map(({ nsPerQuery }) => nsPerQuery);
  return {
    nsPerQuery: median(costs),
    range: `${Math.min(...costs).toFixed(0)}–${Math.max(...costs).toFixed(0)}`,
    queriesPerSecond: median(samples.map((each) => each.queriesPerSecond)),
    rcodes: samples.at(-1)?.rcodes ?? "",
  };
}
