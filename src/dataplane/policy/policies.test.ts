import assert from "node:assert/strict";
import { test } from "node:test";
import { RoutedZone, alias, block, branch, records } from "../../../test/support/routed-zone.ts";
import type { Zone } from "../../../test/support/routed-zone.ts";
import {
  america,
  california,
  frankfurt,
  geolocation,
  latency,
  newYork,
  nowhere,
  places,
  seoul,
} from "../../../test/support/routing-groups.ts";
import { queryOf } from "../../../test/support/zone-under-test.ts";
import { present } from "../../base/assert.ts";
import { decodeMessage } from "../../dns/wire/message.ts";
import type { RoutingNode } from "./routing-tree.ts";

type Case = {
  node: RoutingNode | Zone;
  client?: string;
  down?: number[];
  minutes?: number;
  loads?: Record<number, number>;
  is: string[];
};

const failover: RoutingNode = {
  kind: "failover",
  branches: [branch(1, {}, 1), branch(2, {}, 2), branch(3, {}, 3)],
};
const weighted: RoutingNode = {
  kind: "weighted",
  branches: [branch(1, { weight: 3 }, 1), branch(2, { weight: 1 }, 2), branch(3, { weight: 0 }, 3)],
};
const geoproximity = (bias: number): RoutingNode => ({
  kind: "geoproximity",
  branches: [
    branch(1, { ...places.virginia, bias: 0 }, 1),
    branch(2, { ...places.frankfurt, bias }, 2),
  ],
});
const cidr: RoutingNode = {
  kind: "cidr",
  branches: [
    branch(1, { blocks: [block("10.0.0.0/8"), block("2001:db8::/32")] }, 1),
    branch(2, { blocks: [block("10.1.0.0/16"), block("2001:db8:1::/48")] }, 2),
    branch(3, { blocks: [block("10.1.2.0/24")] }, 3),
    branch(9, { blocks: "default" as const }, 9),
  ],
};
/** Weekdays 8:00–18:00 and, on Fridays, from 22:00 to 2:00. */
const hours: RoutingNode = {
  kind: "timeOfDay",
  zone: "America/New_York",
  branches: [
    branch(1, { windows: [{ days: 0b11111, startMinute: 480, endMinute: 1080 }] }, 1),
    branch(2, { windows: [{ days: 0b10000, startMinute: 1320, endMinute: 120 }] }, 2),
    branch(3, { windows: "default" as const }, 3),
  ],
};
const leastLoaded: RoutingNode = {
  kind: "leastLoaded",
  branches: [
    branch(1, { loadSlot: 1, low: 50, high: 80 }, 1),
    branch(2, { loadSlot: 2, low: 50, high: 80 }, 2),
  ],
};
const at = (text: string): number => Date.parse(text) / 60_000;
const nearby: RoutingNode = {
  kind: "nearby",
  branches: [
    branch(
      1,
      { ...places.frankfurt, country: "DE", continent: "EU", city: "frankfurt", loadSlot: 1 },
      1,
    ),
    branch(
      2,
      { ...places.frankfurt, country: "DE", continent: "EU", city: "Frankfurt", loadSlot: 2 },
      2,
    ),
    branch(
      3,
      { latitude: 53.55, longitude: 10, country: "DE", continent: "EU", city: "Hamburg" },
      3,
    ),
    branch(4, { latitude: 48.86, longitude: 2.35, country: "FR", continent: "EU" }, 4),
    branch(5, { ...places.virginia, country: "US", continent: "NA" }, 5),
  ],
};

