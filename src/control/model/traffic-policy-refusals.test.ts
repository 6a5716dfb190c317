import assert from "node:assert/strict";
import { test } from "node:test";
import {
  documentOf,
  endpoints,
  newest,
  one,
  ours,
  two,
} from "../../../test/support/policy-documents.ts";
import type { Members } from "../../../test/support/policy-documents.ts";
import { InvalidPolicyDocumentError, parsePolicyDocument } from "./traffic-policy-parser.ts";

function refusalOf(text: string): string {
  try {
    parsePolicyDocument(text);
  } catch (error) {
    if (error instanceof InvalidPolicyDocumentError) return error.message;
    throw error;
  }
  throw new Error("the document was not refused");
}

const windows = (...Windows: unknown[]) => ({ ...one, Windows });
const metric = { Namespace: "App", MetricName: "Requests", Dimensions: { Pool: "east" } };

const weighted = (...Items: unknown[]) => ({ RuleType: "weighted", Items });
const geo = (...Locations: unknown[]) => ({ RuleType: "geo", Locations });
const near = (...GeoproximityLocations: unknown[]) => ({
  RuleType: "geoproximity",
  GeoproximityLocations,
});
const at = (Latitude: unknown, Longitude: unknown) => ({ ...one, Latitude, Longitude });
const hours = (window: Members, TimeZone = "UTC") => ({
  RuleType: "timeofday",
  TimeZone,
  Items: [windows(window)],
});

