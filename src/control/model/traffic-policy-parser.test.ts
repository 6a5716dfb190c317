import assert from "node:assert/strict";
import { test } from "node:test";
import { documentOf, newest, one, ours, two } from "../../../test/support/policy-documents.ts";
import { formatCidr } from "../../base/ip.ts";
import { healthChecksOf, loadMetricsOf, policyNodes } from "./traffic-policy-document.ts";
import type { PolicyRule } from "./traffic-policy-document.ts";
import { parsePolicyDocument } from "./traffic-policy-parser.ts";

function ruleOf(text: string): PolicyRule {
  const { start } = parsePolicyDocument(text);
  assert.ok(start.kind !== "endpoint");
  return start;
}

test("parsePolicyDocument() reads every rule type of Route 53", () => {
  const failover = ruleOf(
    documentOf({
      RuleType: "failover",
      Primary: { ...one, HealthCheck: "check-1" },
      Secondary: { ...two, EvaluateTargetHealth: "true" },
    }),
  );
  assert.equal(failover.kind, "failover");
  const [primary, secondary] = failover.branches;
  assert.equal(primary?.healthCheckId, "check-1");
  assert.equal(primary?.path, "$.Rules.start.Primary");
  assert.deepEqual([primary?.evaluateTargetHealth, secondary?.evaluateTargetHealth], [false, true]);
  assert.deepEqual(primary?.node, {
    kind: "endpoint",
    type: "value",
    path: "$.Endpoints.one",
    values: ["192.0.2.1"],
  });

  const geo = ruleOf(
    documentOf({
      RuleType: "geo",
      Locations: [
        { ...one, IsDefault: true },
        { ...two, Country: "US", Subdivision: "NY", IsDefault: "false" },
        { ...two, Continent: "EU" },
      ],
    }),
  );
  assert.ok(geo.kind === "geolocation");
  assert.deepEqual(
    geo.branches.map(({ place }) => place),
    [{ countryCode: "*" }, { countryCode: "US", subdivisionCode: "NY" }, { continentCode: "EU" }],
  );

  const weighted = ruleOf(
    documentOf({
      RuleType: "weighted",
      Items: [
        { ...one, Weight: "3" },
        { ...two, Weight: 0 },
      ],
    }),
  );
  assert.ok(weighted.kind === "weighted");
  assert.deepEqual(
    weighted.branches.map(({ weight }) => weight),
    [3, 0],
  );

  const latency = ruleOf(
    documentOf({ RuleType: "latency", Regions: [{ ...one, Region: "us-east-1" }] }),
  );
  assert.ok(latency.kind === "latency" && latency.branches[0]?.region === "us-east-1");

  const multivalue = ruleOf(documentOf({ RuleType: "multivalue", Items: [one, two] }));
  assert.equal(multivalue.kind, "multivalue");
});

test("parsePolicyDocument() reads the places of both versions' geoproximity rules", () => {
  const flat = ruleOf(
    documentOf({
      RuleType: "geoproximity",
      GeoproximityLocations: [
        { ...one, Region: "aws:route53:us-east-1", Bias: "-99" },
        { ...two, Latitude: "51.50", Longitude: -0.16 },
      ],
    }),
  );
  assert.ok(flat.kind === "geoproximity");
  assert.deepEqual(
    flat.branches.map(({ where, bias }) => [where, bias]),
    [
      [{ region: "us-east-1" }, -99],
      [{ latitude: 51.5, longitude: -0.16 }, 0],
    ],
  );
  const located = ruleOf(
    documentOf(
      {
        RuleType: "geoproximity",
        GeoproximityLocations: [
          { ...one, Location: { Type: "Region", LocationName: "aws:route53:us-west-1" } },
          { ...two, Location: { Type: "LocalZone", LocationName: "aws:route53:us-east-1-atl-1a" } },
          { ...two, Location: { Type: "Coordinate", Latitude: "0", Longitude: "180" }, Bias: 99 },
        ],
      },
      newest,
    ),
  );
  assert.ok(located.kind === "geoproximity");
  assert.deepEqual(
    located.branches.map(({ where }) => where),
    [
      { region: "us-west-1" },
      { localZoneGroup: "us-east-1-atl-1" },
      { latitude: 0, longitude: 180 },
    ],
  );
});

const windows = (...Windows: unknown[]) => ({ ...one, Windows });
const metric = { Namespace: "App", MetricName: "Requests", Dimensions: { Pool: "east" } };

