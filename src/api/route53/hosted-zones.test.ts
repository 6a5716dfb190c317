import assert from "node:assert/strict";
import { test } from "node:test";
import { addVpcs, addZone, openRoute53 } from "../../../test/support/route53-context.ts";

const route53 = await openRoute53();
await addVpcs(route53, {
  "vpc-11111111": { region: "us-east-1" },
  "vpc-22222222": { region: "eu-west-1" },
  "vpc-33333333": { region: "us-east-1", owner: "999999999999" },
});
const vpc1 = { VPCRegion: "us-east-1", VPCId: "vpc-11111111" } as const;
const vpc2 = { VPCRegion: "eu-west-1", VPCId: "vpc-22222222" } as const;

test("CreateHostedZone makes a public zone with its NS and SOA sets", async () => {
  const created = await route53.call("CreateHostedZone", {
    Name: "Public.Example",
    CallerReference: "public-1",
    HostedZoneConfig: { Comment: "a comment", PrivateZone: false },
  });
  const { HostedZone, DelegationSet, ChangeInfo, Location } = created;
  assert.match(HostedZone?.Id ?? "", /^\/hostedzone\/Z[A-Z0-9]{20}$/);
  assert.equal(HostedZone?.Name, "public.example.");
  assert.deepEqual(HostedZone?.Config, { Comment: "a comment", PrivateZone: false });
  assert.equal(HostedZone?.ResourceRecordSetCount, 2);
  assert.equal(Location, `https://route53.amazonaws.com/2013-04-01${HostedZone?.Id}`);
  assert.equal(ChangeInfo?.Status, "PENDING");
  assert.match(ChangeInfo?.Id ?? "", /^\/change\/C[A-Z0-9]{20}$/);
  const servers = DelegationSet?.NameServers ?? [];
  assert.equal(servers.length, 4);
  for (const server of servers) assert.match(server, /^ns-\d+\.signpost-\d\d\.internal$/);

  const { ResourceRecordSets } = await route53.call("ListResourceRecordSets", {
    HostedZoneId: HostedZone?.Id ?? "",
  });
  assert.deepEqual(ResourceRecordSets, [
    {
      Name: "public.example.",
      Type: "NS",
      TTL: 172_800,
      ResourceRecords: servers.map((server) => ({ Value: `${server}.` })),
    },
    {
      Name: "public.example.",
      Type: "SOA",
      TTL: 900,
      ResourceRecords: [{ Value: `${servers[0]}. hostmaster.internal. 1 7200 900 1209600 86400` }],
    },
  ]);
  const got = await route53.call("GetHostedZone", { Id: HostedZone?.Id ?? "" });
  assert.deepEqual(got, { HostedZone, DelegationSet });
});

test("CreateHostedZone makes a private zone with reserved name servers", async () => {
  const created = await route53.call("CreateHostedZone", {
    Name: "private.example",
    CallerReference: "private-1",
    VPC: vpc1,
  });
  assert.equal(created.DelegationSet, undefined);
  assert.deepEqual(created.VPC, vpc1);
  assert.deepEqual(created.HostedZone?.Config, { PrivateZone: true });
  const id = created.HostedZone?.Id ?? "";
  const got = await route53.call("GetHostedZone", { Id: id });
  assert.deepEqual(got.VPCs, [vpc1]);
  const { ResourceRecordSets } = await route53.call("ListResourceRecordSets", { HostedZoneId: id });
  assert.deepEqual(
    ResourceRecordSets?.[0]?.ResourceRecords?.map(({ Value }) => Value),
    [0, 512, 1024, 1536].map((number) => `ns-${number}.signpost-00.internal.`),
  );
});

