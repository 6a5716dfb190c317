import type { Random } from "../../src/base/random.ts";
import type { RoutingNode } from "../../src/dataplane/policy/routing-tree.ts";
import { outcomes } from "./reference-evaluator.ts";
import type { Client, Outcome, World } from "./reference-evaluator.ts";
import { Dice, clientWithin, loadSlotCount, randomCase, randomClient } from "./random-tree.ts";
import type { RoutingCase, TreeOptions } from "./random-tree.ts";
import { RoutingServer, referenceTo, positionOf } from "./routing-server.ts";
import type { RoutingAnswer } from "./routing-server.ts";

/** Worlds that each random tree is asked in. */
const worldsPerTree = 10;

export type Difference = {
  /** Of the generator that made tree and world: enough to see it again. */
  seed: number;
  world: World & WorldState;
  routingCase: RoutingCase;
  expected: readonly Outcome[];
  answered: RoutingAnswer;
  /** A client of the same scope that is to be answered otherwise. */
  neighbour?: Client;
};

export const treeOptions: TreeOptions = {
  setCountMax: 8,
  branchCountMax: 6,
  slotCountMax: 12,
  inlineDepthMax: 2,
  failModes: true,
  referenceTo,
};

/**
 * Asks the packet path for random trees in random worlds and holds each answer against the
 * outcomes that the reference evaluator allows.
 * @returns the first differences, at most `differencesMax`
 */
export function compareRandomly(options: {
  random: Random;
  caseCount: number;
  tree?: Partial<TreeOptions>;
  differencesMax?: number;
}): { cases: number; differences: Difference[]; answered: Map<string, number> } {
  const { random, caseCount, tree = {}, differencesMax = 3 } = options;
  const differences: Difference[] = [];
  const answered = new Map<string, number>();
  let cases = 0;
  while (cases < caseCount && differences.length < differencesMax) {
    const seed = random.uint32() | 1;
    const dice = new Dice(seed);
    const routingCase = randomCase(dice, { ...treeOptions, ...tree });
    const server = new RoutingServer(routingCase, seed);
    for (let i = 0; i < worldsPerTree; i++, cases++) {
      const world = randomWorld(dice, routingCase);
      const expected = outcomes(routingCase.sets[0] as RoutingNode, world);
      const answer = server.ask(world);
      const shape = `${answer.labels.length} records`;
      answered.set(shape, (answered.get(shape) ?? 0) + 1);
      const found = { seed, world, routingCase, expected, answered: answer };
      const neighbour = otherwiseAnswered(found, dice);
      if (!allows(expected, answer) || neighbour) {
        differences.push({ ...found, ...(neighbour ? { neighbour } : {}) });
        break;
      }
    }
  }
  return { cases, differences, answered };
}

/**
 * A client in the network that the answer is said to be for, who could never get it; `undefined`:
 * the scope holds. One longer than the prefix that was asked for tells nothing.
 */
function otherwiseAnswered(found: Omit<Difference, "neighbour">, dice: Dice): Client | undefined {
  const { world, routingCase, answered } = found;
  const { address, prefixLength } = world.client.network;
  const { scope = 0 } = answered;
  if (scope > prefixLength) return undefined;
  const client = clientWithin(dice, { address, prefixLength: scope });
  const set = routingCase.sets[0] as RoutingNode;
  return allows(outcomes(set, { ...world, client }), answered) ? undefined : client;
}

/** 2020 to 2030. */
const [firstMinute, lastMinute] = [26_297_280, 31_556_160];

export function randomWorld(dice: Dice, { sets, slotCount }: RoutingCase): World & WorldState {
  const downOneIn = dice.between(2, 5);
  const up = Array.from({ length: slotCount }, (_, slot) => slot === 0 || !dice.oneIn(downOneIn));
  const loads = Array.from({ length: loadSlotCount }, () => dice.between(0, 130));
  const atMs = dice.between(firstMinute, lastMinute) * 60_000;
  const client = randomClient(dice);
  return {
    ...{ up, loads, client, atMs },
    target: (alias) => sets[positionOf(alias.target)],
    isUp: (slot) => up[slot] ?? true,
    loadOf: (slot) => loads[slot] ?? 0,
  };
}

/** What a world's functions answer from, by slot. */
export type WorldState = { up: readonly boolean[]; loads: readonly number[] };

/** Whether an answer is one of the outcomes that have a chance. */
export function allows(expected: readonly Outcome[], { labels, ttls }: RoutingAnswer): boolean {
  return expected.some(({ chance, pool, take }) => {
    if (chance <= 0 || labels.length !== take || new Set(labels).size !== take) return false;
    const lives = new Map(pool.map(({ ttl, rdatas }) => [labelOf(rdatas), ttl]));
    return labels.every((label, index) => lives.get(label) === ttls[index]);
  });
}

export function labelOf(rdatas: readonly Uint8Array[]): string {
  return rdatas.map((rdata) => rdata.join(".")).join(" ");
}