test("parsePolicyDocument() reads the rule types of our own version", () => {
  const time = ruleOf(
    documentOf(
      {
        RuleType: "timeofday",
        TimeZone: "America/New_York",
        Items: [
          windows({ Days: ["Mon", "Fri"], Start: "09:00", End: "17:30" }),
          windows(
            { Days: ["Sun"], Start: "22:00", End: "02:00" },
            { Start: "00:00", End: "24:00" },
          ),
          { ...two, IsDefault: true },
        ],
      },
      ours,
    ),
  );
  assert.ok(time.kind === "timeOfDay");
  assert.deepEqual(
    time.branches.map(({ windows }) => windows),
    [
      [{ days: 0b0010001, startMinute: 540, endMinute: 1_050 }],
      [
        { days: 0b1000000, startMinute: 1_320, endMinute: 1_440 },
        { days: 0b0000001, startMinute: 0, endMinute: 120 },
        { days: 0b1111111, startMinute: 0, endMinute: 1_440 },
      ],
      "default",
    ],
  );

  const load = ruleOf(
    documentOf(
      {
        RuleType: "load",
        Items: [{ ...one, Metric: metric, LowWatermark: 100, HighWatermark: "200" }],
        FailMode: "closed",
      },
      ours,
    ),
  );
  assert.ok(load.kind === "leastLoaded" && load.failMode === "closed");
  const dimensions = [{ name: "Pool", value: "east" }];
  const read = { namespace: "App", name: "Requests", dimensions };
  assert.deepEqual(load.branches[0]?.metric, read);
  assert.deepEqual([load.branches[0]?.low, load.branches[0]?.high], [100, 200]);

  const cidr = ruleOf(
    documentOf(
      {
        RuleType: "cidr",
        Items: [
          { ...one, Blocks: ["192.0.2.0/24", "2001:db8::/48"] },
          { ...two, IsDefault: "true" },
        ],
      },
      ours,
    ),
  );
  assert.ok(cidr.kind === "cidr");
  const blocks = cidr.branches[0]?.blocks;
  assert.ok(Array.isArray(blocks));
  assert.deepEqual(blocks.map(formatCidr), ["192.0.2.0/24", "2001:db8::/48"]);
  assert.equal(cidr.branches[1]?.blocks, "default");

  const text = documentOf(
    {
      RuleType: "nearby",
      Items: [
        {
          ...one,
          Country: "US",
          City: "New York",
          Location: { Type: "Region", LocationName: "aws:route53:us-east-1" },
          Metric: metric,
        },
      ],
    },
    ours,
  );
  const nearby = ruleOf(text);
  assert.ok(nearby.kind === "nearby" && nearby.branches[0]?.city === "New York");
  assert.deepEqual(loadMetricsOf(parsePolicyDocument(text)), [read]);

  const ranked = ruleOf(documentOf({ RuleType: "failover", Ranks: [one, two, one] }, ours));
  assert.ok(ranked.kind === "failover" && ranked.branches.length === 3);
  const sticky = ruleOf(documentOf({ RuleType: "sticky", Items: [one] }, ours));
  assert.ok(sticky.kind === "sticky" && sticky.branches[0]?.weight === 1);
});

test("parsePolicyDocument() keeps shared rules shared, and failover looks at the health of rules", () => {
  const shared = { RuleType: "weighted", Items: [{ ...one, Weight: 1, HealthCheck: "check" }] };
  const Rules = {
    start: {
      RuleType: "failover",
      Primary: { RuleReference: "shared" },
      Secondary: { RuleReference: "middle", EvaluateTargetHealth: false },
    },
    middle: {
      RuleType: "latency",
      Regions: [{ RuleReference: "shared", Region: "eu-west-1" }],
    },
    shared,
  };
  const document = parsePolicyDocument(documentOf({}, { Rules }));
  assert.equal(policyNodes(document).size, 4);
  assert.deepEqual([...healthChecksOf(document)], [["check", "$.Rules.shared.Items[0]"]]);
  assert.ok(document.start.kind === "failover");
  const health = document.start.branches.map((branch) => branch.evaluateTargetHealth);
  assert.deepEqual(health, [true, false]);
});

test("parsePolicyDocument() takes a document that begins with an endpoint", () => {
  const text = documentOf({}, { StartRule: undefined, StartEndpoint: "one", Rules: undefined });
  assert.equal(parsePolicyDocument(text).start.kind, "endpoint");
});
