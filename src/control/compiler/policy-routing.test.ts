import assert from "node:assert/strict";
import { test } from "node:test";
import { documentOf, one, ours, two } from "../../../test/support/policy-documents.ts";
import type { Members } from "../../../test/support/policy-documents.ts";
import type { Branch, RoutingNode } from "../../dataplane/policy/routing-tree.ts";
import { TYPE } from "../../dns/wire/registries.ts";
import { parsePolicyDocument } from "../model/traffic-policy-parser.ts";
import { policyRouting } from "./policy-routing.ts";
import { parseRoute53Name } from "./route53-wire-name.ts";

function routingOf(rule: Members, more: Members = {}): RoutingNode {
  return policyRouting(parsePolicyDocument(documentOf(rule, { ...ours, ...more })), {
    type: TYPE.A,
    ttl: 60,
    healthSlot: (id) => (id === "gone" ? undefined : Number(id)),
    loadSlot: ({ name }) => Number(name),
    cidrBlocks: () => [],
    parseName: parseRoute53Name,
  });
}

const first: RoutingNode = { kind: "records", ttl: 60, rdatas: [Uint8Array.of(192, 0, 2, 1)] };
const second: RoutingNode = { kind: "records", ttl: 60, rdatas: [Uint8Array.of(192, 0, 2, 2)] };

function branchesOf(node: RoutingNode): readonly Branch[] {
  assert.ok("branches" in node);
  return node.branches;
}

/** What a branch has of its own, without label and node. */
function choicesOf(node: RoutingNode): object[] {
  return branchesOf(node).map(({ label: _label, node: _node, ...choice }) => choice);
}

const item = (more: object, EndpointReference = "one") => ({ EndpointReference, ...more });
const metric = (MetricName: string) => ({ Metric: { Namespace: "N", MetricName } });
const region = (name: string) => ({
  Location: { Type: "Region", LocationName: `aws:route53:${name}` },
});

test("policyRouting() gives each branch its records, its label and its health", () => {
  const Items = [
    { ...one, Weight: 3, HealthCheck: "7" },
    { ...two, Weight: 0, HealthCheck: "gone" },
  ];
  const node = routingOf({ RuleType: "weighted", Items, FailMode: "closed" });
  assert.deepEqual(node, {
    kind: "weighted",
    branches: [
      { label: "$.Rules.start.Items[0]", healthSlot: 7, node: first, weight: 3 },
      { label: "$.Rules.start.Items[1]", node: second, weight: 0 },
    ],
    failMode: "closed",
  });
});

const cases: [rule: Members, kind: string, choices: object[]][] = [
  [{ RuleType: "failover", Ranks: [one, two, one] }, "failover", [{}, {}, {}]],
  [{ RuleType: "multivalue", Items: [one] }, "multivalue", [{}]],
  [{ RuleType: "sticky", Items: [one] }, "sticky", [{ weight: 1 }]],
  [
    {
      RuleType: "geo",
      Locations: [
        item({ Country: "*" }),
        item({ Country: "US", Subdivision: "NY" }),
        item({ Continent: "EU" }),
      ],
    },
    "geolocation",
    [
      { place: "default" },
      { place: { country: "US", subdivision: "NY" } },
      { place: { continent: "EU" } },
    ],
  ],
  [
    { RuleType: "latency", Regions: [item({ Region: "eu-west-1" })] },
    "latency",
    [{ region: "eu-west-1", latitude: 53.35, longitude: -6.26 }],
  ],
  [
    {
      RuleType: "geoproximity",
      GeoproximityLocations: [
        item({ ...region("us-east-1"), Bias: 10 }),
        item({ Location: { Type: "LocalZone", LocationName: "aws:route53:us-east-1-atl-1a" } }),
        item({ Location: { Type: "Coordinate", Latitude: 1, Longitude: 2 } }),
      ],
    },
    "geoproximity",
    [
      { latitude: 39.04, longitude: -77.49, bias: 10 },
      { latitude: 33.75, longitude: -84.39, bias: 0 },
      { latitude: 1, longitude: 2, bias: 0 },
    ],
  ],
  [
    {
      RuleType: "cidr",
      Items: [item({ Blocks: ["10.0.0.0/8"] }), item({ IsDefault: true })],
    },
    "cidr",
    [{ blocks: [{ address: Uint8Array.of(10, 0, 0, 0), prefixLength: 8 }] }, { blocks: "default" }],
  ],
  [
    {
      RuleType: "load",
      Items: [item({ ...metric("5"), LowWatermark: 1, HighWatermark: 2 })],
    },
    "leastLoaded",
    [{ loadSlot: 5, low: 1, high: 2 }],
  ],
  [
    {
      RuleType: "nearby",
      Items: [item({ ...region("us-east-1"), ...metric("6"), Country: "US", City: "Ashburn" })],
    },
    "nearby",
    [
      {
        latitude: 39.04,
        longitude: -77.49,
        country: "US",
        continent: "NA",
        region: "us-east-1",
        city: "Ashburn",
        loadSlot: 6,
      },
    ],
  ],
];

test("policyRouting() knows every rule type", () => {
  for (const [rule, kind, choices] of cases) {
    const node = routingOf(rule);
    assert.equal(node.kind, kind);
    assert.deepEqual(choicesOf(node), choices, kind);
  }
  const time = routingOf({
    RuleType: "timeofday",
    TimeZone: "Europe/Berlin",
    Items: [item({ Windows: [{ Days: ["Sat"], Start: "08:00", End: "20:00" }] })],
  });
  assert.ok(time.kind === "timeOfDay" && time.zone === "Europe/Berlin");
  assert.deepEqual(time.branches[0]?.windows, [{ days: 32, startMinute: 480, endMinute: 1_200 }]);
});

test("policyRouting() shares what the document shares", () => {
  const shared = { RuleReference: "shared" };
  const node = routingOf(
    {},
    {
      Rules: {
        start: { RuleType: "failover", Primary: shared, Secondary: { RuleReference: "middle" } },
        middle: { RuleType: "sticky", Items: [shared, one] },
        shared: { RuleType: "sticky", Items: [one] },
      },
    },
  );
  const [primary, secondary] = branchesOf(node);
  assert.ok(primary && secondary);
  assert.equal(branchesOf(secondary.node)[0]?.node, primary.node);
  assert.deepEqual(
    [primary.evaluateTargetHealth, branchesOf(secondary.node)[0]?.evaluateTargetHealth],
    [true, false],
  );
});

test("policyRouting() leads to other sets of the zone", () => {
  const Endpoints = {
    one: { Type: "alias", Value: "www.z.test" },
    two: { Type: "value", Values: ["192.0.2.2"] },
  };
  const Ranks = [{ ...one, EvaluateTargetHealth: true }, one, two];
  const [evaluated, plain, records] = branchesOf(
    routingOf({ RuleType: "failover", Ranks }, { Endpoints }),
  );
  const target = { owner: parseRoute53Name("www.z.test."), type: TYPE.A };
  assert.deepEqual(evaluated?.node, { kind: "alias", target, evaluateTargetHealth: true });
  assert.deepEqual(plain?.node, { kind: "alias", target, evaluateTargetHealth: false });
  assert.deepEqual(records?.node, second);
});
