import assert from "node:assert/strict";
import { test } from "node:test";
import { RoutedZone, alias, block, branch, records } from "../../../test/support/routed-zone.ts";
import { RoutingError, encodeProgram } from "./encode-program.ts";
import type { RoutingNode } from "./routing-tree.ts";

function deep(levels: number): RoutingNode {
  let node = records(1);
  for (let i = 0; i < levels; i++) node = { kind: "failover", branches: [{ label: "", node }] };
  return node;
}

test("encodeProgram() refuses what is no tree of groups", async (t) => {
  const weight = (value: number): RoutingNode => ({
    kind: "weighted",
    branches: [branch(1, { weight: value })],
  });
  const place = (latitude: number, bias = 0): RoutingNode => ({
    kind: "geoproximity",
    branches: [branch(1, { latitude, longitude: 0, bias })],
  });
  const twice = (node: RoutingNode): RoutingNode =>
    ({
      ...node,
      branches: [0, 1].flatMap(() => ("branches" in node ? node.branches : [])),
    }) as RoutingNode;
  const cidr = (blocks: "default" | ReturnType<typeof block>[]): RoutingNode => ({
    kind: "cidr",
    branches: [branch(1, { blocks })],
  });
  const hours = (endMinute: number, zone = "UTC"): RoutingNode => ({
    kind: "timeOfDay",
    zone,
    branches: [branch(1, { windows: [{ days: 1, startMinute: 0, endMinute }] })],
  });
  const refused: Record<string, [node: RoutingNode, why: RegExp]> = {
    "no branches": [{ kind: "failover", branches: [] }, /without branches/],
    "a weight below 0": [weight(-1), /weight -1/],
    "a weight between": [weight(1.5), /weight 1.5/],
    "weights beyond 31 bits": [twice(weight(0x7fffffff)), /sum of weights/],
    "a latitude beyond the poles": [place(91), /coordinates 91, 0/],
    "no number": [place(NaN), /coordinates NaN/],
    "a bias of 100": [place(0, 100), /bias 100/],
    "an alias among multivalue answers": [
      { kind: "multivalue", limit: 8, branches: [{ label: "", node: alias("x") }] },
      /multivalue/,
    ],
    "nine multivalue answers at once": [
      { kind: "multivalue", limit: 9, branches: [branch(1, {})] },
      /9 answers/,
    ],
    "a place twice": [
      twice({ kind: "geolocation", branches: [branch(1, { place: { country: "DE" } })] }),
      /same place twice/,
    ],
    "a block twice": [twice(cidr([block("10.0.0.0/8")])), /same block twice/],
    "two defaults": [twice(cidr("default")), /two defaults/],
    "a block that is too long": [cidr([block("2001:db8::/65")]), /\/65, limit \/64/],
    "a window that ends too late": [hours(1_441), /window/],
    "an unknown time zone": [hours(1, "Mars/Olympus"), /time zone Mars/],
    "watermarks the wrong way round": [
      { kind: "leastLoaded", branches: [branch(1, { loadSlot: 0, low: 2, high: 1 })] },
      /watermarks/,
    ],
    "too many groups inside each other": [deep(65), /inside each other, limit 64/],
  };
  for (const [what, [node, why]] of Object.entries(refused)) {
    await t.test(what, () => {
      assert.throws(
        () => encodeProgram(node),
        (error) => error instanceof RoutingError && why.test(error.message),
      );
    });
  }
  assert.equal(encodeProgram(deep(64)).leaves.length, 1);
});

test("encodeProgram() encodes a shared node once", () => {
  const shared: RoutingNode = { kind: "failover", branches: [branch(1, {}), branch(2, {})] };
  let node = shared;
  for (let i = 0; i < 30; i++) {
    node = {
      kind: "failover",
      branches: [
        { label: "a", node },
        { label: "b", node },
      ],
    };
  }
  const { words, leaves } = encodeProgram(node);
  assert.ok(words.length < 1_000, `${words.length} words`);
  assert.equal(leaves.length, 2);
});

test("encodeProgram() a tree of 10,000 nodes is served", () => {
  const group = (i: number): RoutingNode => ({
    kind: "failover",
    branches: Array.from({ length: 99 }, (_, k) => ({
      label: `${i}.${k}`,
      healthSlot: 1 + ((i * 99 + k) % 60_000),
      node: { kind: "records", ttl: 60, rdatas: [Uint8Array.of(10, 0, i, k)] },
    })),
  });
  const node: RoutingNode = {
    kind: "weighted",
    branches: Array.from({ length: 100 }, (_, i) => ({
      label: String(i),
      weight: i === 42 ? 1 : 0,
      node: group(i),
    })),
  };
  const served = new RoutedZone({ www: node, "a.www": records(5) });
  assert.equal(served.ask(), "0");
  for (let slot = 1; slot < 7_000; slot++) served.status.setHealthy(slot, slot % 99 === 98);
  assert.equal(served.ask(), "97");
  assert.equal(served.ask(undefined, "a.www"), "5");
});

test("encodeProgram() tells whether a group asks for the client's place", () => {
  const node = records(1);
  const weighted: RoutingNode = { kind: "weighted", branches: [branch(1, { weight: 1 })] };
  const place: RoutingNode = { kind: "geolocation", branches: [branch(1, { place: "default" })] };
  const below: RoutingNode = { kind: "failover", branches: [{ label: "", node: place }] };
  const asking = [node, weighted, place, below].map((root) => encodeProgram(root).asksPlaces);
  assert.deepEqual(asking, [false, false, true, true]);
});
