import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { seededRandom } from "../src/base/random.ts";
import { InProcessServer } from "../test/fuzz/in-process-server.ts";
import { fuzz } from "../test/fuzz/packet-checks.ts";
import { publish } from "./report.ts";

/** How many packets, and which. */
export type FuzzLongOptions = {
  /** Folder for the report; default `bench/results`. */
  readonly results?: string | undefined;
  readonly packets: number;
  readonly seed: number;
};

const roundCount = 10;
const settleMs = 200;
/** Octets a packet, over the second half of the run, above which the heap counts as growing. */
const heapGrowthPerPacketMax = 2;
/**
 * The same for resident memory, least of the second half against least of the first. The mutator
 * makes garbage and odd packets make V8 compile anew: its own pages come and go in steps of 8 to
 * 50 MiB (measured, with the heap flat).
 */
const rssGrowthMax = 64 << 20;

/**
 * Many mutated packets through the packet path, in rounds, with the memory after each.
 * @throws Error at the first exception or wrong response, and where a count or the memory is off
 */
export async function fuzzLong({ packets, seed, results }: FuzzLongOptions): Promise<void> {
  const collectGarbage = garbageCollector();
  const server = new InProcessServer();
  const random = seededRandom(seed);
  const rows: string[][] = [];
  const memory: NodeJS.MemoryUsage[] = [];
  const perRound = Math.ceil(packets / roundCount);
  for (let round = 1; round <= roundCount; round++) {
    const { answered, dropped } = fuzz({ server, packets: perRound, random });
    // Memory of array buffers is given back beside the program, a moment after the collection.
    collectGarbage();
    await sleep(settleMs);
    collectGarbage();
    await sleep(settleMs);
    const usage = process.memoryUsage();
    memory.push(usage);
    const { received, accounted } = server.counts();
    if (received !== accounted || received !== perRound * round) {
      throw new Error(
        `${perRound * round} packets, ${received} counted, ${accounted} accounted for`,
      );
    }
    rows.push([String(received), String(answered), String(dropped), ...memoryCells(usage)]);
  }
  if (isGrowing(memory, packets / 2)) {
    throw new Error(`memory grows:\n${rows.map((cells) => cells.join(" ")).join("\n")}`);
  }
  publish(
    {
      name: "fuzz",
      title: "Mutated packets",
      method:
        `${perRound * roundCount} valid queries of every kind over all zones of the differential ` +
        "tests, each with one to three mutations (test/fuzz/mutate.ts), through the packet path. No " +
        "exception; every response decodes and has the query's id, QR and opcode; every packet " +
        "is in the counters; the heap after a garbage collection stays where it was.",
      columns: ["packets so far", "answered", "dropped", "heap, MiB", "resident, MiB"],
      rows,
    },
    results,
  );
}

/** @param packets sent in the second half of the run */
function isGrowing(memory: readonly NodeJS.MemoryUsage[], packets: number): boolean {
  // The first round warms up.
  const first = memory.slice(1, memory.length / 2);
  const second = memory.slice(memory.length / 2);
  const heapGrowth = Math.min(...second.slice(-2).map(heapOf)) - Math.min(...first.map(heapOf));
  // What the mutator has used of these is given back late, in steps of up to 40 MiB (measured).
  const outsideGrowth = Math.min(...second.map(outsideOf)) - Math.min(...first.map(outsideOf));
  const rssGrowth = Math.min(...second.map(rssOf)) - Math.min(...first.map(rssOf));
  const growthMax = packets * heapGrowthPerPacketMax;
  return heapGrowth > growthMax || outsideGrowth > growthMax || rssGrowth > rssGrowthMax;
}

function heapOf({ heapUsed }: NodeJS.MemoryUsage): number {
  return heapUsed;
}

/** Array buffers included. */
function outsideOf({ external }: NodeJS.MemoryUsage): number {
  return external;
}

function rssOf({ rss }: NodeJS.MemoryUsage): number {
  return rss;
}

function memoryCells({ heapUsed, rss }: NodeJS.MemoryUsage): string[] {
  return [(heapUsed / 2 ** 20).toFixed(2), (rss / 2 ** 20).toFixed(1)];
}

/** V8's own collector, which a program is given only after asking for the flag. */
function garbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