test("CreateHostedZone refuses with AWS's codes and words", async (t) => {
  const set = await route53.call("CreateReusableDelegationSet", { CallerReference: "for zones" });
  const DelegationSetId = set.DelegationSet?.Id ?? "";
  await route53.call("CreateHostedZone", {
    Name: "child.set.example",
    CallerReference: "on set",
    DelegationSetId,
  });
  const conflict =
    /^Cannot create hosted zone with DelegationSetId DelegationSetId:N\w+ as the DNSName set\.example\. conflicts/;
  const cases: [Parameters<typeof route53.call<"CreateHostedZone">>[1], string, RegExp][] = [
    [
      { Name: "public.example", CallerReference: "public-1" },
      "HostedZoneAlreadyExists",
      /^A hosted zone has already been created with the specified caller reference\.$/,
    ],
    [
      { Name: "a..example", CallerReference: "x" },
      "InvalidDomainName",
      /^FATAL problem: DomainLabelEmpty \(Domain label is empty\) encountered with 'a\.\.example'$/,
    ],
    [
      { Name: "a b.example", CallerReference: "x" },
      "InvalidDomainName",
      /^FATAL problem: UnsupportedCharacter \(Value contains unsupported characters\) encountered with ' '$/,
    ],
    [
      { Name: `${"a".repeat(64)}.example`, CallerReference: "x" },
      "InvalidDomainName",
      /^FATAL problem: DomainLabelTooLong \(Domain label is too long\)/,
    ],
    [{ Name: "*.example", CallerReference: "x" }, "InvalidDomainName", /not valid/],
    [{ Name: ".", CallerReference: "x" }, "InvalidDomainName", /not valid/],
    [
      { Name: "v.example", CallerReference: "x", VPC: { VPCId: "vpc-0", VPCRegion: "us-east-1" } },
      "InvalidVPCId",
      /^The VPC ID is invalid\.$/,
    ],
    [
      { Name: "v.example", CallerReference: "x", VPC: { ...vpc1, VPCRegion: "us-east-2" } },
      "InvalidVPCId",
      /^The VPC ID is invalid\.$/,
    ],
    [
      { Name: "v.example", CallerReference: "x", VPC: { ...vpc1, VPCId: "vpc-33333333" } },
      "InvalidVPCId",
      /^The VPC ID is invalid\.$/,
    ],
    [
      { Name: "v.example", CallerReference: "x", HostedZoneConfig: { PrivateZone: true } },
      "InvalidVPCId",
      /^The VPC ID is invalid\.$/,
    ],
    [
      { Name: "PRIVATE.example.", CallerReference: "x", VPC: vpc1 },
      "ConflictingDomainExists",
      /^The VPC vpc-11111111 in region us-east-1 has already been associated with the hosted zone Z\w+ with the same domain name\.$/,
    ],
    [
      { Name: "v.example", CallerReference: "x", DelegationSetId: "NOTHERE" },
      "NoSuchDelegationSet",
      /NOTHERE/,
    ],
    [
      { Name: "v.example", CallerReference: "x", DelegationSetId, VPC: vpc1 },
      "InvalidInput",
      /private/,
    ],
    [
      { Name: "set.example", CallerReference: "x", DelegationSetId },
      "ConflictingDomainExists",
      conflict,
    ],
  ];
  for (const [input, code, message] of cases) {
    await t.test(`${code} ${input.Name}`, async () => {
      const error = await route53.refusal("CreateHostedZone", input);
      assert.equal(error.code, code);
      assert.match(error.message, message);
    });
  }
});

test("unknown zones are NoSuchHostedZone in every operation on a zone", async () => {
  const zone = "ZNOTHERE";
  const record = { RecordName: "a.example", RecordType: "A" } as const;
  const refusals = [
    await route53.refusal("GetHostedZone", { Id: zone }),
    await route53.refusal("DeleteHostedZone", { Id: zone }),
    await route53.refusal("UpdateHostedZoneComment", { Id: zone }),
    await route53.refusal("UpdateHostedZoneFeatures", { HostedZoneId: zone }),
    await route53.refusal("ListResourceRecordSets", { HostedZoneId: zone }),
    await route53.refusal("TestDNSAnswer", { HostedZoneId: zone, ...record }),
    await route53.refusal("ListTagsForResource", { ResourceType: "hostedzone", ResourceId: zone }),
    await route53.refusal("AssociateVPCWithHostedZone", { HostedZoneId: zone, VPC: vpc1 }),
    await route53.refusal("DisassociateVPCFromHostedZone", { HostedZoneId: zone, VPC: vpc1 }),
    await route53.refusal("CreateVPCAssociationAuthorization", { HostedZoneId: zone, VPC: vpc1 }),
    await route53.refusal("ListVPCAssociationAuthorizations", { HostedZoneId: zone }),
    await route53.refusal("ListResourceRecordSetProtections", { HostedZoneId: zone }),
    await route53.refusal("ListQueryLoggingConfigs", { HostedZoneId: zone }),
    await route53.refusal("GetHostedZoneLimit", { HostedZoneId: zone, Type: "MAX_RRSETS_BY_ZONE" }),
  ];
  for (const { code, message } of refusals) {
    assert.equal(code, "NoSuchHostedZone");
    assert.equal(message, "No hosted zone found with ID: ZNOTHERE");
  }
});

