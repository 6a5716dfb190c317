import assert from "node:assert/strict";
import { test } from "node:test";
import { addNamespace, addService, openCloudMap } from "../../../test/support/cloudmap-context.ts";
import { seededRandom } from "../../base/random.ts";
import { wantedRecordSets } from "../../control/model/cloud-map-record-sets.ts";
import type { CloudMapNamespace, CloudMapService } from "../../control/model/cloud-map.ts";
import { instancesOf } from "./instance-rows.ts";
import { placeOf } from "./service-rows.ts";

const map = await openCloudMap();
const { route53 } = map;
const namespaceId = await addNamespace(map, "register.example.com");
const ttl = (Type: "A" | "AAAA" | "CNAME" | "SRV") => ({ Type, TTL: 10 });
const custom = { HealthCheckCustomConfig: { FailureThreshold: 1 } };

function a(address = "192.0.2.1", more: Record<string, string> = {}) {
  return { AWS_INSTANCE_IPV4: address, ...more };
}

async function addressService(Name: string, more: object = {}): Promise<string> {
  const DnsConfig = { DnsRecords: [ttl("A")] };
  return addService(map, { Name, NamespaceId: namespaceId, DnsConfig, ...more });
}

async function values(name: string): Promise<string[]> {
  const sets = await map.recordSets(namespaceId);
  const full = `${name}.register.example.com.`;
  return sets.filter((set) => set.name === full).flatMap((set) => set.resourceRecords ?? []);
}

test("RegisterInstance writes the record sets in the entry that writes the instance", async () => {
  const ServiceId = await addressService("one");
  const before = route53.state.lastSeq();
  const Attributes = a("192.0.2.1", { color: "blue" });
  const operation = await map.operation("RegisterInstance", {
    ServiceId,
    InstanceId: "i-1",
    Attributes,
  });
  assert.equal(route53.state.lastSeq(), before + 1);
  assert.equal(operation.seq, before + 1);
  assert.deepEqual(operation.targets, {
    INSTANCE: "i-1",
    SERVICE: ServiceId,
    NAMESPACE: namespaceId,
  });
  assert.deepEqual(await values("one"), ["192.0.2.1"]);
  const { Instance } = await map.call("GetInstance", { ServiceId, InstanceId: "i-1" });
  assert.deepEqual(Instance?.Attributes, Attributes);
  const { Service } = await map.call("GetService", { Id: ServiceId });
  assert.equal(Service?.InstanceCount, 1);
});

test("RegisterInstance is PENDING until the entry is served, then SUCCESS", async () => {
  const ServiceId = await addressService("pending");
  const input = { ServiceId, InstanceId: "i-1", Attributes: a() };
  const { OperationId = "" } = await map.call("RegisterInstance", input);
  const status = async () => (await map.call("GetOperation", { OperationId })).Operation?.Status;
  assert.equal(await status(), "PENDING");
  route53.log.applied.set(route53.state.lastSeq());
  assert.equal(await status(), "SUCCESS");
});

test("RegisterInstance updates an instance, and writes only what differs", async () => {
  const ServiceId = await addressService("update");
  const register = (attributes: Record<string, string>, more: object = {}) =>
    map.operation("RegisterInstance", {
      ServiceId,
      InstanceId: "i",
      Attributes: attributes,
      ...more,
    });
  await register(a("192.0.2.1"));
  const zones: unknown[] = [];
  route53.log.onCommitted((committed) => zones.push(committed.zones));
  await register(a("192.0.2.1", { color: "red" }));
  await register(a("192.0.2.2"));
  assert.deepEqual(
    zones.map((changed) => (changed as unknown[]).length),
    [0, 1],
  );
  assert.deepEqual(await values("update"), ["192.0.2.2"]);
  const token = { CreatorRequestId: "same" };
  const first = await register(a("192.0.2.3"), token);
  const seq = route53.state.lastSeq();
  assert.equal((await register(a("192.0.2.3"), token)).id, first.id);
  assert.equal(route53.state.lastSeq(), seq);
  assert.notEqual((await register(a("192.0.2.4"), token)).id, first.id);
});

test("RegisterInstance refuses attributes that do not fit, and unknown services", async () => {
  const ServiceId = await addressService("refused");
  const input = { ServiceId, InstanceId: "i", Attributes: {} };
  const error = await map.refusal("RegisterInstance", input);
  assert.equal(error.code, "InvalidInput");
  assert.match(error.message, /^AWS_INSTANCE_IPV4: it is required/);
  const unknown = await map.refusal("RegisterInstance", { ...input, ServiceId: "srv-none" });
  assert.equal(unknown.code, "ServiceNotFound");
  assert.deepEqual(await values("refused"), []);
});

test("RegisterInstance refuses another request while one is under way", async () => {
  const ServiceId = await addressService("twice");
  const input = { ServiceId, InstanceId: "i", Attributes: a() };
  const first = map.call("RegisterInstance", input);
  const error = await map.refusal("DeregisterInstance", { ServiceId, InstanceId: "i" });
  assert.equal(error.code, "DuplicateRequest");
  const { OperationId } = await first;
  assert.equal(error.extra["DuplicateOperationId"], OperationId);
  await map.call("DeregisterInstance", { ServiceId, InstanceId: "i" });
  assert.equal(map.underWay.size, 0);
});

