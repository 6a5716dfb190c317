import assert from "node:assert/strict";
import { test } from "node:test";
import { addNamespace, addService, openCloudMap } from "../../../test/support/cloudmap-context.ts";

const map = await openCloudMap();
const { route53 } = map;
const namespaceId = await addNamespace(map, "services.example.com");
const http = (await map.operation("CreateHttpNamespace", { Name: "api" })).targets.NAMESPACE ?? "";
const DnsConfig = { DnsRecords: [{ Type: "A" as const, TTL: 10 }] };
const checked = { HealthCheckConfig: { Type: "TCP" as const } };

async function sets(name: string) {
  const all = await map.recordSets(namespaceId);
  return all.filter((set) => set.name === `${name}.services.example.com.`);
}

async function register(ServiceId: string, InstanceId: string, address = "8.8.8.8") {
  const Attributes = { AWS_INSTANCE_IPV4: address, AWS_INSTANCE_PORT: "80" };
  const { failure } = await map.operation("RegisterInstance", {
    ServiceId,
    InstanceId,
    Attributes,
  });
  assert.equal(failure, undefined);
}

test("CreateService answers with all that was asked for, and its defaults", async () => {
  const { Service } = await map.call("CreateService", {
    Name: "Web",
    NamespaceId: namespaceId,
    Description: "d",
    DnsConfig,
    HealthCheckConfig: { Type: "HTTP" },
    CreatorRequestId: "c",
  });
  const { Id = "", CreateDate, ...rest } = Service ?? {};
  assert.match(Id, /^srv-[0-9a-z]{16}$/);
  assert.equal(CreateDate?.getTime(), route53.clock.nowMs());
  assert.deepEqual(rest, {
    Arn: `arn:aws:servicediscovery:us-east-1:000000000000:service/${Id}`,
    ResourceOwner: "000000000000",
    CreatedByAccount: "000000000000",
    Name: "Web",
    NamespaceId: namespaceId,
    Description: "d",
    InstanceCount: 0,
    DnsConfig: { NamespaceId: namespaceId, RoutingPolicy: "MULTIVALUE", ...DnsConfig },
    Type: "DNS_HTTP",
    HealthCheckConfig: { Type: "HTTP", FailureThreshold: 1 },
    CreatorRequestId: "c",
  });
  const got = await map.call("GetService", { Id: Service?.Arn ?? "" });
  assert.deepEqual(got.Service, Service);
});

test("CreateService knows a request that is sent again, refuses a name that is taken", async () => {
  const input = { Name: "again", NamespaceId: namespaceId, DnsConfig, CreatorRequestId: "again" };
  const first = await map.call("CreateService", input);
  assert.deepEqual(await map.call("CreateService", input), first);
  const error = await map.refusal("CreateService", { ...input, Description: "other" });
  assert.equal(error.code, "ServiceAlreadyExists");
  assert.equal(error.extra["ServiceId"], first.Service?.Id);
  const upper = { ...input, Name: "AGAIN", CreatorRequestId: "upper" };
  assert.equal((await map.refusal("CreateService", upper)).code, "ServiceAlreadyExists");
  await addService(map, { Name: "again", NamespaceId: http });
  await addService(map, { Name: "AGAIN", NamespaceId: http });
  const older = { Name: "older", DnsConfig: { ...DnsConfig, NamespaceId: namespaceId } };
  assert.equal((await map.call("CreateService", older)).Service?.NamespaceId, namespaceId);
});

test("CreateService refuses what does not go together", async () => {
  const refused: [object, string, RegExp][] = [
    [{ NamespaceId: "ns-none" }, "NamespaceNotFound", /ns-none/],
    [{}, "InvalidInput", /NamespaceId is required/],
    [{ NamespaceId: http, DnsConfig }, "InvalidInput", /HTTP namespace/],
    [{ NamespaceId: namespaceId, DnsConfig, Type: "HTTP" }, "InvalidInput", /of the type HTTP/],
    [{ NamespaceId: namespaceId, DnsConfig, Name: "a".repeat(64) }, "InvalidInput", /label is too/],
  ];
  for (const [input, code, message] of refused) {
    const error = await map.refusal("CreateService", { Name: "refused", ...input });
    assert.equal(error.code, code);
    assert.match(error.message, message);
  }
});

test("UpdateService changes TTLs of all instances in one entry", async () => {
  const id = await addService(map, { Name: "ttl", NamespaceId: namespaceId, DnsConfig });
  for (const i of ["1", "2", "3"]) await register(id, i);
  const before = route53.state.lastSeq();
  const DnsRecords = [{ Type: "A" as const, TTL: 77 }];
  const Service = { Description: "new", DnsConfig: { DnsRecords } };
  const { type } = await map.operation("UpdateService", { Id: id, Service });
  assert.equal(type, "UPDATE_SERVICE");
  assert.equal(route53.state.lastSeq(), before + 1);
  assert.deepEqual(
    (await sets("ttl")).map(({ ttl }) => ttl),
    [77, 77, 77],
  );
  const wrong = { DnsConfig: { DnsRecords: [{ Type: "SRV" as const, TTL: 1 }] } };
  assert.equal(
    (await map.refusal("UpdateService", { Id: id, Service: wrong })).code,
    "InvalidInput",
  );
});