test("DeleteHostedZone wants the zone empty and frees all that was its own", async () => {
  const set = await route53.call("CreateReusableDelegationSet", { CallerReference: "deleted" });
  const DelegationSetId = set.DelegationSet?.Id ?? "";
  const input = { Name: "gone.example", CallerReference: "gone-1", DelegationSetId };
  const { HostedZone } = await route53.call("CreateHostedZone", input);
  const id = HostedZone?.Id ?? "";
  const change = (Action: "CREATE" | "DELETE") =>
    route53.call("ChangeResourceRecordSets", {
      HostedZoneId: id,
      ChangeBatch: {
        Changes: [
          {
            Action,
            ResourceRecordSet: {
              Name: "a.gone.example",
              Type: "A",
              TTL: 60,
              ResourceRecords: [{ Value: "192.0.2.1" }],
            },
          },
        ],
      },
    });
  await change("CREATE");
  const refused = await route53.refusal("DeleteHostedZone", { Id: id });
  assert.equal(refused.code, "HostedZoneNotEmpty");
  assert.equal(
    refused.message,
    "The specified hosted zone contains non-required resource record sets and so cannot be deleted.",
  );
  await change("DELETE");
  const inUse = await route53.refusal("DeleteReusableDelegationSet", { Id: DelegationSetId });
  assert.equal(inUse.code, "DelegationSetInUse");
  assert.equal(inUse.message, "The specified delegation set contains associated hosted zones.");
  const { ChangeInfo } = await route53.call("DeleteHostedZone", { Id: id });
  assert.equal(ChangeInfo?.Status, "PENDING");
  assert.equal((await route53.refusal("GetHostedZone", { Id: id })).code, "NoSuchHostedZone");
  await route53.call("DeleteReusableDelegationSet", { Id: DelegationSetId });
  await route53.call("CreateHostedZone", { Name: "gone.example", CallerReference: "gone-1" });
});

test("ListHostedZones goes through all zones page by page", async () => {
  const ids: string[] = [];
  let Marker: string | undefined;
  for (;;) {
    const page = await route53.call("ListHostedZones", { MaxItems: 2, Marker });
    assert.equal(page.MaxItems, 2);
    assert.equal(page.Marker, Marker);
    ids.push(...(page.HostedZones ?? []).map(({ Id }) => Id ?? ""));
    if (!page.IsTruncated) break;
    assert.match(page.NextMarker ?? "", /^Z/);
    Marker = page.NextMarker;
  }
  const { HostedZoneCount } = await route53.call("GetHostedZoneCount", {});
  assert.equal(new Set(ids).size, HostedZoneCount);
  const all = await route53.call("ListHostedZones", {});
  assert.equal(all.MaxItems, 100);
  const secret = await route53.call("ListHostedZones", { HostedZoneType: "PrivateHostedZone" });
  assert.deepEqual(
    secret.HostedZones?.map(({ Name }) => Name),
    ["private.example."],
  );
  const unknown = await route53.refusal("ListHostedZones", { DelegationSetId: "N0" });
  assert.equal(unknown.code, "NoSuchDelegationSet");
});