const cases: Record<string, Case> = {
  "failover: the first": { node: failover, is: ["1"] },
  "failover: the next that is healthy": { node: failover, down: [1, 2], is: ["3"] },
  "failover: none is healthy, the first": { node: failover, down: [1, 2, 3], is: ["1"] },
  "failover, closed: none": {
    node: { ...failover, failMode: "closed" },
    down: [1, 2, 3],
    is: ["-"],
  },
  "weighted: 0 never": { node: weighted, is: ["1", "2"] },
  "weighted: only the healthy": { node: weighted, down: [1], is: ["2"] },
  "weighted: 0 once all others are down": { node: weighted, down: [1, 2], is: ["3"] },
  "weighted: all down, as if none": { node: weighted, down: [1, 2, 3], is: ["1", "2"] },
  "weighted, closed: none": {
    node: { ...weighted, failMode: "closed" },
    down: [1, 2, 3],
    is: ["-"],
  },
  "geolocation: the state": { node: geolocation, client: newYork, is: ["4 /16"] },
  "geolocation: the country where the state has none": {
    node: geolocation,
    client: california,
    is: ["3 /16"],
  },
  "geolocation: no state is known": { node: geolocation, client: america, is: ["3 /16"] },
  "geolocation: the default": { node: geolocation, client: frankfurt, is: ["1 /16"] },
  "geolocation: unknown places have the default": {
    node: geolocation,
    client: nowhere,
    is: ["1 /5"],
  },
  "geolocation: state to country": { node: geolocation, client: newYork, down: [4], is: ["3 /16"] },
  "geolocation: to continent": { node: geolocation, client: newYork, down: [4, 3], is: ["2 /16"] },
  "geolocation: to default": { node: geolocation, client: newYork, down: [4, 3, 2], is: ["1 /16"] },
  "geolocation: the smallest if all are down": {
    node: geolocation,
    client: newYork,
    down: [4, 3, 2, 1],
    is: ["4 /16"],
  },
  "geolocation: never another's": { node: geolocation, client: seoul, down: [5, 1], is: ["5 /16"] },
  "geolocation, geofence: stays": {
    node: { ...geolocation, failMode: "geofence" },
    client: newYork,
    down: [4],
    is: ["4 /16"],
  },
  "geolocation over IPv6": { node: geolocation, client: "2400:3:7::/48", is: ["4 /32"] },
  "geolocation of a mapped address": {
    node: geolocation,
    client: "::ffff:1.3.2.0/120",
    is: ["4 /112"],
  },
  "geolocation without default": {
    node: { kind: "geolocation", branches: [branch(5, { place: { country: "KR" } })] },
    client: frankfurt,
    is: ["- /16"],
  },
  "geoproximity: the nearer": { node: geoproximity(0), client: newYork, is: ["1 /16"] },
  "geoproximity: from the other side": { node: geoproximity(0), client: seoul, is: ["2 /16"] },
  "geoproximity: a bias draws": { node: geoproximity(99), client: newYork, is: ["2 /16"] },
  "geoproximity: a bias pushes away": { node: geoproximity(-99), client: seoul, is: ["1 /16"] },
  "geoproximity: the next where that is down": {
    node: geoproximity(0),
    client: newYork,
    down: [1],
    is: ["2 /16"],
  },
  "geoproximity: all down": { node: geoproximity(0), client: newYork, down: [1, 2], is: ["1 /16"] },
  "latency: by distance": { node: latency, client: frankfurt, is: ["2 /16"] },
  "latency: next best": { node: latency, client: frankfurt, down: [2], is: ["1 /16"] },
  "latency: unknown clients are spread": {
    node: latency,
    client: nowhere,
    is: ["1 /5", "2 /5", "3 /5"],
  },
  "CIDR: the longest block": { node: cidr, client: "10.1.2.0/24", is: ["3 /24"] },
  "CIDR: the next larger where that is down": {
    node: cidr,
    client: "10.1.2.0/24",
    down: [3],
    is: ["2 /24"],
  },
  "CIDR: then the next, then the default": {
    node: cidr,
    client: "10.1.2.0/24",
    down: [1, 2, 3],
    is: ["9 /24"],
  },
  "CIDR: all down": { node: cidr, client: "10.1.2.0/24", down: [1, 2, 3, 9], is: ["3 /24"] },
  "CIDR, geofence: stays": {
    node: { ...cidr, failMode: "geofence" },
    client: "10.1.2.0/24",
    down: [3],
    is: ["3 /24"],
  },
  "CIDR: a network larger than the block is not in it": {
    node: cidr,
    client: "10.1.0.0/15",
    is: ["1 /16"],
  },
  "CIDR: a query of a longer prefix": { node: cidr, client: "10.1.2.77/32", is: ["3 /24"] },
  "CIDR: the default": { node: cidr, client: "11.0.0.0/24", is: ["9 /8"] },
  "CIDR over IPv6": { node: cidr, client: "2001:db8:1:2::/64", is: ["2 /48"] },
  "CIDR over IPv6, larger block": { node: cidr, client: "2001:db8:8000::/56", is: ["1 /33"] },
  "CIDR over IPv6, default": { node: cidr, client: "3000::/56", is: ["9 /4"] },
  "hours: on a winter morning": { node: hours, minutes: at("2026-11-23T13:30Z"), is: ["1"] },
  "hours: an hour too early in winter": {
    node: hours,
    minutes: at("2026-11-23T12:30Z"),
    is: ["3"],
  },
  "hours: early enough in summer": { node: hours, minutes: at("2026-07-20T12:30Z"), is: ["1"] },
  "hours: closed at the end minute": { node: hours, minutes: at("2026-11-23T23:00Z"), is: ["3"] },
  "hours: past midnight": { node: hours, minutes: at("2026-11-28T06:30Z"), is: ["2"] },
  "hours: not after another day": { node: hours, minutes: at("2026-11-27T06:30Z"), is: ["3"] },
  "hours: the default where it is down": {
    node: hours,
    minutes: at("2026-11-23T15:00Z"),
    down: [1],
    is: ["3"],
  },
  "load: the least": { node: leastLoaded, loads: { 1: 40, 2: 30 }, is: ["2"] },
  "load: the least that is healthy": {
    node: leastLoaded,
    loads: { 1: 40, 2: 30 },
    down: [2],
    is: ["1"],
  },
  "load: shed between the marks": { node: leastLoaded, loads: { 1: 65, 2: 70 }, is: ["1", "2"] },
  "load: shed by all": { node: leastLoaded, loads: { 1: 90, 2: 95 }, is: ["1"] },
  "nearby: the least loaded in town": {
    node: nearby,
    client: frankfurt,
    loads: { 1: 5, 2: 3 },
    is: ["2 /16"],
  },
  "nearby: in the country": { node: nearby, client: frankfurt, down: [1, 2], is: ["3 /16"] },
  "nearby: on the continent": { node: nearby, client: frankfurt, down: [1, 2, 3], is: ["4 /16"] },
  "nearby: anywhere": { node: nearby, client: frankfurt, down: [1, 2, 3, 4], is: ["5 /16"] },
  "nearby, geofence: stays in town": {
    node: { ...nearby, failMode: "geofence" },
    client: frankfurt,
    loads: { 1: 5, 2: 3 },
    down: [1, 2],
    is: ["2 /16"],
  },
  "multivalue: the healthy": {
    node: {
      kind: "multivalue",
      limit: 8,
      branches: [branch(1, {}, 1), branch(2, {}), branch(3, {})],
    },
    down: [1],
    is: ["2 3"],
  },
  "multivalue: none is healthy, all": {
    node: { kind: "multivalue", limit: 8, branches: [branch(1, {}, 1), branch(2, {}, 1)] },
    down: [1],
    is: ["1 2"],
  },
  "nesting: a branch without a healthy record is backed out of": {
    node: {
      www: {
        kind: "failover",
        branches: [
          { label: "a", node: alias("a") },
          { label: "b", node: alias("b") },
        ],
      },
      a: { kind: "weighted", branches: [branch(1, { weight: 1 }, 1), branch(2, { weight: 0 }, 2)] },
      b: records(9),
    },
    down: [1, 2],
    is: ["9"],
  },
  "nesting: one healthy record keeps the branch": {
    node: {
      www: {
        kind: "failover",
        branches: [
          { label: "a", node: alias("a") },
          { label: "b", node: alias("b") },
        ],
      },
      a: { kind: "weighted", branches: [branch(1, { weight: 1 }, 1), branch(2, { weight: 0 }, 2)] },
      b: records(9),
    },
    down: [1],
    is: ["2"],
  },
  "nesting: without EvaluateTargetHealth the branch is taken": {
    node: {
      www: {
        kind: "failover",
        branches: [
          { label: "a", node: alias("a", false) },
          { label: "b", node: alias("b") },
        ],
      },
      a: { kind: "weighted", branches: [branch(1, { weight: 1 }, 1)] },
      b: records(9),
    },
    down: [1],
    is: ["1"],
  },
  "nesting: a failed check on the alias hides the branch": {
    node: {
      www: {
        kind: "failover",
        branches: [
          { label: "a", healthSlot: 5, node: alias("a") },
          { label: "b", node: alias("b") },
        ],
      },
      a: records(1),
      b: records(9),
    },
    down: [5],
    is: ["9"],
  },
  "nesting: all down, open at each level": {
    node: {
      www: {
        kind: "failover",
        branches: [
          { label: "a", node: alias("a") },
          { label: "b", node: alias("b") },
        ],
      },
      a: failover,
      b: { kind: "weighted", branches: [branch(8, { weight: 1 }, 1)] },
    },
    down: [1, 2, 3],
    is: ["1"],
  },
  "nesting: a group inside a group": {
    node: {
      kind: "failover",
      branches: [
        { label: "first", node: { kind: "weighted", branches: [branch(1, { weight: 1 }, 1)] } },
        branch(2, {}),
      ],
    },
    down: [1],
    is: ["2"],
  },
  "nesting: whose health is not evaluated": {
    node: {
      kind: "failover",
      branches: [
        {
          label: "first",
          evaluateTargetHealth: false,
          node: { kind: "weighted", branches: [branch(1, { weight: 1 }, 1)] },
        },
        branch(2, {}),
      ],
    },
    down: [1],
    is: ["1"],
  },
  "nesting: an alias to nothing is unhealthy": {
    node: { kind: "failover", branches: [{ label: "a", node: alias("none") }, branch(2, {})] },
    is: ["2"],
  },
  "scope: 0 where nobody's place was asked": {
    node: weighted,
    client: seoul,
    is: ["1 /0", "2 /0"],
  },
  "scope: of a group that was only judged": {
    node: {
      www: { kind: "failover", branches: [{ label: "g", node: alias("g") }, branch(2, {})] },
      g: geolocation,
    },
    client: newYork,
    is: ["4 /16"],
  },
};