test("DeregisterInstance leaves nothing behind", async () => {
  const DnsConfig = { DnsRecords: [ttl("SRV")] };
  const ServiceId = await addService(map, { Name: "gone", NamespaceId: namespaceId, DnsConfig });
  const Attributes = a("192.0.2.1", { AWS_INSTANCE_PORT: "80" });
  await map.operation("RegisterInstance", { ServiceId, InstanceId: "i", Attributes });
  assert.deepEqual(await values("gone"), ["1 1 80 i.gone.register.example.com."]);
  assert.deepEqual(await values("i.gone"), ["192.0.2.1"]);
  const inUse = await map.refusal("DeleteService", { Id: ServiceId });
  assert.equal(inUse.code, "ResourceInUse");
  const { type } = await map.operation("DeregisterInstance", { ServiceId, InstanceId: "i" });
  assert.equal(type, "DEREGISTER_INSTANCE");
  assert.deepEqual([...(await values("gone")), ...(await values("i.gone"))], []);
  const again = await map.refusal("DeregisterInstance", { ServiceId, InstanceId: "i" });
  assert.equal(again.code, "InstanceNotFound");
  await map.call("DeleteService", { Id: ServiceId });
});

test("RegisterInstance fails, as an operation, where another service has the name", async () => {
  const DnsConfig = { DnsRecords: [ttl("SRV")] };
  const srv = await addService(map, { Name: "srv", NamespaceId: namespaceId, DnsConfig });
  await addressService("taken.srv");
  const input = { ServiceId: srv, Attributes: a("192.0.2.1", { AWS_INSTANCE_PORT: "80" }) };
  const failed = await map.operation("RegisterInstance", { ...input, InstanceId: "Taken" });
  assert.equal(failed.failure?.code, "INVALID_CHANGE_BATCH");
  const missing = await map.refusal("GetInstance", { ServiceId: srv, InstanceId: "Taken" });
  assert.equal(missing.code, "InstanceNotFound");
  await map.operation("RegisterInstance", { ...input, InstanceId: "free" });
  const error = await map.refusal("CreateService", {
    Name: "free.srv",
    NamespaceId: namespaceId,
    DnsConfig: { DnsRecords: [ttl("A")] },
  });
  assert.equal(error.code, "InvalidInput");
});

test("RegisterInstance answers an alias of the namespace, and fails for any other", async () => {
  const DnsConfig = { RoutingPolicy: "WEIGHTED" as const, DnsRecords: [ttl("A")] };
  const ServiceId = await addService(map, { Name: "alias", NamespaceId: namespaceId, DnsConfig });
  const alias = (name: string) =>
    map.operation("RegisterInstance", {
      ServiceId,
      InstanceId: name.slice(0, 3),
      Attributes: { AWS_ALIAS_DNS_NAME: name },
    });
  const foreign = await alias("my-lb.us-east-1.elb.amazonaws.com");
  assert.equal(foreign.failure?.code, "INVALID_CHANGE_BATCH");
  assert.match(foreign.failure?.message ?? "", /does not lie within the target zone/);
  assert.equal((await alias("one.register.example.com")).failure, undefined);
  const sets = await map.recordSets(namespaceId);
  const { aliasTarget } = sets.find(({ name }) => name.startsWith("alias.")) ?? {};
  assert.equal(aliasTarget?.dnsName, "one.register.example.com.");
});

test("RegisterInstance makes a health check, which follows the instance", async () => {
  const DnsConfig = { DnsRecords: [ttl("A")] };
  const HealthCheckConfig = { Type: "HTTP" as const, ResourcePath: "/up" };
  const service = { Name: "checked", NamespaceId: namespaceId, DnsConfig, HealthCheckConfig };
  const ServiceId = await addService(map, service);
  const register = (address: string) =>
    map.operation("RegisterInstance", {
      ServiceId,
      InstanceId: "i",
      Attributes: a(address, { AWS_INSTANCE_PORT: "8080" }),
    });
  const refused = { ServiceId, InstanceId: "i", Attributes: a("10.0.0.1") };
  refused.Attributes["AWS_INSTANCE_PORT" as never] = "80" as never;
  assert.match((await map.refusal("RegisterInstance", refused)).message, /no health check can be/);
  await register("8.8.4.4");
  const { HealthChecks = [] } = await route53.call("ListHealthChecks", {});
  const [check] = HealthChecks;
  assert.equal(HealthChecks.length, 1);
  const { IPAddress, Port, ResourcePath, FullyQualifiedDomainName, FailureThreshold } =
    check?.HealthCheckConfig ?? {};
  assert.deepEqual(
    [IPAddress, Port, ResourcePath, FullyQualifiedDomainName, FailureThreshold],
    ["8.8.4.4", 8080, "/up", "checked.register.example.com", 1],
  );
  const of = { HealthCheckId: check?.Id ?? "" };
  assert.equal((await route53.refusal("DeleteHealthCheck", of)).code, "AccessDenied");
  assert.equal((await route53.refusal("UpdateHealthCheck", of)).code, "AccessDenied");
  await register("8.8.8.8");
  const after = await route53.call("GetHealthCheck", of);
  assert.equal(after.HealthCheck?.HealthCheckConfig?.IPAddress, "8.8.8.8");
  const [set] = (await map.recordSets(namespaceId)).filter(({ name }) =>
    name.startsWith("checked"),
  );
  assert.equal(set?.healthCheckId, check?.Id);
  await map.operation("DeregisterInstance", { ServiceId, InstanceId: "i" });
  assert.equal((await route53.refusal("GetHealthCheck", of)).code, "NoSuchHealthCheck");
  assert.deepEqual(route53.state.list("healthSlot"), []);
  assert.deepEqual(route53.state.list("healthCheckUse"), []);
});

