import assert from "node:assert/strict";
import { test } from "node:test";
import * as route53 from "@aws-sdk/client-route-53";
import { NormalizedSchema } from "@smithy/core/schema";
import { route53Constraints } from "./route53-constraints.ts";
import { ServiceError } from "./service-error.ts";
import { readServiceModel } from "./service-model.ts";
import { decodeChanges, decodeRoute53 } from "./testing/decode-route53.ts";
import { validationError } from "./validation.ts";

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof ServiceError, String(error));
    assert.equal(error.code, "InvalidInput");
    return error.message;
  }
  return assert.fail("accepted");
}

const set = (members: string) =>
  `<Change><Action>CREATE</Action><ResourceRecordSet>${members}</ResourceRecordSet></Change>`;
const recordTypes =
  "[SOA, A, TXT, NS, CNAME, MX, NAPTR, PTR, SRV, SPF, AAAA, CAA, DS, TLSA, SSHFP, SVCB, HTTPS]";
const rrset = "changeBatch.changes.1.member.resourceRecordSet";
const failed = "failed to satisfy constraint:";

const changeCases: [name: string, changes: string, message: string][] = [
  [
    "a type that is none",
    set("<Name>a</Name><Type>ALIAS</Type>"),
    `1 validation error detected: Value 'ALIAS' at '${rrset}.type' ${failed} ` +
      `Member must satisfy enum value set: ${recordTypes}`,
  ],
  [
    "a value below its range",
    set("<Name>a</Name><Type>A</Type><TTL>-1</TTL>"),
    `1 validation error detected: Value '-1' at '${rrset}.tTL' ${failed} ` +
      "Member must have value greater than or equal to 0",
  ],
  [
    "a value above its range",
    set("<Name>a</Name><Type>A</Type><SetIdentifier>s</SetIdentifier><Weight>256</Weight>"),
    `1 validation error detected: Value '256' at '${rrset}.weight' ${failed} ` +
      "Member must have value less than or equal to 255",
  ],
  [
    "an empty list",
    set("<Name>a</Name><Type>A</Type><ResourceRecords/>"),
    `1 validation error detected: Value '[]' at '${rrset}.resourceRecords' ${failed} ` +
      "Member must have length greater than or equal to 1",
  ],
  [
    "a batch without changes",
    "",
    `1 validation error detected: Value '[]' at 'changeBatch.changes' ${failed} ` +
      "Member must have length greater than or equal to 1",
  ],
  [
    "an empty text that must not be",
    set("<Name>a</Name><Type>A</Type><SetIdentifier></SetIdentifier>"),
    `1 validation error detected: Value '' at '${rrset}.setIdentifier' ${failed} ` +
      "Member must have length greater than or equal to 1",
  ],
  [
    "a text too long",
    set(`<Name>a</Name><Type>A</Type><HealthCheckId>${"x".repeat(65)}</HealthCheckId>`),
    `1 validation error detected: Value '${"x".repeat(65)}' at '${rrset}.healthCheckId' ` +
      `${failed} Member must have length less than or equal to 64`,
  ],
  [
    "a pattern, inside a structure",
    set(
      "<Name>a</Name><Type>A</Type><GeoProximityLocation><Coordinates>" +
        "<Latitude>49.2x</Latitude><Longitude>1</Longitude></Coordinates></GeoProximityLocation>",
    ),
    `1 validation error detected: Value '49.2x' at '${rrset}.geoProximityLocation.coordinates` +
      `.latitude' ${failed} Member must satisfy regular expression pattern: ` +
      "[-+]?[0-9]{1,2}(\\.[0-9]{0,2})?",
  ],
  [
    "members that are missing",
    set("<Type>A</Type><AliasTarget><DNSName>b</DNSName></AliasTarget>"),
    `3 validation errors detected: Value null at '${rrset}.name' ${failed} ` +
      `Member must not be null; Value null at '${rrset}.aliasTarget.hostedZoneId' ${failed} ` +
      `Member must not be null; Value null at '${rrset}.aliasTarget.evaluateTargetHealth' ` +
      `${failed} Member must not be null`,
  ],
  [
    "a fault of the second change",
    `${set("<Name>a</Name><Type>A</Type>")}<Change><Action>REPLACE</Action></Change>`,
    "2 validation errors detected: Value 'REPLACE' at 'changeBatch.changes.2.member.action' " +
      `${failed} Member must satisfy enum value set: [CREATE, DELETE, UPSERT]; ` +
      `Value null at 'changeBatch.changes.2.member.resourceRecordSet' ${failed} ` +
      "Member must not be null",
  ],
];

for (const [name, changes, message] of changeCases) {
  test(`violationsIn() words ${name} as AWS does`, () => {
    assert.equal(
      messageOf(() => decodeChanges(changes)),
      message,
    );
  });
}

