import assert from "node:assert/strict";
import { test } from "node:test";
import { change, refusal, set, values } from "../../../test/support/change-steps.ts";
import { addZone, openRoute53 } from "../../../test/support/route53-context.ts";

const route53 = await openRoute53();
const zone = await addZone(route53, "z.test");
await change(route53, zone, ["CREATE", set("a.z.test")]);

const a = { RecordName: "A.z.test", RecordType: "A" } as const;
const b = { RecordName: "b.z.test.", RecordType: "TXT" } as const;

test("protections refuse every change of a name and type", async () => {
  await route53.call("CreateResourceRecordSetProtections", {
    HostedZoneId: zone,
    Protections: [{ ...a, Comment: "do not touch" }, b],
  });
  const touched = "Tried to change resource record set [name='a.z.test.', type='A']";
  for (const action of ["CREATE", "UPSERT", "DELETE"] as const) {
    const error = await refusal(route53, zone, [action, set("a.z.test")]);
    assert.equal(error.code, "InvalidChangeBatch");
    assert.equal(error.message, `[${touched} but it is protected: do not touch]`);
  }
  const created = await refusal(route53, zone, [
    "CREATE",
    set("b.z.test", { Type: "TXT", ...values('"x"') }),
  ]);
  assert.match(created.message, /type='TXT'\] but it is protected\]$/);
  await change(route53, zone, ["CREATE", set("b.z.test")]);
  const routed = { SetIdentifier: "1", Weight: 1 };
  const member = await refusal(route53, zone, ["CREATE", set("a.z.test", routed)]);
  assert.match(member.message, /protected/);
});

test("ListResourceRecordSetProtections pages in order of name and type", async () => {
  const first = await route53.call("ListResourceRecordSetProtections", {
    HostedZoneId: zone,
    MaxResults: 1,
  });
  assert.deepEqual(first.ResourceRecordSetProtections, [
    { RecordName: "a.z.test.", RecordType: "A", Comment: "do not touch" },
  ]);
  const second = await route53.call("ListResourceRecordSetProtections", {
    HostedZoneId: zone,
    NextToken: first.NextToken ?? "",
  });
  assert.deepEqual(second, {
    ResourceRecordSetProtections: [{ RecordName: "b.z.test.", RecordType: "TXT" }],
  });
  const from = await route53.call("ListResourceRecordSetProtections", {
    HostedZoneId: zone,
    StartRecordName: "a.z.test",
    StartRecordType: "AAAA",
  });
  assert.equal(from.ResourceRecordSetProtections?.[0]?.RecordName, "b.z.test.");
  const bad: [object, string][] = [
    [{ NextToken: "x" }, "InvalidPaginationToken"],
    [{ StartRecordType: "A" }, "InvalidInput"],
  ];
  for (const [more, code] of bad) {
    const input = { HostedZoneId: zone, ...more };
    assert.equal((await route53.refusal("ListResourceRecordSetProtections", input)).code, code);
  }
});

test("protections are made and taken away all or none", async () => {
  const create = (...Protections: object[]) =>
    route53.refusal("CreateResourceRecordSetProtections", {
      HostedZoneId: zone,
      Protections,
    } as never);
  const codes = (error: { extra: Readonly<Record<string, unknown>> }) =>
    (error.extra["Errors"] as { Code: string }[]).map(({ Code }) => Code);

  const all = await create(a, b);
  assert.equal(all.code, "ProtectionAlreadyExists");
  assert.deepEqual(codes(all), ["ProtectionAlreadyExists", "ProtectionAlreadyExists"]);
  const c = { RecordName: "c.z.test", RecordType: "A" };
  const some = await create(a, c);
  assert.equal(some.code, "InvalidResourceRecordSetProtectionBatch");
  assert.deepEqual(codes(some), ["ProtectionAlreadyExists"]);
  const outside = { RecordName: "other.test", RecordType: "A" };
  const invalid = await create(a, outside, c, c, { RecordName: "a..z.test", RecordType: "A" });
  assert.deepEqual(codes(invalid), ["InvalidInput", "InvalidInput", "InvalidInput"]);

  const absent = await route53.refusal("DeleteResourceRecordSetProtections", {
    HostedZoneId: zone,
    Protections: [a, { RecordName: "c.z.test", RecordType: "A" }],
  });
  assert.equal(absent.code, "InvalidResourceRecordSetProtectionBatch");
  assert.deepEqual(codes(absent), ["ProtectionNotFound"]);
});

test("a zone with protections cannot be deleted; without them its sets can be changed", async () => {
  const empty = await addZone(route53, "empty.test");
  const Protections = [{ RecordName: "a.empty.test", RecordType: "A" as const }];
  const protections = { HostedZoneId: empty, Protections };
  await route53.call("CreateResourceRecordSetProtections", protections);
  const refused = await route53.refusal("DeleteHostedZone", { Id: empty });
  assert.equal(refused.code, "HostedZoneNotEmpty");
  await route53.call("DeleteResourceRecordSetProtections", protections);
  await route53.call("DeleteHostedZone", { Id: empty });

  await route53.call("DeleteResourceRecordSetProtections", {
    HostedZoneId: zone,
    Protections: [a, b],
  });
  await change(route53, zone, ["DELETE", set("a.z.test")]);
});
