import assert from "node:assert/strict";
import { test } from "node:test";
import { addNamespace, addService, openCloudMap } from "../../../test/support/cloudmap-context.ts";

const map = await openCloudMap();
const NamespaceName = "discover.example.com";
const namespaceId = await addNamespace(map, NamespaceName);
const custom = { HealthCheckCustomConfig: {} };

type Input = Omit<Parameters<typeof map.call<"DiscoverInstances">>[1], "NamespaceName">;

async function discover(input: Input) {
  const { Instances = [] } = await map.call("DiscoverInstances", { NamespaceName, ...input });
  return Instances;
}

async function found(input: Input): Promise<string> {
  const ids = (await discover(input)).map(({ InstanceId }) => InstanceId);
  return ids.toSorted().join(" ");
}

/** Makes a service with instances `a`, `b`, … with these attributes. */
async function serviceOf(Name: string, all: Record<string, string>[], more: object = {}) {
  const ServiceId = await addService(map, { Name, NamespaceId: namespaceId, ...more });
  for (const [index, Attributes] of all.entries()) {
    const InstanceId = String.fromCharCode(97 + index);
    await map.operation("RegisterInstance", { ServiceId, InstanceId, Attributes });
  }
  return ServiceId;
}

test("DiscoverInstances filters by parameters that must be, and by those that may", async () => {
  const ServiceName = "parameters";
  await serviceOf(ServiceName, [
    { version: "1", zone: "x" },
    { version: "1", zone: "y" },
    { version: "2", zone: "y" },
  ]);
  assert.equal(await found({ ServiceName }), "a b c");
  assert.equal(await found({ ServiceName, QueryParameters: { version: "1" } }), "a b");
  assert.equal(await found({ ServiceName, QueryParameters: { version: "1", zone: "y" } }), "b");
  assert.equal(await found({ ServiceName, QueryParameters: { version: "3" } }), "");
  assert.equal(await found({ ServiceName, QueryParameters: { toString: "1" } }), "");
  const QueryParameters = { version: "1" };
  const prefer = (OptionalParameters: Record<string, string>) =>
    found({ ServiceName, QueryParameters, OptionalParameters });
  assert.equal(await prefer({ zone: "y" }), "b");
  assert.equal(await prefer({ zone: "z" }), "a b");
});

test("DiscoverInstances answers in a random order, at most so many", async () => {
  const ServiceName = "random";
  await serviceOf(ServiceName, [{}, {}, {}]);
  const orders = new Set<string>();
  for (let draw = 0; draw < 60; draw++) {
    const instances = await discover({ ServiceName });
    orders.add(instances.map(({ InstanceId }) => InstanceId).join(""));
  }
  assert.equal(orders.size, 6);
  assert.equal((await discover({ ServiceName, MaxResults: 2 })).length, 2);
});

test("DiscoverInstances chooses by custom health", async () => {
  const ServiceName = "health";
  const down = { AWS_INIT_HEALTH_STATUS: "UNHEALTHY" };
  const ServiceId = await serviceOf(ServiceName, [{}, down, {}], custom);
  const by = (HealthStatus: Input["HealthStatus"]) => found({ ServiceName, HealthStatus });
  assert.equal(await found({ ServiceName }), "a c");
  assert.equal(await by("HEALTHY"), "a c");
  assert.equal(await by("UNHEALTHY"), "b");
  assert.equal(await by("ALL"), "a b c");
  assert.equal(await by("HEALTHY_OR_ELSE_ALL"), "a c");
  for (const InstanceId of ["a", "c"]) {
    const Status = "UNHEALTHY";
    await map.call("UpdateInstanceCustomHealthStatus", { ServiceId, InstanceId, Status });
  }
  assert.equal(await by("HEALTHY"), "");
  assert.equal(await by("HEALTHY_OR_ELSE_ALL"), "a b c");
  const [instance] = await discover({ ServiceName, HealthStatus: "ALL" });
  assert.deepEqual(
    [instance?.HealthStatus, instance?.ServiceName, instance?.NamespaceName],
    ["UNHEALTHY", ServiceName, NamespaceName],
  );
});