const refusals: [what: string, text: string, message: RegExp | string][] = [
  ["no JSON", "{", /^\$: it is not JSON/],
  ["no object", "[]", "$: an object is expected, not a list"],
  [
    "a version there is not",
    documentOf({}, { AWSPolicyFormatVersion: "2020-01-01" }),
    /^\$\.AWSPolicyFormatVersion: '2020-01-01' is none of 2015-10-01, 2023-05-09, 2026-11-22/,
  ],
  ["a type that is not routed", documentOf({}, { RecordType: "NS" }), /RecordType: 'NS' is none/],
  [
    "two starts",
    documentOf(weighted({ ...one, Weight: 1 }), { StartEndpoint: "one" }),
    "$: exactly one of StartEndpoint and StartRule is expected",
  ],
  ["no start", documentOf({}, { StartRule: undefined }), /exactly one of StartEndpoint/],
  [
    "a member too many",
    documentOf(weighted({ ...one, Weight: 1 }), { Extra: 1 }),
    "$.Extra: is not expected here",
  ],
  [
    "a member too many in a branch",
    documentOf(weighted({ ...one, Weight: 1, Bias: 1 })),
    "$.Rules.start.Items[0].Bias: is not expected here",
  ],
  [
    "a value of another type",
    documentOf(weighted({ ...one, Weight: 1 }), {
      Endpoints: { one: { Type: "value", Value: "::1" } },
    }),
    /^\$\.Endpoints\.one\.Value: Invalid Resource Record: .*IllegalIPv4Address/,
  ],
  [
    "an endpoint type there is not",
    documentOf({}, { Endpoints: { "a b": { Type: "ec2", Value: "x" } }, Rules: {} }),
    /^\$\.Endpoints\["a b"\]\.Type: 'ec2' is none of value, cloudfront/,
  ],
  [
    "an AWS endpoint of type MX",
    documentOf(
      {},
      { RecordType: "MX", Endpoints: { a: { Type: "cloudfront", Value: "x.test" } }, Rules: {} },
    ),
    /an endpoint cloudfront has records A and AAAA, not MX/,
  ],
  [
    "a region where none belongs",
    documentOf(
      {},
      { Endpoints: { a: { Type: "value", Value: "192.0.2.1", Region: "x" } }, Rules: {} },
    ),
    "$.Endpoints.a.Region: is only for endpoints s3-website",
  ],
  ["a rule type there is not", documentOf({ RuleType: "random" }), /RuleType: 'random' is none/],
  [
    "a rule type of ours in Route 53's version",
    documentOf({ RuleType: "sticky", Items: [one] }),
    /RuleType: 'sticky' is none of failover, geo, geoproximity, latency, multivalue, weighted/,
  ],
  [
    "a weight too big",
    documentOf(weighted({ ...one, Weight: "256" })),
    "$.Rules.start.Items[0].Weight: must be from 0 to 255, not 256",
  ],
  [
    "a weight that is none",
    documentOf(weighted({ ...one, Weight: "1e2" })),
    "$.Rules.start.Items[0].Weight: a number is expected, not a string",
  ],
  ["no weight", documentOf(weighted(one)), "$.Rules.start.Items[0].Weight: is missing"],
  ["half a weight", documentOf(weighted({ ...one, Weight: 1.5 })), /a whole number is expected/],
  ["no branch", documentOf(weighted()), "$.Rules.start.Items: must not be empty"],
  [
    "101 branches",
    documentOf(weighted(...Array(101).fill({ ...one, Weight: 1 }))),
    "$.Rules.start.Items: has 101 elements, the limit is 100",
  ],
  [
    "no reference",
    documentOf(weighted({ Weight: 1 })),
    "$.Rules.start.Items[0]: exactly one of EndpointReference and RuleReference is expected",
  ],
  [
    "a reference to nothing",
    documentOf(weighted({ EndpointReference: "three", Weight: 1 })),
    "$.Rules.start.Items[0].EndpointReference: there is no endpoint 'three'",
  ],
  [
    "a start at nothing",
    documentOf(weighted({ ...one, Weight: 1 }), { StartRule: "begin" }),
    "$.StartRule: there is no rule 'begin'",
  ],
  [
    "a rule that leads back",
    documentOf(weighted({ RuleReference: "start", Weight: 1 })),
    "$.Rules.start: the rule leads back to itself",
  ],
  [
    "a boolean that is none",
    documentOf(weighted({ ...one, Weight: 1, EvaluateTargetHealth: 1 })),
    "$.Rules.start.Items[0].EvaluateTargetHealth: true or false is expected",
  ],
  [
    "no secondary",
    documentOf({ RuleType: "failover", Primary: one }),
    "$.Rules.start.Secondary: is missing",
  ],
  [
    "a place of its own as default",
    documentOf(geo({ ...one, Country: "FR", IsDefault: true })),
    /IsDefault: a place of its own cannot be the default/,
  ],
  [
    "two defaults",
    documentOf(geo({ ...one, IsDefault: true }, { ...two, Country: "*" })),
    "$.Rules.start.Locations[1]: has the same location as $.Rules.start.Locations[0]",
  ],
  [
    "a continent and a country",
    documentOf(geo({ ...one, Continent: "EU", Country: "FR" })),
    /Continent: cannot be given together with Country/,
  ],
  ["a country there is not", documentOf(geo({ ...one, Country: "XX" })), /unknown place 'XX'/],
  ["a state of no country", documentOf(geo({ ...one, Subdivision: "NY" })), /unknown place 'NY'/],
  ["no place", documentOf(geo(one)), /has no place and is not the default/],
  [
    "a region there is not",
    documentOf({ RuleType: "latency", Regions: [{ ...one, Region: "mars-1" }] }),
    "$.Rules.start.Regions[0].Region: unknown region 'mars-1'",
  ],
  [
    "a region twice",
    documentOf({
      RuleType: "latency",
      Regions: [
        { ...one, Region: "us-east-1" },
        { ...two, Region: "us-east-1" },
      ],
    }),
    /has the same region as/,
  ],
  [
    "a bare region in geoproximity",
    documentOf(near({ ...one, Region: "us-east-1" })),
    /'us-east-1' does not begin with aws:route53:/,
  ],
  [
    "three decimals",
    documentOf(near(at("51.501", "0"))),
    /Latitude: must not have more than two decimals/,
  ],
  ["beyond the pole", documentOf(near(at("90.01", "0"))), /must be from -90 to 90, not 90.01/],
  ["a latitude alone", documentOf(near({ ...one, Latitude: "1" })), /Longitude: is missing/],
  ["a bias too big", documentOf(near({ ...at(1, 1), Bias: 100 })), /Bias: must be from -99 to 99/],
  ["31 places", documentOf(near(...Array(31).fill(at(1, 1)))), /31 elements, the limit is 30/],
  [
    "a place of the newer version",
    documentOf(near({ ...one, Location: {} })),
    /exactly one of Region, and Latitude with Longitude/,
  ],
  ["a place of the older version", documentOf(near(at(1, 1)), newest), /Location: is missing/],
  [
    "a local zone there is not",
    documentOf(
      near({
        ...one,
        Location: { Type: "LocalZone", LocationName: "aws:route53:us-east-1-xxx-1a" },
      }),
      newest,
    ),
    /unknown Local Zone/,
  ],
  [
    "a multivalue answer of a rule",
    documentOf({ RuleType: "multivalue", Items: [{ RuleReference: "start" }] }),
    /RuleReference: only endpoints may follow/,
  ],
  [
    "a multivalue answer of an alias",
    documentOf(
      { RuleType: "multivalue", Items: [one] },
      { Endpoints: { one: { Type: "cloudfront", Value: "d.cloudfront.net" } } },
    ),
    /a multivalue answer has endpoints of type value only/,
  ],
  [
    "a time zone there is not",
    documentOf(hours({ Start: "01:00", End: "02:00" }, "Mars/X"), ours),
    /TimeZone: unknown time zone 'Mars\/X'/,
  ],
  [
    "an offset",
    documentOf(hours({ Start: "01:00", End: "02:00" }, "+01:00"), ours),
    /TimeZone: must be a name, not an offset/,
  ],
  [
    "a time there is not",
    documentOf(hours({ Start: "24:30", End: "02:00" }), ours),
    /Start: '24:30' is no time such as 09:30/,
  ],
  [
    "a day there is not",
    documentOf(hours({ Days: ["Mo"], Start: "01:00", End: "02:00" }), ours),
    /Windows\[0\]\.Days\[0\]: one of Mon, Tue/,
  ],
  ["no time", documentOf(hours({ Start: "01:00", End: "01:00" }), ours), /is empty: a whole day/],
  [
    "host bits in a block",
    documentOf({ RuleType: "cidr", Items: [{ ...one, Blocks: ["192.0.2.1/24"] }] }, ours),
    /Blocks\[0\]: a CIDR block is expected, at most \/24 or \/48/,
  ],
  [
    "a block twice",
    documentOf(
      {
        RuleType: "cidr",
        Items: [
          { ...one, Blocks: ["10.0.0.0/8"] },
          { ...two, Blocks: ["10.0.0.0/8"] },
        ],
      },
      ours,
    ),
    /Items\[1\]\.Blocks\[0\]: is the same block as/,
  ],
  [
    "marks the wrong way round",
    documentOf(
      { RuleType: "load", Items: [{ ...one, Metric: metric, LowWatermark: 2, HighWatermark: 1 }] },
      ours,
    ),
    /LowWatermark: is above HighWatermark/,
  ],
  [
    "a fail mode in Route 53's version",
    documentOf({ ...weighted({ ...one, Weight: 1 }), FailMode: "closed" }),
    "$.Rules.start.FailMode: is not expected here",
  ],
];

