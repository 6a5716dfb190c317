import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, test } from "node:test";
import * as sdk from "@aws-sdk/client-route-53";
import { route53Client } from "../support/route53-client.ts";
import { repositoryPath, startSignpost } from "../support/signpost-process.ts";
import { expectError } from "./expect-error.ts";

const signpost = await startSignpost();
const client = route53Client(signpost);
after(async () => {
  client.destroy();
  await signpost.stop();
});
for (const [id, region, cidr] of [
  ["vpc-11111111", "us-east-1", "10.0.0.0/16"],
  ["vpc-22222222", "eu-west-1", "10.1.0.0/16"],
] as const) {
  const words = ["vpc", "create", "--id", id, "--region", region, "--cidr", cidr];
  execFileSync(repositoryPath("bin/signpost"), [...words, "--data", signpost.dataDir]);
}
const vpc1 = { VPCRegion: "us-east-1", VPCId: "vpc-11111111" } as const;
const vpc2 = { VPCRegion: "eu-west-1", VPCId: "vpc-22222222" } as const;

let references = 0;
async function createZone(Name: string, more: Partial<sdk.CreateHostedZoneRequest> = {}) {
  const CallerReference = `reference ${references++}`;
  return client.send(new sdk.CreateHostedZoneCommand({ Name, CallerReference, ...more }));
}

test("@aws-sdk: a public hosted zone's life", async () => {
  const HostedZoneConfig = { Comment: 'a <comment> & "more"', PrivateZone: false };
  const created = await createZone("Life.Example", { HostedZoneConfig });
  assert.equal(created.$metadata.httpStatusCode, 201);
  const Id = created.HostedZone?.Id ?? "";
  assert.equal(created.Location, `https://route53.amazonaws.com/2013-04-01${Id}`);
  assert.equal(created.HostedZone?.Name, "life.example.");
  assert.deepEqual(created.HostedZone?.Config, HostedZoneConfig);
  assert.equal(created.DelegationSet?.NameServers?.length, 4);

  await sdk.waitUntilResourceRecordSetsChanged(
    { client, minDelay: 1, maxDelay: 1, maxWaitTime: 20 },
    { Id: created.ChangeInfo?.Id },
  );
  const got = await client.send(new sdk.GetHostedZoneCommand({ Id }));
  assert.deepEqual(got.HostedZone, created.HostedZone);
  assert.deepEqual(got.DelegationSet, created.DelegationSet);

  const update = new sdk.UpdateHostedZoneCommentCommand({ Id, Comment: "new" });
  assert.equal((await client.send(update)).HostedZone?.Config?.Comment, "new");
  await client.send(
    new sdk.UpdateHostedZoneFeaturesCommand({ HostedZoneId: Id, EnableAcceleratedRecovery: true }),
  );
  const featured = await client.send(new sdk.GetHostedZoneCommand({ Id }));
  assert.equal(featured.HostedZone?.Features?.AcceleratedRecoveryStatus, "ENABLED");

  const deleted = await client.send(new sdk.DeleteHostedZoneCommand({ Id }));
  assert.match(deleted.ChangeInfo?.Id ?? "", /^\/change\/C/);
  const bare = Id.replace("/hostedzone/", "");
  await expectError(client.send(new sdk.GetHostedZoneCommand({ Id })), {
    type: sdk.NoSuchHostedZone,
    status: 404,
    message: `No hosted zone found with ID: ${bare}`,
  });
});

