import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseCidr } from "../../base/ip.ts";
import { present } from "../../base/assert.ts";
import {
  InvalidRecordExtensionError,
  extensionUse,
  parseRecordExtension,
} from "../model/record-extension.ts";
import type { RecordExtension } from "../model/record-extension.ts";
import type { ResourceRecordSet } from "../model/resource-record-set.ts";
import { noSources } from "./routing-sources.ts";
import { toImageRRset } from "./rrset-to-image.ts";
import { parseRoute53Name } from "./route53-wire-name.ts";

const name = "www.z.test.";
const owner = parseRoute53Name(name);
const identifiers = ["a", "b", "c", "d"];

const metric = fc
  .constantFrom("one", "two")
  .map((MetricName) => ({ Metric: { Namespace: "N", MetricName, Dimensions: {} } }));
const window = fc.constantFrom(
  { Start: "08:00", End: "18:00" },
  { Days: ["Sun"], Start: "22:00", End: "06:00" },
);
const place = fc.constantFrom(
  { Country: "KR", Location: { Type: "Region", LocationName: "aws:route53:ap-northeast-2" } },
  {
    Country: "US",
    City: "Boston",
    Location: { Type: "LocalZone", LocationName: "us-east-1-bos-1a" },
  },
  { Country: "DE", Location: { Type: "Coordinate", Latitude: "50.1", Longitude: 8.68 } },
);

type Members = Record<string, unknown>;

/** Items for some of the sets, in any order; mostly each once. */
function items(own: fc.Arbitrary<Members>): fc.Arbitrary<Members[]> {
  const ids = fc
    .subarray(identifiers, { minLength: 1 })
    .chain((some) => fc.shuffledSubarray(some, { minLength: 1 }));
  return ids.chain((chosen) =>
    fc.tuple(...chosen.map((SetIdentifier) => own.map((more) => ({ SetIdentifier, ...more })))),
  );
}

const rules: readonly fc.Arbitrary<Members>[] = [
  fc.constant({ RuleType: "sticky" }),
  items(fc.constant({})).map((Ranks) => ({ RuleType: "failover", Ranks })),
  items(metric.map((more) => ({ LowWatermark: 1, HighWatermark: 9, ...more }))).map((Items) => {
    return { RuleType: "load", Items };
  }),
  items(
    fc.oneof(
      fc.constant({ IsDefault: true }),
      fc.array(window, { minLength: 1, maxLength: 3 }).map((Windows) => ({ Windows })),
    ),
  ).map((Items) => ({ RuleType: "timeofday", TimeZone: "Europe/Berlin", Items })),
  items(
    fc.oneof(
      place,
      fc.tuple(place, metric).map(([a, b]) => ({ ...a, ...b })),
    ),
  ).map((Items) => {
    return { RuleType: "nearby", Items };
  }),
  items(
    fc.oneof(
      fc.constant({ IsDefault: true }),
      fc.constantFrom("10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32").map((block) => {
        return { Blocks: [block] };
      }),
    ),
  ).map((Items) => ({ RuleType: "cidr", Items })),
  items(
    fc.constantFrom<Members>({ IsDefault: true }, { LocationName: "x" }, { LocationName: "y" }),
  ).map((Items) => ({ RuleType: "cidr", CollectionId: "C", Items })),
];

const failMode = fc.constantFrom(
  {},
  { FailMode: "closed" },
  { FailMode: "open" },
  { FailMode: "geofence" },
);
const extension = fc.tuple(fc.oneof(fc.constant({}), ...rules), failMode).map(([rule, mode]) => {
  return { ...rule, ...mode };
});

const weighted = (setIdentifier: string, index: number): ResourceRecordSet => ({
  ...{ name, type: "A", setIdentifier, weight: index, ttl: 60 },
  ...(index % 2 === 0 ? { healthCheckId: "check" } : {}),
  resourceRecords: [`192.0.2.${index}`],
});
const regions = ["us-east-1", "eu-central-1", "ap-northeast-2", "sa-east-1"];
/** Sets as AWS clients may leave them. */
const groups: fc.Arbitrary<ResourceRecordSet[]> = fc.oneof(
  fc.subarray([...identifiers, "e"], { minLength: 1 }).map((ids) => ids.map(weighted)),
  fc.subarray(identifiers, { minLength: 1 }).map((ids) =>
    ids.map((id, i) => {
      const { weight: _, ...rest } = weighted(id, i);
      return { ...rest, region: regions[i] ?? "" };
    }),
  ),
  fc.constant<ResourceRecordSet[]>([{ name, type: "A", ttl: 60, resourceRecords: ["192.0.2.1"] }]),
);

const sources = {
  ...noSources,
  healthSlot: () => 1,
  cidrBlocks: (_: string, location: string) => [
    present(parseCidr(location === "x" ? "10.0.0.0/8" : "10.1.0.0/16"), "a block"),
  ],
};

function parsed(text: string): RecordExtension | undefined {
  try {
    return parseRecordExtension(text);
  } catch (error) {
    if (error instanceof InvalidRecordExtensionError) return undefined;
    throw error;
  }
}

test("every extension that parses compiles, whatever sets it meets", () => {
  const seen = new Map<string, number>();
  const property = fc.property(extension, groups, (members, group) => {
    const found = parsed(JSON.stringify(members));
    if (!found) return;
    const { unused, missing, leftOut } = extensionUse(found, group);
    const zone = { zoneId: "Z", apex: parseRoute53Name("z.test."), sources };
    const image = toImageRRset(group, owner, { ...zone, extensionOf: () => found });
    assert.ok("program" in image || "rdatas" in image);
    const kind = `${found.rule?.kind ?? "own policy"} ${unused === undefined ? "used" : "unused"}`;
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
    const named = new Set(found.setIdentifiers);
    assert.ok(missing.every((id) => named.has(id)));
    assert.ok(leftOut.every((id) => !named.has(id)));
  });
  fc.assert(property, { numRuns: 3_000, seed: 5 });
  const kinds = ["sticky", "failover", "leastLoaded", "timeOfDay", "nearby", "cidr"];
  for (const kind of kinds) {
    for (const use of ["used", "unused"]) assert.ok(seen.has(`${kind} ${use}`), `${kind} ${use}`);
  }
});

test("parseRecordExtension() refuses whatever else it is given in its own words", () => {
  const texts = fc.oneof(
    fc.json(),
    fc.string(),
    extension.map((one) => JSON.stringify([one])),
  );
  fc.assert(
    fc.property(texts, (text) => {
      parsed(text);
    }),
    { numRuns: 2_000 },
  );
  const mangled = fc.tuple(extension, fc.nat(), fc.string({ maxLength: 3 }));
  fc.assert(
    fc.property(mangled, ([one, at, insert]) => {
      const text = JSON.stringify(one);
      const cut = at % (text.length + 1);
      parsed(text.slice(0, cut) + insert + text.slice(cut + 1));
    }),
    { numRuns: 2_000 },
  );
});