test("UpdateInstanceCustomHealthStatus takes an instance out of DNS, but not all", async () => {
  const ServiceId = await addressService("custom", custom);
  for (const i of [1, 2, 3]) {
    const Attributes = a(`192.0.2.${i}`);
    await map.operation("RegisterInstance", { ServiceId, InstanceId: `${i}`, Attributes });
  }
  const set = (InstanceId: string, Status: "HEALTHY" | "UNHEALTHY") =>
    map.call("UpdateInstanceCustomHealthStatus", { ServiceId, InstanceId, Status });
  const revisions = { NamespaceName: "register.example.com", ServiceName: "custom" };
  const revision = await map.call("DiscoverInstancesRevision", revisions);
  await set("1", "UNHEALTHY");
  assert.deepEqual(await values("custom"), ["192.0.2.2", "192.0.2.3"]);
  await set("2", "UNHEALTHY");
  assert.deepEqual(await values("custom"), ["192.0.2.3"]);
  await set("3", "UNHEALTHY");
  assert.deepEqual(await values("custom"), ["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
  const { Status } = await map.call("GetInstancesHealthStatus", { ServiceId });
  assert.deepEqual(Status, { 1: "UNHEALTHY", 2: "UNHEALTHY", 3: "UNHEALTHY" });
  await set("2", "HEALTHY");
  assert.deepEqual(await values("custom"), ["192.0.2.2"]);
  assert.deepEqual(await map.call("DiscoverInstancesRevision", revisions), revision);
  assert.equal(
    (
      await map.refusal("UpdateInstanceCustomHealthStatus", {
        ServiceId,
        InstanceId: "9",
        Status: "HEALTHY",
      })
    ).code,
    "InstanceNotFound",
  );
  const plain = await addressService("plain");
  const none = { ServiceId: plain, InstanceId: "1", Status: "HEALTHY" as const };
  const refusal = await map.refusal("UpdateInstanceCustomHealthStatus", none);
  assert.equal(refusal.code, "CustomHealthNotFound");
});

test("Whatever is done to instances, the zone has the sets that the service wants", async () => {
  const zoneName = "walk.example.com";
  const id = await addNamespace(map, zoneName);
  const DnsConfig = { DnsRecords: [ttl("SRV")] };
  const ServiceId = await addService(map, { Name: "w", NamespaceId: id, DnsConfig, ...custom });
  const namespace = route53.state.get<CloudMapNamespace>("cloudMapNamespace", [id]);
  const service = route53.state.get<CloudMapService>("cloudMapService", [ServiceId]);
  assert.ok(namespace && service);
  const place = placeOf({ namespace, service });
  assert.ok(place);
  const random = seededRandom(7);
  for (let step = 0; step < 150; step++) {
    const InstanceId = `i${random.uint32() % 4}`;
    const isThere = instancesOf(map, ServiceId).some((instance) => instance.id === InstanceId);
    const draw = random.uint32() % 4;
    if (!isThere || draw === 0) {
      const AWS_INIT_HEALTH_STATUS = random.uint32() % 2 === 0 ? "HEALTHY" : "UNHEALTHY";
      const own = { AWS_INSTANCE_PORT: `${1 + (random.uint32() % 9)}`, AWS_INIT_HEALTH_STATUS };
      const Attributes = a(`192.0.2.${random.uint32() % 9}`, own);
      await map.operation("RegisterInstance", { ServiceId, InstanceId, Attributes });
    } else if (draw === 1) await map.operation("DeregisterInstance", { ServiceId, InstanceId });
    else {
      const Status = draw === 2 ? "HEALTHY" : "UNHEALTHY";
      await map.call("UpdateInstanceCustomHealthStatus", { ServiceId, InstanceId, Status });
    }
    const sorted = (sets: object[]) => sets.map((set) => JSON.stringify(canonical(set))).toSorted();
    assert.deepEqual(
      sorted(await map.recordSets(id)),
      sorted(wantedRecordSets(place, instancesOf(map, ServiceId))),
      `after step ${step}`,
    );
  }
});

function canonical(set: object): object {
  return Object.fromEntries(Object.entries(set).toSorted(([x], [y]) => (x < y ? -1 : 1)));
}
