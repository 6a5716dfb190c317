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
/**
 * Rounds before memory is watched. The mutator makes garbage, for which V8 enlarges its young
 * generation once, from 16 to 32 MiB (measured: in the fifth or sixth round of 100,000 packets).
 */
const warmUpRounds = 7;
/** Growth over the rounds after that above which memory counts as growing: two octets a packet. */
const heapGrowthMax = 600_000;
const rssGrowthMax = 4 << 20;

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
    collectGarbage();
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
  const warm = memory[warmUpRounds - 1] as NodeJS.MemoryUsage;
  const last = memory.at(-1) as NodeJS.MemoryUsage;
  if (last.heapUsed - warm.heapUsed > heapGrowthMax || last.rss - warm.rss > rssGrowthMax) {
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
        "is in the counters; memory after a garbage collection stays where it was.",
      columns: ["packets so far", "answered", "dropped", "heap, MiB", "resident, MiB"],
      rows,
    },
    results,
  );
}

function memoryCells({ heapUsed, rss }: NodeJS.MemoryUsage): string[] {
  return [(heapUsed / 2 ** 20).toFixed(2), (rss / 2 ** 20).toFixed(1)];
}

/** V8's own collector, which a program is given only after asking for the flag. */
function garbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
