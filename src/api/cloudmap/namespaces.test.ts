import assert from "node:assert/strict";
import { test } from "node:test";
import { addNamespace, addService, openCloudMap } from "../../../test/support/cloudmap-context.ts";
import { addVpcs, addZone } from "../../../test/support/route53-context.ts";

const map = await openCloudMap();
const { route53 } = map;
await addVpcs(route53, { "vpc-1": { region: "us-east-1" }, "vpc-2": { region: "eu-west-1" } });

async function namespace(Id: string) {
  const { Namespace } = await map.call("GetNamespace", { Id });
  assert.ok(Namespace);
  return Namespace;
}

async function soaOf(zoneId: string) {
  return route53.state.rrsets(zoneId, undefined, 9).find(({ type }) => type === "SOA");
}

test("CreatePublicDnsNamespace makes a hosted zone that is Cloud Map's", async () => {
  const id = await addNamespace(map, "Public.example.com");
  const { Arn, Name, Type, Properties, ServiceCount } = await namespace(id);
  assert.equal(Arn, `arn:aws:servicediscovery:us-east-1:000000000000:namespace/${id}`);
  assert.deepEqual([Name, Type, ServiceCount], ["Public.example.com", "DNS_PUBLIC", 0]);
  const zoneId = Properties?.DnsProperties?.HostedZoneId ?? "";
  assert.deepEqual(Properties, {
    DnsProperties: { HostedZoneId: zoneId, SOA: { TTL: 5 } },
    HttpProperties: { HttpName: "Public.example.com" },
  });
  const { HostedZone } = await route53.call("GetHostedZone", { Id: zoneId });
  assert.equal(HostedZone?.Name, "public.example.com.");
  assert.deepEqual(HostedZone?.LinkedService, {
    ServicePrincipal: "servicediscovery.amazonaws.com",
    Description: Arn,
  });
  const soa = await soaOf(zoneId);
  assert.equal(soa?.ttl, 5);
  assert.match(soa?.resourceRecords?.[0] ?? "", / 1 7200 900 1209600 5$/);
});

test("CreatePrivateDnsNamespace makes a private zone; other VPCs may have one too", async () => {
  const input = { Name: "local", Vpc: "vpc-1" };
  const soa = { DnsProperties: { SOA: { TTL: 60 } } };
  const first = await map.operation("CreatePrivateDnsNamespace", { ...input, Properties: soa });
  const one = await namespace(first.targets.NAMESPACE ?? "");
  const zoneId = one.Properties?.DnsProperties?.HostedZoneId ?? "";
  const zone = await route53.call("GetHostedZone", { Id: zoneId });
  assert.deepEqual(zone.VPCs, [{ VPCRegion: "us-east-1", VPCId: "vpc-1" }]);
  assert.equal((await soaOf(zoneId))?.ttl, 60);
  const second = await map.operation("CreatePrivateDnsNamespace", { ...input, Vpc: "vpc-2" });
  const two = await namespace(second.targets.NAMESPACE ?? "");
  assert.equal(two.Name, "local");
  const httpName = two.Properties?.HttpProperties?.HttpName ?? "";
  assert.match(httpName, /^local-[0-9a-z]{16}$/);
  const ServiceName = "api";
  await map.call("CreateService", { Name: ServiceName, NamespaceId: two.Id });
  await map.call("DiscoverInstances", { NamespaceName: httpName, ServiceName });
  const refusal = await map.refusal("DiscoverInstances", { NamespaceName: "local", ServiceName });
  assert.equal(refusal.code, "ServiceNotFound");
});

test("CreatePrivateDnsNamespace fails, as an operation, where there can be no zone", async () => {
  const conflict = await map.operation("CreatePrivateDnsNamespace", {
    Name: "local",
    Vpc: "vpc-1",
  });
  assert.equal(conflict.failure?.code, "CANNOT_CREATE_HOSTED_ZONE");
  assert.match(
    conflict.failure?.message ?? "",
    /^The VPC vpc-1 .* with the same domain name\. \(.*; Error Code: ConflictingDomainExists\)$/,
  );
  const unknown = await map.operation("CreatePrivateDnsNamespace", { Name: "b", Vpc: "vpc-9" });
  assert.match(unknown.failure?.message ?? "", /Error Code: InvalidVPCId/);
  const { Operation } = await map.call("GetOperation", { OperationId: unknown.id });
  assert.deepEqual(
    [Operation?.Status, Operation?.ErrorCode],
    ["FAIL", "CANNOT_CREATE_HOSTED_ZONE"],
  );
  for (const Name of [".", "*.local"]) {
    const invalid = await map.refusal("CreatePrivateDnsNamespace", { Name, Vpc: "vpc-1" });
    assert.equal(invalid.code, "InvalidInput");
  }
  const missing = await map.refusal("GetNamespace", { Id: unknown.targets.NAMESPACE ?? "" });
  assert.equal(missing.code, "NamespaceNotFound");
});