test("DiscoverInstances chooses by health checks; the unknown counts as healthy", async () => {
  const ServiceName = "checked";
  const attributes = { AWS_INSTANCE_IPV4: "8.8.8.8", AWS_INSTANCE_PORT: "80" };
  const HealthCheckConfig = { Type: "TCP" };
  const all = [attributes, attributes, attributes];
  const ServiceId = await serviceOf(ServiceName, all, { HealthCheckConfig });
  const { HealthChecks = [] } = await map.route53.call("ListHealthChecks", {});
  assert.equal(HealthChecks.length, 3);
  const rows = map.route53.state.list<{ id: string; healthCheckId: string }>("cloudMapInstance", {
    prefix: [ServiceId],
  });
  const checkOf = (id: string) => rows.find(({ value }) => value.id === id)?.value.healthCheckId;
  map.route53.health.status.set(checkOf("a") ?? "", { healthy: true, why: "" });
  map.route53.health.status.set(checkOf("b") ?? "", { healthy: false, why: "" });
  const { Status } = await map.call("GetInstancesHealthStatus", { ServiceId });
  assert.deepEqual(Status, { a: "HEALTHY", b: "UNHEALTHY", c: "UNKNOWN" });
  assert.equal(await found({ ServiceName }), "a c");
  assert.equal(await found({ ServiceName, HealthStatus: "UNHEALTHY" }), "b");
});

test("DiscoverInstances ignores HealthStatus where nothing watches", async () => {
  await serviceOf("unwatched", [{}]);
  const input = { ServiceName: "unwatched", HealthStatus: "UNHEALTHY" as const };
  const [instance] = await discover(input);
  assert.deepEqual([instance?.InstanceId, instance?.HealthStatus], ["a", "UNKNOWN"]);
});

test("DiscoverInstancesRevision grows with registrations and deregistrations", async () => {
  const ServiceId = await serviceOf("revision", [{}]);
  const input = { NamespaceName, ServiceName: "revision" };
  const revision = async () =>
    Number((await map.call("DiscoverInstancesRevision", input)).InstancesRevision);
  const seen = [await revision()];
  const instance = { ServiceId, InstanceId: "b" };
  await map.operation("RegisterInstance", { ...instance, Attributes: {} });
  seen.push(await revision());
  await map.operation("DeregisterInstance", instance);
  seen.push(await revision());
  assert.deepEqual(
    seen,
    seen.toSorted((x, y) => x - y),
  );
  assert.equal(new Set(seen).size, 3);
  const { InstancesRevision } = await map.call("DiscoverInstances", input);
  assert.equal(InstancesRevision, seen.at(-1));
});

test("DiscoverInstances says what is not there", async () => {
  const namespace = { NamespaceName: "none", ServiceName: "parameters" };
  assert.equal((await map.refusal("DiscoverInstances", namespace)).code, "NamespaceNotFound");
  const service = { NamespaceName, ServiceName: "none" };
  assert.equal((await map.refusal("DiscoverInstances", service)).code, "ServiceNotFound");
  const foreign = { NamespaceName, ServiceName: "parameters", OwnerAccount: "111111111111" };
  assert.equal((await map.refusal("DiscoverInstances", foreign)).code, "NamespaceNotFound");
});

test("ListInstances and GetInstancesHealthStatus page, or answer for those named", async () => {
  const ServiceId = await serviceOf("paged", [{}, {}, {}], custom);
  const first = await map.call("ListInstances", { ServiceId, MaxResults: 2 });
  assert.deepEqual(
    first.Instances?.map(({ Id }) => Id),
    ["a", "b"],
  );
  const NextToken = first.NextToken ?? "";
  const rest = await map.call("ListInstances", { ServiceId, MaxResults: 2, NextToken });
  assert.deepEqual(
    rest.Instances?.map(({ Id }) => Id),
    ["c"],
  );
  assert.equal(rest.NextToken, undefined);
  const page = await map.call("GetInstancesHealthStatus", { ServiceId, MaxResults: 1 });
  assert.deepEqual(page.Status, { a: "HEALTHY" });
  const named = await map.call("GetInstancesHealthStatus", { ServiceId, Instances: ["c", "c"] });
  assert.deepEqual(named.Status, { c: "HEALTHY" });
  const none = await map.refusal("GetInstancesHealthStatus", { ServiceId, Instances: ["x"] });
  assert.equal(none.code, "InstanceNotFound");
});
