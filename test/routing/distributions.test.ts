import assert from "node:assert/strict";
import { test } from "node:test";
import type { RoutingNode } from "../../src/dataplane/policy/routing-tree.ts";
import { chiSquareChance } from "../support/chi-square.ts";
import { labelOf } from "./compare.ts";
import { outcomes } from "./reference-evaluator.ts";
import type { World } from "./reference-evaluator.ts";
import { RoutingServer, positionOf, referenceTo } from "./routing-server.ts";

const askCount = 20_000;
/** Draws are seeded: a chance below this is no bad luck, it would be there each time. */
const chanceMin = 0.001;

let leaves = 0;

function records(): RoutingNode {
  const n = ++leaves;
  return { kind: "records", ttl: 60, rdatas: [Uint8Array.of(10, 0, n >> 8, n)] };
}

const aliasOf = (position: number): RoutingNode => {
  return { kind: "alias", target: referenceTo(position), evaluateTargetHealth: true };
};

/** Branches by weight; those of slot 1 are down. */
function weighted(...weights: (number | [weight: number, slot: number])[]): RoutingNode {
  const branches = weights.map((given) => {
    const [weight, healthSlot = 0] = typeof given === "number" ? [given] : given;
    return { label: `${weight}`, weight, healthSlot, node: records() };
  });
  return { kind: "weighted", branches };
}

function multivalue(count: number, downCount = 0): RoutingNode {
  const branches = Array.from({ length: count }, (_, index) => ({
    label: `${index}`,
    healthSlot: index < downCount ? 1 : 0,
    node: records(),
  }));
  return { kind: "multivalue", limit: 8, branches };
}

const loads = [0, 30, 55, 70];

const cases: Readonly<Record<string, readonly RoutingNode[]>> = {
  "weights are shares": [weighted(1, 2, 3, 10)],
  "great and small weights": [weighted(1, 255, 128)],
  "weight 0 has no share": [weighted(0, 5, 5)],
  "all weights 0 are equal": [weighted(0, 0, 0, 0, 0)],
  "the share of the unhealthy goes to the healthy by weight": [weighted(1, [6, 1], 2, [9, 1], 3)],
  "weights of 0 are equal where all others are unhealthy": [weighted([9, 1], 0, 0, 0, [0, 1])],
  "with none healthy the weights count": [weighted([1, 1], [2, 1], [3, 1])],
  "weights within weights": [
    {
      kind: "weighted",
      branches: [
        { label: "a", weight: 3, node: aliasOf(1) },
        { label: "b", weight: 1, node: aliasOf(2) },
      ],
    },
    weighted(1, 1, [5, 1]),
    weighted(2, 7),
  ],
  "every value of a multivalue answer is as likely": [multivalue(20)],
  "of a multivalue answer with eight healthy values all come": [multivalue(12, 4)],
  "and every healthy one of more": [multivalue(14, 4)],
  "all unhealthy: every one": [multivalue(11, 11)],
  "equally far": [
    {
      kind: "geoproximity",
      branches: [1, 2, 3].map((label) => ({
        ...{ label: `${label}`, latitude: 10, longitude: 20, bias: 0, node: records() },
      })),
    },
  ],
  "load is shed between the marks": [
    {
      kind: "leastLoaded",
      branches: [1, 2, 3].map((loadSlot) => ({
        ...{ label: `${loadSlot}`, loadSlot, low: 20, high: 80, node: records() },
      })),
    },
  ],
};

for (const [name, sets] of Object.entries(cases)) {
  test(`distribution: ${name}`, () => {
    const world = worldOf(sets);
    const server = new RoutingServer({ sets, slotCount: 2 }, 20_261_122);
    const seen = new Map<string, number>();
    for (let i = 0; i < askCount; i++) {
      for (const label of server.ask(world).labels) seen.set(label, (seen.get(label) ?? 0) + 1);
    }
    const shares = sharesOf(sets[0] as RoutingNode, world);
    assert.deepEqual([...seen.keys()].toSorted(), [...shares.keys()].toSorted());
    const labels = [...shares.keys()];
    const observed = labels.map((label) => seen.get(label) ?? 0);
    const expected = labels.map((label) => (shares.get(label) ?? 0) * askCount);
    const chance = chiSquareChance(observed, expected);
    assert.ok(chance > chanceMin, `${observed} instead of ${expected.map(Math.round)}: ${chance}`);
  });
}

function worldOf(sets: readonly RoutingNode[]) {
  const client = { network: { address: Uint8Array.of(1, 0, 0, 0), prefixLength: 24 }, place: {} };
  const up = [true, false];
  return {
    ...{ client, up, loads, atMs: 0 },
    target: (alias: Parameters<World["target"]>[0]) => sets[positionOf(alias.target)],
    isUp: (slot: number) => up[slot] ?? true,
    loadOf: (slot: number) => loads[slot] ?? 0,
  };
}

/** How often each record is in an answer, by the reference evaluator. */
function sharesOf(node: RoutingNode, world: World): Map<string, number> {
  const shares = new Map<string, number>();
  for (const { chance, pool, take } of outcomes(node, world)) {
    for (const { rdatas } of pool) {
      const label = labelOf(rdatas);
      shares.set(label, (shares.get(label) ?? 0) + (chance * take) / pool.length);
    }
  }
  return shares;
}

test("sticky sets: always the same for a network, and by weight over all of them", () => {
  const weights = [1, 2, 5];
  const branches = weights.map((weight) => ({ label: `w${weight}`, weight, node: records() }));
  const sets: RoutingNode[] = [{ kind: "sticky", branches }];
  const server = new RoutingServer({ sets, slotCount: 1 }, 7);
  const counts = new Map<string, number>();
  for (let network = 0; network < 6_000; network++) {
    const address = Uint8Array.of(1, network >> 8, network, 0);
    const [label = ""] = server.askAs({ address, prefixLength: 24 }).labels;
    counts.set(label, (counts.get(label) ?? 0) + 1);
    for (const prefixLength of [24, 25]) {
      const again = server.askAs({ address, prefixLength });
      assert.deepEqual(again.labels, [label]);
      assert.equal(again.scope, 24);
    }
  }
  const observed = branches.map(({ node }) => counts.get(labelOf((node as never)["rdatas"])) ?? 0);
  const chance = chiSquareChance(
    observed,
    weights.map((weight) => (weight / 8) * 6_000),
  );
  assert.ok(chance > chanceMin, `${observed}`);
});

test("sticky sets: those who lose theirs are spread, the others stay", () => {
  const branches = [1, 2, 3, 4].map((n) => ({
    ...{ label: `w${n}`, weight: 1, healthSlot: n, node: records() },
  }));
  const server = new RoutingServer({ sets: [{ kind: "sticky", branches }], slotCount: 5 }, 7);
  const networks = Array.from({ length: 2_000 }, (_, n) => ({
    address: Uint8Array.of(1, n >> 8, n, 0),
    prefixLength: 24,
  }));
  const answers = () => networks.map((network) => server.askAs(network).labels[0]);
  const before = answers();
  server.status.setHealthy(2, false);
  const lost = labelOf((branches[1]?.node as never)["rdatas"]);
  const after = answers();
  const moved = before.filter((label, index) => label !== after[index]);
  assert.ok(moved.length > 400 && moved.every((label) => label === lost));
  assert.ok(new Set(after).size === 3 && !after.includes(lost));
});
