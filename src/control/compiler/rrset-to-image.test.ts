import assert from "node:assert/strict";
import { test } from "node:test";
import { NameServerUnderTest, messageText } from "../../../test/support/zone-under-test.ts";
import { buildZoneImage } from "../../dataplane/image/zone-image-builder.ts";
import { formatName } from "../../dns/wire/name.ts";
import type { ResourceRecordSet } from "../model/resource-record-set.ts";
import { CompileError } from "./compile-problem.ts";
import { parseRoute53Name } from "./route53-wire-name.ts";
import { toImageRRsets } from "./rrset-to-image.ts";
import type { CompileNote } from "./rrset-to-image.ts";

const apex = parseRoute53Name("example.com.");

const own: ResourceRecordSet[] = [
  { name: "example.com.", type: "NS", ttl: 60, resourceRecords: ["ns.example.net."] },
  { name: "example.com.", type: "SOA", ttl: 60, resourceRecords: ["a.test. b.test. 1 2 3 4 5"] },
];

function set(more: Partial<ResourceRecordSet>): ResourceRecordSet {
  return { name: "www.example.com.", type: "A", ...more };
}

const address = (last: number) => ({ ttl: 30, resourceRecords: [`192.0.2.${last}`] });

function aliasOf(dnsName: string, hostedZoneId = "Z1") {
  return { aliasTarget: { hostedZoneId, dnsName, evaluateTargetHealth: false } };
}

function serverOf(rrsets: readonly ResourceRecordSet[], notes: CompileNote[] = []) {
  const zone = { zoneId: "Z1", apex, onNote: (note: CompileNote) => void notes.push(note) };
  const server = new NameServerUnderTest();
  server.zones.set(1, buildZoneImage(apex, toImageRRsets([...own, ...rrsets], zone)));
  return server;
}

/** How often each answer section came, in so many answers. */
function draws(server: NameServerUnderTest, count: number): Record<string, number> {
  const seen: Record<string, number> = {};
  for (let i = 0; i < count; i++) {
    const { answer } = server.ask("www.example.com.", "A");
    const key = answer.map(({ rdata }) => rdata[3]).join(" ");
    seen[key] = (seen[key] ?? 0) + 1;
  }
  return seen;
}

test("toImageRRsets() reads names and values as Route 53 writes them", () => {
  const server = serverOf([
    { name: "\\052.example.com.", type: "TXT", ttl: 5, resourceRecords: ['"a" "\\303\\251"'] },
    { name: "a\\056b.example.com.", type: "CNAME", ttl: 5, resourceRecords: ["\\100x.test"] },
  ]);
  assert.deepEqual(messageText(server.ask("x.example.com.", "TXT")), [
    "0 qr aa rd",
    'answer x.example.com. 5 TXT "a" "\\195\\169"',
  ]);
  assert.deepEqual(messageText(server.ask("a\\.b.example.com.", "A")), [
    "0 qr aa rd",
    "answer a\\.b.example.com. 5 CNAME \\@x.test.",
  ]);
});