test("UpdateService gives instances health checks, changes them, takes them away", async () => {
  const id = await addService(map, { Name: "checks", NamespaceId: namespaceId, DnsConfig });
  for (const i of ["1", "2", "3"]) await register(id, i);
  const update = (more: object) =>
    map.operation("UpdateService", { Id: id, Service: { DnsConfig, ...more } });
  await update(checked);
  const ids = new Set((await sets("checks")).map(({ healthCheckId }) => healthCheckId));
  assert.equal(ids.size, 3);
  const slots = route53.state.list("healthSlot").map(({ value }) => value as number);
  assert.deepEqual(slots.toSorted(), [1, 2, 3]);
  await update({ HealthCheckConfig: { Type: "TCP", FailureThreshold: 5 } });
  const { HealthChecks = [] } = await route53.call("ListHealthChecks", {});
  assert.deepEqual(
    HealthChecks.map((check) => [ids.has(check.Id), check.HealthCheckConfig?.FailureThreshold]),
    [1, 2, 3].map(() => [true, 5]),
  );
  const other = { HealthCheckConfig: { Type: "HTTP" as const }, DnsConfig };
  const error = await map.refusal("UpdateService", { Id: id, Service: other });
  assert.match(error.message, /it is TCP and cannot be changed/);
  await update({});
  assert.deepEqual(
    (await sets("checks")).map((set) => set.healthCheckId),
    [undefined, undefined, undefined],
  );
  assert.equal(route53.state.count("healthCheck"), 0);
  assert.equal(route53.state.count("healthSlot"), 0);
});

test("UpdateService without DnsConfig leaves the service to the API", async () => {
  const id = await addService(map, { Name: "drop", NamespaceId: namespaceId, DnsConfig });
  await register(id, "1");
  await map.operation("UpdateService", { Id: id, Service: { Description: "d" } });
  assert.deepEqual(await sets("drop"), []);
  const { Service } = await map.call("GetService", { Id: id });
  assert.deepEqual([Service?.Type, Service?.DnsConfig], ["HTTP", undefined]);
  const found = { NamespaceName: "services.example.com", ServiceName: "drop" };
  assert.equal((await map.call("DiscoverInstances", found)).Instances?.length, 1);
});

test("UpdateService refuses settings in an HTTP namespace, and takes a description", async () => {
  const id = await addService(map, { Name: "described", NamespaceId: http, ...checked });
  const refused = await map.refusal("UpdateService", { Id: id, Service: { ...checked } });
  assert.equal(refused.code, "InvalidInput");
  await map.operation("UpdateService", { Id: id, Service: { Description: "d" } });
  const { Service } = await map.call("GetService", { Id: id });
  assert.equal(Service?.Description, "d");
  assert.deepEqual(Service?.HealthCheckConfig, { Type: "TCP", FailureThreshold: 1 });
});

test("ListServices filters by namespace, and pages", async () => {
  const names = async (input: Parameters<typeof map.call<"ListServices">>[1]) => {
    const listed: (string | undefined)[] = [];
    let NextToken: string | undefined;
    do {
      const page = await map.call("ListServices", { ...input, ...(NextToken && { NextToken }) });
      assert.ok((page.Services ?? []).length <= (input.MaxResults ?? 100));
      listed.push(...(page.Services ?? []).map(({ Name }) => Name));
      ({ NextToken } = page);
    } while (NextToken !== undefined);
    return listed.toSorted();
  };
  const ofHttp = { Filters: [{ Name: "NAMESPACE_ID" as const, Values: [http] }] };
  assert.deepEqual(await names({ ...ofHttp, MaxResults: 1 }), ["AGAIN", "again", "described"]);
  assert.equal((await names({ MaxResults: 2 })).length, route53.state.count("cloudMapService"));
  const none = [{ Name: "RESOURCE_OWNER" as const, Values: ["OTHER_ACCOUNTS"] }];
  assert.deepEqual(await names({ Filters: none }), []);
});

test("Attributes of a service are merged, limited and deleted", async () => {
  const ServiceId = await addService(map, { Name: "attributes", NamespaceId: namespaceId });
  const attributes = async () => {
    const { ServiceAttributes } = await map.call("GetServiceAttributes", { ServiceId });
    return ServiceAttributes?.Attributes;
  };
  assert.deepEqual(await attributes(), {});
  await map.call("UpdateServiceAttributes", { ServiceId, Attributes: { a: "1", b: "2" } });
  await map.call("UpdateServiceAttributes", { ServiceId, Attributes: { b: "3" } });
  assert.deepEqual(await attributes(), { a: "1", b: "3" });
  await map.call("DeleteServiceAttributes", { ServiceId, Attributes: ["a", "none"] });
  assert.deepEqual(await attributes(), { b: "3" });
  const long = { ServiceId, Attributes: { a: "x".repeat(1_025) } };
  assert.equal((await map.refusal("UpdateServiceAttributes", long)).code, "InvalidInput");
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`k${i}`, "v"]));
  const error = await map.refusal("UpdateServiceAttributes", { ServiceId, Attributes: many });
  assert.equal(error.code, "ServiceAttributesLimitExceededException");
  await map.call("DeleteService", { Id: ServiceId });
  const gone = await map.refusal("GetServiceAttributes", { ServiceId });
  assert.equal(gone.code, "ServiceNotFound");
  assert.equal(route53.state.count("cloudMapServiceAttributes"), 0);
});