for (const [what, { node, client, down = [], minutes, loads = {}, is }] of Object.entries(cases)) {
  test(`choose() ${what}`, () => {
    const served = new RoutedZone("kind" in node ? { www: node as RoutingNode } : node);
    for (const slot of down) served.status.setHealthy(slot, false);
    for (const [slot, load] of Object.entries(loads)) served.status.setLoad(Number(slot), load);
    if (minutes !== undefined) served.server.context.timeMinutes = minutes;
    assert.deepEqual(served.all(client), is);
  });
}

test("choose() takes the resolver's own address where there is no subnet", () => {
  const served = new RoutedZone({ www: geolocation });
  const { context, packet } = served.server;
  packet.set([1, 3, 9, 9], 100);
  context.resolverOffset = 100;
  context.resolverFamily = 1;
  assert.equal(served.ask(), "4");
  assert.equal(served.ask("0.0.0.0/0"), "4 /0");
  assert.equal(served.ask(seoul), "5 /16");
});

test("choose() keeps a network at the same sticky branch", () => {
  const branches = [1, 2, 3, 4].map((last) => branch(last, { weight: last }, last));
  const served = new RoutedZone({ www: { kind: "sticky", branches } });
  const client = (i: number): string => `${1 + (i % 200)}.${i >> 8}.${i & 255}.0/24`;
  const first = Array.from({ length: 4_000 }, (_, i) => served.ask(client(i)));
  for (const last of [1, 2, 3, 4]) {
    const share = first.filter((answer) => answer === `${last} /24`).length / first.length;
    assert.ok(Math.abs(share - last / 10) < 0.03, `${last}: ${share}`);
  }
  served.status.setHealthy(2, false);
  for (const [i, before] of first.entries()) {
    if (before !== "2 /24") assert.equal(served.ask(client(i)), before);
  }
});