test("ListHostedZonesByName sorts by reversed labels and goes on past the name", async () => {
  for (const name of ["example.org", "a.example.org", "b.a.example.org", "example.net", "z.net"]) {
    await addZone(route53, name);
  }
  await addZone(route53, "example.org");
  const list = await route53.call("ListHostedZonesByName", { DNSName: "example.net" });
  assert.deepEqual(
    list.HostedZones?.map(({ Name }) => Name),
    [
      "example.net.",
      "z.net.",
      "example.org.",
      "example.org.",
      "a.example.org.",
      "b.a.example.org.",
    ],
  );
  assert.equal(list.DNSName, "example.net");
  assert.equal(list.HostedZoneId, undefined);
  assert.equal(list.NextDNSName, undefined);

  const first = await route53.call("ListHostedZonesByName", {
    DNSName: "example.org",
    MaxItems: 1,
  });
  assert.equal(first.IsTruncated, true);
  assert.equal(first.NextDNSName, "example.org.");
  const second = await route53.call("ListHostedZonesByName", {
    DNSName: first.NextDNSName ?? "",
    HostedZoneId: first.NextHostedZoneId ?? "",
    MaxItems: 1,
  });
  assert.equal(second.HostedZones?.[0]?.Id, `/hostedzone/${first.NextHostedZoneId}`);
  assert.equal(second.HostedZoneId, first.NextHostedZoneId);
  assert.equal(second.NextDNSName, "a.example.org.");

  const alone = await route53.refusal("ListHostedZonesByName", { HostedZoneId: "Z1" });
  assert.equal(alone.code, "InvalidInput");
  const bad = await route53.refusal("ListHostedZonesByName", { DNSName: "a..b" });
  assert.equal(bad.code, "InvalidDomainName");
});

test("UpdateHostedZoneComment sets and takes away the comment", async () => {
  const id = await addZone(route53, "comment.example");
  const set = await route53.call("UpdateHostedZoneComment", { Id: id, Comment: "new" });
  assert.deepEqual(set.HostedZone?.Config, { Comment: "new", PrivateZone: false });
  const unset = await route53.call("UpdateHostedZoneComment", { Id: id });
  assert.deepEqual(unset.HostedZone?.Config, { PrivateZone: false });
});

test("UpdateHostedZoneFeatures shows in the zone", async () => {
  const id = await addZone(route53, "features.example");
  const features = async () =>
    (await route53.call("GetHostedZone", { Id: id })).HostedZone?.Features;
  assert.equal(await features(), undefined);
  await route53.call("UpdateHostedZoneFeatures", {
    HostedZoneId: id,
    EnableAcceleratedRecovery: true,
  });
  assert.deepEqual(await features(), { AcceleratedRecoveryStatus: "ENABLED" });
});