const long = "Z".repeat(33);
const namespace = 'xmlns="https://route53.amazonaws.com/doc/2013-04-01/"';
const requestCases: [method: string, target: string, body: string, message: string][] = [
  [
    "GET",
    `hostedzone/${long}`,
    "",
    `1 validation error detected: Value '${long}' at 'id' ${failed} ` +
      "Member must have length less than or equal to 32",
  ],
  [
    "GET",
    `hostedzone/Z1/rrset?name=${"a".repeat(1025)}&type=B`,
    "",
    `2 validation errors detected: Value '${"a".repeat(1025)}' at 'startRecordName' ${failed} ` +
      `Member must have length less than or equal to 1024; Value 'B' at 'startRecordType' ` +
      `${failed} Member must satisfy enum value set: ${recordTypes}`,
  ],
  [
    "GET",
    "hostedzonesbyvpc?vpcid=vpc-1",
    "",
    `1 validation error detected: Value null at 'vPCRegion' ${failed} Member must not be null`,
  ],
  [
    "POST",
    "hostedzone",
    "",
    `2 validation errors detected: Value null at 'name' ${failed} Member must not be null; ` +
      `Value null at 'callerReference' ${failed} Member must not be null`,
  ],
  [
    "POST",
    "tags/hostedzone",
    `<ListTagsForResourcesRequest ${namespace}><ResourceIds><ResourceId>${"i".repeat(65)}` +
      "</ResourceId><ResourceId>j</ResourceId></ResourceIds></ListTagsForResourcesRequest>",
    `1 validation error detected: Value '[${"i".repeat(65)}, j]' at 'resourceIds' ${failed} ` +
      "Member must satisfy constraint: [Member must have length less than or equal to 64]",
  ],
  [
    "POST",
    "hostedzone/Z1/rrsetprotection",
    `<CreateResourceRecordSetProtectionsRequest ${namespace}><Protections/>` +
      "</CreateResourceRecordSetProtectionsRequest>",
    `1 validation error detected: Value '[]' at 'protections' ${failed} ` +
      "Member must have length greater than or equal to 1",
  ],
  [
    "GET",
    "cidrcollection/NOT-A-UUID/cidrblocks",
    "",
    `1 validation error detected: Value 'NOT-A-UUID' at 'collectionId' ${failed} Member must ` +
      "satisfy regular expression pattern: [0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}",
  ],
  [
    "GET",
    "hostedzone?maxitems=many",
    "",
    "'many' is not a valid value for 'integer' in query maxitems.",
  ],
];

for (const [method, target, body, message] of requestCases) {
  test(`decode() words the faults of ${method} ${target.slice(0, 40)}`, () => {
    assert.equal(
      messageOf(() => decodeRoute53(method, target, body)),
      message,
    );
  });
}

test("violationsIn() counts characters, not UTF-16 units", () => {
  const identifier = "😀".repeat(128);
  const members = `<Name>a</Name><Type>A</Type><SetIdentifier>${identifier}</SetIdentifier>`;
  assert.ok(decodeChanges(set(members)));
  const over = members.replace("😀", "😀😀");
  assert.match(
    messageOf(() => decodeChanges(set(over))),
    /Member must have length less than or equal to 128$/,
  );
});

test("violationsIn() stops at its limit, and values shown are cut", () => {
  const message = messageOf(() => decodeChanges("<Change/>".repeat(50_000)));
  assert.match(message, /^100 validation errors detected: /);
  assert.equal(message.split("; ").length, 100);
  const value = "v".repeat(5_000);
  const { message: cut } = validationError(
    [{ value, path: "a", parameter: "A", rule: { kind: "value", text: "none" } }],
    "InvalidInput",
  );
  assert.ok(cut.length < 2_200);
});

test("route53Constraints names members that the SDK has, and patterns that compile", () => {
  const requests = readServiceModel(route53).operations.map(({ input }) => input);
  const found = new Map<string, Set<string>>();
  const walk = (schema: NormalizedSchema): void => {
    if (schema.isListSchema()) walk(schema.getValueSchema());
    if (!schema.isStructSchema() || found.has(schema.getName() ?? "")) return;
    const members = [...schema.structIterator()];
    found.set(schema.getName() ?? "", new Set(members.map(([name]) => name)));
    for (const [, member] of members) walk(member);
  };
  for (const request of requests) walk(NormalizedSchema.of(request));
  for (const [structure, members] of Object.entries(route53Constraints.members)) {
    for (const [member, shape] of Object.entries(members)) {
      assert.ok(found.get(structure)?.has(member), `${structure}.${member}`);
      assert.ok(route53Constraints.shapes[shape], shape);
    }
  }
  for (const shape of Object.values(route53Constraints.shapes)) {
    if (shape.type === "string" && shape.pattern) assert.ok(new RegExp(shape.pattern, "u"));
  }
});