test("CreateHttpNamespace has its name alone, and makes no zone", async () => {
  const zones = route53.state.count("hostedZone");
  const { targets } = await map.operation("CreateHttpNamespace", { Name: "Api", Description: "d" });
  assert.equal(route53.state.count("hostedZone"), zones);
  const made = await namespace(targets.NAMESPACE ?? "");
  assert.deepEqual([made.Type, made.Description], ["HTTP", "d"]);
  await map.operation("CreateHttpNamespace", { Name: "api" });
  const error = await map.refusal("CreateHttpNamespace", { Name: "Api", CreatorRequestId: "x" });
  assert.equal(error.code, "NamespaceAlreadyExists");
  assert.equal(error.extra["NamespaceId"], made.Id);
});

test("CreateHttpNamespace is done once for one CreatorRequestId", async () => {
  const input = { Name: "once", CreatorRequestId: "once" };
  const first = await map.call("CreateHttpNamespace", input);
  assert.deepEqual(await map.call("CreateHttpNamespace", input), first);
  const other = await map.refusal("CreateHttpNamespace", { ...input, Description: "other" });
  assert.equal(other.code, "DuplicateRequest");
  assert.equal(other.extra["DuplicateOperationId"], first.OperationId);
  const both = { Name: "both", CreatorRequestId: "both" };
  const ids = await Promise.all([1, 2].map(() => map.call("CreateHttpNamespace", both)));
  assert.deepEqual(ids[0], ids[1]);
});

test("UpdatePublicDnsNamespace changes the SOA, and only what is given", async () => {
  const id = await addNamespace(map, "update.example.com");
  const Namespace = { Properties: { DnsProperties: { SOA: { TTL: 90 } } } };
  const { type } = await map.operation("UpdatePublicDnsNamespace", { Id: id, Namespace });
  assert.equal(type, "UPDATE_NAMESPACE");
  await map.operation("UpdatePublicDnsNamespace", { Id: id, Namespace: { Description: "new" } });
  const { Description, Properties } = await namespace(id);
  assert.equal(Description, "new");
  assert.deepEqual(Properties?.DnsProperties?.SOA, { TTL: 90 });
  const soa = await soaOf(Properties?.DnsProperties?.HostedZoneId ?? "");
  assert.equal(soa?.ttl, 90);
  assert.match(soa?.resourceRecords?.[0] ?? "", / 90$/);
  const wrong = { Id: id, Namespace: { Description: "" } };
  assert.equal((await map.refusal("UpdateHttpNamespace", wrong)).code, "InvalidInput");
});

test("DeleteNamespace takes the zone along, once there are no services", async () => {
  const id = await addNamespace(map, "delete.example.com");
  const { Arn = "", Properties } = await namespace(id);
  const service = await addService(map, { Name: "a", NamespaceId: Arn });
  assert.equal((await namespace(id)).ServiceCount, 1);
  assert.equal((await map.refusal("DeleteNamespace", { Id: id })).code, "ResourceInUse");
  await map.call("DeleteService", { Id: service });
  const { type } = await map.operation("DeleteNamespace", { Id: Arn });
  assert.equal(type, "DELETE_NAMESPACE");
  assert.equal((await map.refusal("GetNamespace", { Id: id })).code, "NamespaceNotFound");
  assert.equal((await map.refusal("DeleteNamespace", { Id: id })).code, "NamespaceNotFound");
  const zone = { Id: Properties?.DnsProperties?.HostedZoneId ?? "" };
  assert.equal((await route53.refusal("GetHostedZone", zone)).code, "NoSuchHostedZone");
  await addNamespace(map, "delete.example.com");
});