test("@aws-sdk: hosted zones are listed by id, by name and counted", async () => {
  for (const name of ["b.list.example", "a.list.example", "list.example"]) await createZone(name);
  const { HostedZoneCount } = await client.send(new sdk.GetHostedZoneCountCommand({}));
  let count = 0;
  for await (const page of sdk.paginateListHostedZones({ client, pageSize: 1 }, {})) {
    assert.equal(page.MaxItems, 1);
    count += page.HostedZones?.length ?? 0;
  }
  assert.equal(count, HostedZoneCount);
  const byName = await client.send(
    new sdk.ListHostedZonesByNameCommand({ DNSName: "list.example", MaxItems: 2 }),
  );
  assert.deepEqual(
    byName.HostedZones?.map(({ Name }) => Name),
    ["list.example.", "a.list.example."],
  );
  assert.equal(byName.DNSName, "list.example");
  assert.equal(byName.NextDNSName, "b.list.example.");
});

test("@aws-sdk: errors of zones come as the SDK's own classes", async () => {
  await createZone("taken.example", { CallerReference: "taken" });
  await expectError(createZone("other.example", { CallerReference: "taken" }), {
    type: sdk.HostedZoneAlreadyExists,
    status: 409,
  });
  await expectError(createZone("a..b"), { type: sdk.InvalidDomainName, status: 400 });
  await expectError(createZone("v.example", { VPC: { ...vpc1, VPCId: "vpc-0" } }), {
    type: sdk.InvalidVPCId,
    status: 400,
    message: "The VPC ID is invalid.",
  });
  await expectError(createZone("s.example", { DelegationSetId: "N0" }), {
    type: sdk.NoSuchDelegationSet,
    status: 400,
  });
  await expectError(createZone("l.example", { CallerReference: "x".repeat(129) }), {
    type: sdk.InvalidInput,
    status: 400,
    message: /Member must have length less than or equal to 128/,
  });
});

test("@aws-sdk: private zones and their VPCs", async () => {
  const created = await createZone("private.example", { VPC: vpc1 });
  assert.deepEqual(created.VPC, vpc1);
  assert.equal(created.DelegationSet, undefined);
  const HostedZoneId = created.HostedZone?.Id ?? "";
  await client.send(new sdk.AssociateVPCWithHostedZoneCommand({ HostedZoneId, VPC: vpc2 }));
  const { VPCs } = await client.send(new sdk.GetHostedZoneCommand({ Id: HostedZoneId }));
  assert.deepEqual(VPCs, [vpc1, vpc2]);
  const twin = createZone("private.example", { VPC: vpc2 });
  await expectError(twin, { type: sdk.ConflictingDomainExists, status: 400 });

  const { HostedZoneSummaries } = await client.send(new sdk.ListHostedZonesByVPCCommand(vpc2));
  assert.deepEqual(HostedZoneSummaries, [
    {
      HostedZoneId: HostedZoneId.replace("/hostedzone/", ""),
      Name: "private.example.",
      Owner: { OwningAccount: "000000000000" },
    },
  ]);
  await client.send(new sdk.DisassociateVPCFromHostedZoneCommand({ HostedZoneId, VPC: vpc2 }));
  const last = new sdk.DisassociateVPCFromHostedZoneCommand({ HostedZoneId, VPC: vpc1 });
  await expectError(client.send(last), { type: sdk.LastVPCAssociation, status: 400 });
  const again = new sdk.DisassociateVPCFromHostedZoneCommand({ HostedZoneId, VPC: vpc2 });
  await expectError(client.send(again), { type: sdk.VPCAssociationNotFound, status: 404 });

  const input = { HostedZoneId, VPC: vpc2 };
  const allowed = await client.send(new sdk.CreateVPCAssociationAuthorizationCommand(input));
  assert.deepEqual(allowed.VPC, vpc2);
  const listed = await client.send(new sdk.ListVPCAssociationAuthorizationsCommand(input));
  assert.deepEqual(listed.VPCs, [vpc2]);
  await client.send(new sdk.DeleteVPCAssociationAuthorizationCommand(input));
  const none = client.send(new sdk.DeleteVPCAssociationAuthorizationCommand(input));
  await expectError(none, { type: sdk.VPCAssociationAuthorizationNotFound, status: 404 });
  const onPublic = await createZone("public.example");
  const associate = new sdk.AssociateVPCWithHostedZoneCommand({
    HostedZoneId: onPublic.HostedZone?.Id,
    VPC: vpc1,
  });
  await expectError(client.send(associate), { type: sdk.PublicZoneVPCAssociation, status: 400 });
});