test("choose() keeps a network at the same sticky branch where only weights of 0 are left", () => {
  for (const [weights, down, shares] of [
    [[0, 0, 0], [], [1, 1, 1]],
    [[5, 0, 0], [1], [0, 1, 1]],
    [[5, 0, 1], [], [5, 0, 1]],
  ] as const) {
    const branches = weights.map((weight, i) => branch(i + 1, { weight }, i + 1));
    const served = new RoutedZone({ www: { kind: "sticky", branches } });
    for (const slot of down) served.status.setHealthy(slot, false);
    const counts = [0, 0, 0];
    for (let i = 0; i < 1_500; i++) {
      const client = `1.${i >> 8}.${i & 255}.0/24`;
      const answer = served.ask(client);
      for (let again = 0; again < 3; again++) assert.equal(served.ask(client), answer);
      const index = Number(answer.split(" ")[0]) - 1;
      counts[index] = (counts[index] ?? 0) + 1;
    }
    const total = shares.reduce<number>((sum, share) => sum + share, 0);
    for (const [i, share] of shares.entries()) {
      const found = (counts[i] ?? 0) / 1_500;
      assert.ok(Math.abs(found - share / total) < 0.05, `${weights}: ${counts}`);
    }
  }
});

test("choose() ends where judging would take for ever", () => {
  const wide = (target: string): RoutingNode => ({
    kind: "failover",
    branches: Array.from({ length: 60 }, (_, i) => ({ label: String(i), node: alias(target) })),
  });
  const zone: Zone = { www: wide("a"), a: wide("b"), b: wide("c"), c: wide("d") };
  const served = new RoutedZone({ ...zone, d: { kind: "failover", branches: [branch(1, {}, 1)] } });
  served.status.setHealthy(1, false);
  const response = served.server.process(queryOf("www.z.test.", "A"));
  assert.equal(decodeMessage(present(response, "a response")).answer.length, 1);
});