test("A namespace's zone is changed by nobody else; a user's zone by its user", async () => {
  const id = await addNamespace(map, "linked.example.com");
  const { Arn, Properties } = await namespace(id);
  const zoneId = Properties?.DnsProperties?.HostedZoneId ?? "";
  const manager = `can only be managed through AWS Cloud Map (${Arn})`;
  const set = { Name: "a.linked.example.com", Type: "A" as const, TTL: 1 };
  const change = { Action: "CREATE" as const, ResourceRecordSet: { ...set, ResourceRecords: [] } };
  change.ResourceRecordSet.ResourceRecords.push({ Value: "192.0.2.1" } as never);
  const input = { HostedZoneId: zoneId, ChangeBatch: { Changes: [change] } };
  for (const refusal of [
    await route53.refusal("ChangeResourceRecordSets", input),
    await route53.refusal("DeleteHostedZone", { Id: zoneId }),
    await route53.refusal("CreateResourceRecordSetProtections", {
      HostedZoneId: zoneId,
      Protections: [{ RecordName: set.Name, RecordType: "A" }],
    }),
    await route53.refusal("CreateTrafficPolicyInstance", {
      HostedZoneId: zoneId,
      Name: set.Name,
      TTL: 1,
      TrafficPolicyId: "12345678-1234-1234-1234-123456789012",
      TrafficPolicyVersion: 1,
    }),
  ]) {
    assert.deepEqual(
      [refusal.code, refusal.message],
      ["AccessDenied", `The resource hostedzone/${zoneId} ${manager}`],
    );
  }
  assert.ok(await addZone(route53, "mine.example.com"));
});

test("ListNamespaces filters and pages", async () => {
  const names = async (input: Parameters<typeof map.call<"ListNamespaces">>[1]) => {
    const { Namespaces = [] } = await map.call("ListNamespaces", input);
    return Namespaces.map(({ Name }) => Name).toSorted();
  };
  assert.deepEqual(await names({ Filters: [{ Name: "TYPE", Values: ["DNS_PRIVATE"] }] }), [
    "local",
    "local",
  ]);
  const begins = {
    Name: "NAME" as const,
    Values: ["o"],
    Condition: "BEGINS_WITH" as const,
  };
  assert.deepEqual(await names({ Filters: [begins] }), ["once"]);
  assert.deepEqual(await names({ Filters: [{ Name: "HTTP_NAME", Values: ["local"] }] }), ["local"]);
  const others = { Name: "RESOURCE_OWNER" as const, Values: ["OTHER_ACCOUNTS"] };
  assert.deepEqual(await names({ Filters: [others] }), []);
  const all = await names({});
  const paged: (string | undefined)[] = [];
  let NextToken: string | undefined;
  do {
    const page = await map.call("ListNamespaces", {
      MaxResults: 2,
      ...(NextToken && { NextToken }),
    });
    paged.push(...(page.Namespaces ?? []).map(({ Name }) => Name));
    ({ NextToken } = page);
  } while (NextToken !== undefined);
  assert.deepEqual(paged.toSorted(), all);
  const error = await map.refusal("ListNamespaces", { NextToken: "no token" });
  assert.equal(error.code, "InvalidInput");
});

test("Tags of namespaces and services are set, merged and removed", async () => {
  const Tags = [{ Key: "a", Value: "1" }];
  const { targets } = await map.operation("CreateHttpNamespace", { Name: "tagged", Tags });
  const { Arn: ResourceARN = "" } = await namespace(targets.NAMESPACE ?? "");
  await map.call("TagResource", { ResourceARN, Tags: [{ Key: "b", Value: "" }] });
  await map.call("UntagResource", { ResourceARN, TagKeys: ["a"] });
  const listed = await map.call("ListTagsForResource", { ResourceARN });
  assert.deepEqual(listed.Tags, [{ Key: "b", Value: "" }]);
  const many = Array.from({ length: 50 }, (_, i) => ({ Key: `k${i}`, Value: "" }));
  const error = await map.refusal("TagResource", { ResourceARN, Tags: many });
  assert.equal(error.code, "TooManyTagsException");
  const gone = { ResourceARN: ResourceARN.replace(/ns-.*/, "ns-gone") };
  const missing = await map.refusal("ListTagsForResource", gone);
  assert.equal(missing.code, "ResourceNotFoundException");
});