test("@aws-sdk: reusable delegation sets", async () => {
  const { DelegationSet, $metadata } = await client.send(
    new sdk.CreateReusableDelegationSetCommand({ CallerReference: "set" }),
  );
  assert.equal($metadata.httpStatusCode, 201);
  const DelegationSetId = DelegationSet?.Id ?? "";
  const zone = await createZone("set.example", { DelegationSetId });
  assert.deepEqual(zone.DelegationSet, DelegationSet);
  const got = await client.send(new sdk.GetReusableDelegationSetCommand({ Id: DelegationSetId }));
  assert.deepEqual(got.DelegationSet, DelegationSet);
  const list = await client.send(new sdk.ListReusableDelegationSetsCommand({}));
  assert.deepEqual(list.DelegationSets, [DelegationSet]);
  const limit = await client.send(
    new sdk.GetReusableDelegationSetLimitCommand({
      DelegationSetId,
      Type: "MAX_ZONES_BY_REUSABLE_DELEGATION_SET",
    }),
  );
  assert.equal(limit.Count, 1);
  const remove = new sdk.DeleteReusableDelegationSetCommand({ Id: DelegationSetId });
  await expectError(client.send(remove), { type: sdk.DelegationSetInUse, status: 400 });
  await client.send(new sdk.DeleteHostedZoneCommand({ Id: zone.HostedZone?.Id }));
  await client.send(new sdk.DeleteReusableDelegationSetCommand({ Id: DelegationSetId }));
});

test("@aws-sdk: tags, limits", async () => {
  const { HostedZone } = await createZone("tags.example");
  const Id = HostedZone?.Id ?? "";
  const resource = {
    ResourceType: "hostedzone",
    ResourceId: Id.replace("/hostedzone/", ""),
  } as const;
  const AddTags = [{ Key: "name", Value: "a & b" }];
  await client.send(new sdk.ChangeTagsForResourceCommand({ ...resource, AddTags }));
  const one = await client.send(new sdk.ListTagsForResourceCommand(resource));
  assert.deepEqual(one.ResourceTagSet, { ...resource, Tags: AddTags });
  const many = await client.send(
    new sdk.ListTagsForResourcesCommand({ ...resource, ResourceIds: [resource.ResourceId] }),
  );
  assert.deepEqual(many.ResourceTagSets, [{ ...resource, Tags: AddTags }]);
  const long = new sdk.ListTagsForResourceCommand({ ...resource, ResourceId: "Z".repeat(33) });
  await expectError(client.send(long), {
    type: sdk.InvalidInput,
    status: 400,
    message:
      `1 validation error detected: Value '${"Z".repeat(33)}' at 'resourceId' failed to satisfy ` +
      "constraint: Member must have length less than or equal to 32",
  });

  const account = await client.send(
    new sdk.GetAccountLimitCommand({ Type: "MAX_HOSTED_ZONES_BY_OWNER" }),
  );
  assert.equal(account.Limit?.Value, 500);
  const zone = await client.send(
    new sdk.GetHostedZoneLimitCommand({ HostedZoneId: Id, Type: "MAX_RRSETS_BY_ZONE" }),
  );
  assert.deepEqual([zone.Limit?.Value, zone.Count], [10_000, 2]);
});

test("@aws-sdk: operations of later steps are refused, not faked", async () => {
  const dnssec = client.send(new sdk.GetDNSSECCommand({ HostedZoneId: "Z0123456789ABCDEFGHIJ" }));
  await assert.rejects(dnssec, (error: sdk.Route53ServiceException) => {
    assert.equal(error.$metadata.httpStatusCode, 501);
    return true;
  });
});
