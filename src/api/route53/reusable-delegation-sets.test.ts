import assert from "node:assert/strict";
import { test } from "node:test";
import { addVpcs, addZone, openRoute53 } from "../../../test/support/route53-context.ts";

const route53 = await openRoute53();

test("a reusable delegation set gives its name servers to its zones", async () => {
  const { DelegationSet, Location } = await route53.call("CreateReusableDelegationSet", {
    CallerReference: "one",
  });
  const id = DelegationSet?.Id ?? "";
  assert.match(id, /^\/delegationset\/N[A-Z0-9]{20}$/);
  assert.equal(Location, `https://route53.amazonaws.com/2013-04-01${id}`);
  assert.deepEqual(await route53.call("GetReusableDelegationSet", { Id: id }), { DelegationSet });

  for (const [i, Name] of ["a.test", "b.test", "c.test"].entries()) {
    const CallerReference = `on set ${i}`;
    const zone = await route53.call("CreateHostedZone", {
      Name,
      CallerReference,
      DelegationSetId: id,
    });
    assert.deepEqual(zone.DelegationSet, DelegationSet);
  }
  await addZone(route53, "elsewhere.test");
  const filter = { DelegationSetId: id, MaxItems: 2 };
  const first = await route53.call("ListHostedZones", filter);
  const second = await route53.call("ListHostedZones", { ...filter, Marker: first.NextMarker });
  const names = [...(first.HostedZones ?? []), ...(second.HostedZones ?? [])];
  assert.deepEqual(names.map(({ Name }) => Name).toSorted(), ["a.test.", "b.test.", "c.test."]);
  assert.equal(second.IsTruncated, false);
  assert.deepEqual(
    await route53.call("GetReusableDelegationSetLimit", {
      DelegationSetId: id,
      Type: "MAX_ZONES_BY_REUSABLE_DELEGATION_SET",
    }),
    { Limit: { Type: "MAX_ZONES_BY_REUSABLE_DELEGATION_SET", Value: 100 }, Count: 3 },
  );
});

test("the name servers of a zone become a reusable set", async () => {
  const zoneId = await addZone(route53, "given.test");
  const before = await route53.call("GetHostedZone", { Id: zoneId });
  const { DelegationSet } = await route53.call("CreateReusableDelegationSet", {
    CallerReference: "given",
    HostedZoneId: zoneId,
  });
  assert.deepEqual(DelegationSet?.NameServers, before.DelegationSet?.NameServers);
  const after = await route53.call("GetHostedZone", { Id: zoneId });
  assert.deepEqual(after.DelegationSet, DelegationSet);
});

test("reusable delegation sets are refused with AWS's codes", async () => {
  await addVpcs(route53, { "vpc-11111111": { region: "us-east-1" } });
  const { HostedZone } = await route53.call("CreateHostedZone", {
    Name: "private.test",
    CallerReference: "private",
    VPC: { VPCRegion: "us-east-1", VPCId: "vpc-11111111" },
  });
  const given = await route53.call("ListHostedZonesByName", { DNSName: "given.test", MaxItems: 1 });
  const reusable = given.HostedZones?.[0]?.Id ?? "";
  const create = async (CallerReference: string, HostedZoneId?: string) =>
    (await route53.refusal("CreateReusableDelegationSet", { CallerReference, HostedZoneId })).code;
  assert.equal(await create("one"), "DelegationSetAlreadyCreated");
  assert.equal(await create("new", "ZNOTHERE"), "HostedZoneNotFound");
  assert.equal(await create("new", reusable), "DelegationSetAlreadyReusable");
  assert.equal(await create("new", HostedZone?.Id), "InvalidArgument");
  const unknown = { Id: "NNOTHERE" };
  for (const name of ["GetReusableDelegationSet", "DeleteReusableDelegationSet"] as const) {
    assert.equal((await route53.refusal(name, unknown)).code, "NoSuchDelegationSet");
  }
});

test("ListReusableDelegationSets pages by marker", async () => {
  const first = await route53.call("ListReusableDelegationSets", { MaxItems: 1 });
  assert.equal(first.IsTruncated, true);
  const rest = await route53.call("ListReusableDelegationSets", {
    Marker: first.NextMarker ?? "",
  });
  assert.equal(rest.IsTruncated, false);
  assert.equal(rest.MaxItems, 100);
  const ids = [...(first.DelegationSets ?? []), ...(rest.DelegationSets ?? [])];
  assert.equal(new Set(ids.map(({ Id }) => Id)).size, 2);
});