test("toImageRRsets() makes the sets of a group share the answers by policy", async (t) => {
  const one = { setIdentifier: "one", ...address(1) };
  const two = { setIdentifier: "two", ...address(2) };
  type Case = readonly [what: string, sets: Partial<ResourceRecordSet>[], answers: string[]];
  const cases: Case[] = [
    ["simple", [address(1)], ["1"]],
    [
      "weights",
      [
        { ...one, weight: 1 },
        { ...two, weight: 0 },
      ],
      ["1"],
    ],
    [
      "weights, all zero",
      [
        { ...one, weight: 0 },
        { ...two, weight: 0 },
      ],
      ["1", "2"],
    ],
    [
      "failover",
      [
        { ...one, failover: "SECONDARY" },
        { ...two, failover: "PRIMARY" },
      ],
      ["2"],
    ],
    ["failover without primary", [{ ...one, failover: "SECONDARY" }], ["1"]],
    [
      "latency",
      [
        { ...one, region: "eu-west-1" },
        { ...two, region: "us-east-1" },
      ],
      ["1", "2"],
    ],
    [
      "geolocation",
      [
        { ...one, geoLocation: { countryCode: "DE" } },
        { ...two, geoLocation: { countryCode: "*" } },
      ],
      ["2"],
    ],
    ["geolocation without default", [{ ...one, geoLocation: { countryCode: "DE" } }], [""]],
    ["an alias", [aliasOf("target.example.com.")], ["9"]],
    ["an alias of the apex", [aliasOf("example.com.")], [""]],
    ["an alias of AWS", [aliasOf("lb.elb.amazonaws.com.", "Z35SXDOTRQ7X7K")], [""]],
    [
      "a routed alias",
      [
        { setIdentifier: "one", weight: 1, ...aliasOf("target.example.com.") },
        { ...two, weight: 0 },
      ],
      ["9"],
    ],
    [
      "an alias of AWS among others",
      [
        { setIdentifier: "one", weight: 9, ...aliasOf("x.test.", "Z2") },
        { ...two, weight: 1 },
      ],
      ["2"],
    ],
  ];
  for (const [what, sets, answers] of cases) {
    await t.test(what, () => {
      const target = set({ name: "target.example.com.", ...address(9) });
      const server = serverOf([target, ...sets.map((more) => set(more))]);
      assert.deepEqual(Object.keys(draws(server, 50)).sort(), answers);
      assert.equal(server.ask("www.example.com.", "MX").rcode, 0);
    });
  }
});

test("toImageRRsets() draws by weight", () => {
  const server = serverOf([
    set({ setIdentifier: "one", weight: 30, ...address(1) }),
    set({ setIdentifier: "two", weight: 10, ...address(2) }),
  ]);
  const { 1: one = 0, 2: two = 0 } = draws(server, 4000);
  assert.equal(one + two, 4000);
  assert.ok(one > 2850 && one < 3150, `${one} of 4000, 3000 expected`);
});

test("toImageRRsets() samples eight values of a multivalue group", () => {
  const sets = Array.from({ length: 12 }, (_, i) => {
    return set({ setIdentifier: `s${i}`, multiValueAnswer: true, ...address(i) });
  });
  const server = serverOf(sets);
  const seen = new Set<number | undefined>();
  for (let i = 0; i < 50; i++) {
    const { answer } = server.ask("www.example.com.", "A");
    assert.equal(new Set(answer.map(({ rdata }) => rdata[3])).size, 8);
    for (const { rdata } of answer) seen.add(rdata[3]);
  }
  assert.equal(seen.size, 12);
});

test("toImageRRsets() notes sets that have no answer yet", () => {
  const notes: CompileNote[] = [];
  serverOf([set(aliasOf("lb.elb.amazonaws.com.", "Z35SXDOTRQ7X7K"))], notes);
  assert.deepEqual(notes, [
    {
      owner: "www.example.com.",
      type: "A",
      note: "alias target lb.elb.amazonaws.com. is not in this zone: no answer yet",
    },
  ]);
});

test("toImageRRsets() names the set that cannot be read", async (t) => {
  const cases: readonly [what: string, rrset: Partial<ResourceRecordSet>, reason: RegExp][] = [
    ["a bad value", { ttl: 1, resourceRecords: ["192.0.2.256"] }, /IPv4/],
    ["an unknown type", { type: "WHAT", ttl: 1, resourceRecords: ["x"] }, /unknown type WHAT/],
    ["no values", {}, /neither values nor an alias/],
    ["a bad name", { name: "a..b." }, /empty/],
  ];
  for (const [what, more, reason] of cases) {
    await t.test(what, () => {
      const rrset = set(more);
      const zone = { zoneId: "Z1", apex };
      assert.throws(
        () => [...toImageRRsets([rrset], zone)],
        (error) =>
          error instanceof CompileError &&
          error.owner === rrset.name &&
          error.type === rrset.type &&
          reason.test(error.message),
      );
    });
  }
  assert.equal(formatName(apex), "example.com.");
});