test("parsePolicyDocument() refuses, naming the place", () => {
  for (const [what, text, message] of refusals) {
    const refusal = refusalOf(text);
    if (typeof message === "string") assert.equal(refusal, message, what);
    else assert.match(refusal, message, what);
  }
});

test("parsePolicyDocument() bounds values", () => {
  const texts = (...Values: string[]) =>
    documentOf(
      { RuleType: "sticky", Items: [{ EndpointReference: "text" }] },
      { ...ours, RecordType: "TXT", Endpoints: { text: { Type: "value", Values } } },
    );
  const long = (size: number) => `"${"x".repeat(250)}" `.repeat(size / 253).trim();
  assert.match(refusalOf(texts(long(4_100))), /Values\[0\]: is longer than 4000 characters/);
  const many = Array.from({ length: 10 }, (_, i) => `${long(3_600)} "${i}"`);
  assert.match(refusalOf(texts(...many)), /Values: are longer than 32000 characters together/);
  parsePolicyDocument(texts(...many.slice(0, 8)));
  assert.match(refusalOf(texts('"a"', '"a"')), /Values: has a value twice/);
});

test("parsePolicyDocument() names all that is wrong", () => {
  const items = [
    { ...one, Weight: -1 },
    { ...two, Weight: 1 },
  ];
  const text = documentOf(weighted(...items), {
    Endpoints: { ...endpoints, bad: { Type: "value", Value: "x" } },
  });
  const refusal = refusalOf(text);
  assert.match(refusal, /^\$\.Endpoints\.bad\.Value: .*; \$\.Rules\.start\.Items\[0\]\.Weight: /);
});

test("parsePolicyDocument() refuses a member that is there twice, by its path", () => {
  const text = documentOf(weighted({ ...one, Weight: 1 }));
  const again = text.replace('"Weight":1', '"Weight":1,"Weight":2').replace("{", '{"Rules":{},');
  assert.equal(
    refusalOf(again),
    "$.Rules: is there twice; $.Rules.start.Items[0].Weight: is there twice",
  );
});

test("parsePolicyDocument() bounds size, depth and what sharing comes to", () => {
  const fits = documentOf(weighted({ ...one, Weight: 1 }));
  assert.match(refusalOf(fits + " ".repeat(102_401 - fits.length)), /102401 characters/);
  parsePolicyDocument(fits + " ".repeat(102_400 - fits.length));

  const chain = (count: number, width: number): Members =>
    Object.fromEntries(
      Array.from({ length: count }, (_, i) => {
        const next = i + 1 < count ? { RuleReference: `r${i + 1}` } : one;
        return [`r${i}`, weighted(...Array(width).fill({ ...next, Weight: 1 }))];
      }),
    );
  const start = { StartRule: "r0" };
  parsePolicyDocument(documentOf({}, { ...start, Rules: chain(32, 1) }));
  assert.match(refusalOf(documentOf({}, { ...start, Rules: chain(33, 1) })), /more than 32 rules/);
  assert.match(refusalOf(documentOf({}, { ...start, Rules: chain(1_000, 1) })), /more than 32/);
  const wide = documentOf({}, { ...start, Rules: chain(30, 2) });
  assert.match(refusalOf(wide), /more than 10000 branches where shared rules are written out/);
});