test("VPCs are associated with private zones and taken off again", async () => {
  const { HostedZone } = await route53.call("CreateHostedZone", {
    Name: "vpc.example",
    CallerReference: "vpc-zone",
    VPC: vpc1,
  });
  const id = (HostedZone?.Id ?? "").replace("/hostedzone/", "");
  const foreign = { VPCRegion: "us-east-1", VPCId: "vpc-33333333" } as const;
  const associate = { HostedZoneId: id, VPC: vpc2, Comment: "second" };
  const { ChangeInfo } = await route53.call("AssociateVPCWithHostedZone", associate);
  assert.equal(ChangeInfo?.Comment, "second");
  const again = await route53.refusal("AssociateVPCWithHostedZone", associate);
  assert.equal(again.code, "ConflictingDomainExists");
  const publicId = await addZone(route53, "public-vpc.example");
  const onPublic = await route53.refusal("AssociateVPCWithHostedZone", {
    HostedZoneId: publicId,
    VPC: vpc1,
  });
  assert.equal(onPublic.code, "PublicZoneVPCAssociation");
  assert.equal(
    onPublic.message,
    `Attempting to associate public zone: ${publicId} with vpc: vpc-11111111`,
  );

  const unauthorized = { HostedZoneId: id, VPC: foreign };
  const denied = await route53.refusal("AssociateVPCWithHostedZone", unauthorized);
  assert.equal(denied.code, "NotAuthorizedException");
  assert.equal(
    denied.message,
    "The VPC: vpc-33333333 has not authorized to associate with your hosted zone.",
  );
  const authorized = await route53.call("CreateVPCAssociationAuthorization", unauthorized);
  assert.deepEqual(authorized, { HostedZoneId: id, VPC: foreign });
  const listed = await route53.call("ListVPCAssociationAuthorizations", { HostedZoneId: id });
  assert.deepEqual(listed, { HostedZoneId: id, VPCs: [foreign] });
  await route53.call("AssociateVPCWithHostedZone", unauthorized);
  await route53.call("DeleteVPCAssociationAuthorization", unauthorized);
  const gone = await route53.refusal("DeleteVPCAssociationAuthorization", unauthorized);
  assert.equal(gone.code, "VPCAssociationAuthorizationNotFound");

  const byVpc = await route53.call("ListHostedZonesByVPC", { ...vpc1, MaxItems: 1 });
  assert.equal(byVpc.HostedZoneSummaries?.length, 1);
  const rest = await route53.call("ListHostedZonesByVPC", {
    ...vpc1,
    NextToken: byVpc.NextToken ?? "",
  });
  const summaries = [...(byVpc.HostedZoneSummaries ?? []), ...(rest.HostedZoneSummaries ?? [])];
  assert.deepEqual(summaries.map(({ Name }) => Name).toSorted(), [
    "private.example.",
    "vpc.example.",
  ]);
  assert.deepEqual(summaries[0]?.Owner, { OwningAccount: "000000000000" });
  const unknown = await route53.refusal("ListHostedZonesByVPC", { ...vpc1, VPCId: "vpc-0" });
  assert.equal(unknown.code, "InvalidInput");
  const token = await route53.refusal("ListHostedZonesByVPC", { ...vpc1, NextToken: "x" });
  assert.equal(token.code, "InvalidPaginationToken");

  await route53.call("DisassociateVPCFromHostedZone", { HostedZoneId: id, VPC: foreign });
  await route53.call("DisassociateVPCFromHostedZone", { HostedZoneId: id, VPC: vpc1 });
  const last = await route53.refusal("DisassociateVPCFromHostedZone", {
    HostedZoneId: id,
    VPC: vpc2,
  });
  assert.equal(last.code, "LastVPCAssociation");
  const none = await route53.refusal("DisassociateVPCFromHostedZone", {
    HostedZoneId: id,
    VPC: vpc1,
  });
  assert.equal(none.code, "VPCAssociationNotFound");
});

test("two creations of one caller reference at once make one zone", async () => {
  const input = { Name: "race.example", CallerReference: "race" };
  const both = await Promise.allSettled([
    route53.call("CreateHostedZone", input),
    route53.call("CreateHostedZone", input),
  ]);
  assert.deepEqual(both.map(({ status }) => status).toSorted(), ["fulfilled", "rejected"]);
});

test("VPCs that were never created are taken where the settings say so", async () => {
  const accepting = await openRoute53();
  const create = {
    Name: "inside.test",
    CallerReference: "unknown",
    VPC: { VPCId: "vpc-0badcafe", VPCRegion: "us-west-2" as const },
  };
  assert.equal((await accepting.refusal("CreateHostedZone", create)).code, "InvalidVPCId");
  accepting.settings.acceptUnknownVpcs = true;
  const { HostedZone, VPC } = await accepting.call("CreateHostedZone", create);
  assert.deepEqual(VPC, create.VPC);
  const HostedZoneId = HostedZone?.Id ?? "";
  const another = { VPCId: "vpc-0badcaff", VPCRegion: "us-west-2" as const };
  await accepting.call("AssociateVPCWithHostedZone", { HostedZoneId, VPC: another });
  for (const VPC of [{ ...another, VPCId: "my-vpc" }, { VPCId: "vpc-0badcaaa" }]) {
    const refused = await accepting.refusal("AssociateVPCWithHostedZone", { HostedZoneId, VPC });
    assert.equal(refused.code, "InvalidVPCId");
  }
});
