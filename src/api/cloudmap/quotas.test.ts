import assert from "node:assert/strict";
import { test } from "node:test";
import { addNamespace, addService, openCloudMap } from "../../../test/support/cloudmap-context.ts";
import { cloudMapInstanceCountMax } from "../../base/limits.ts";

const quotas = { MAX_HOSTED_ZONES_BY_OWNER: 1, MAX_HEALTH_CHECKS_BY_OWNER: 1 };
const map = await openCloudMap({}, quotas);
const NamespaceId = await addNamespace(map, "quotas.example.com");

test("A namespace fails where the operator allows no more hosted zones", async () => {
  const { failure } = await map.operation("CreatePublicDnsNamespace", { Name: "more.example.com" });
  assert.equal(failure?.code, "CANNOT_CREATE_HOSTED_ZONE");
  assert.match(failure?.message ?? "", /MAX_HOSTED_ZONES_BY_OWNER/);
});

test("An instance is refused where the operator allows no more health checks", async () => {
  const HealthCheckConfig = { Type: "TCP" as const };
  const ServiceId = await addService(map, { Name: "checked", NamespaceId, HealthCheckConfig });
  const Attributes = { AWS_INSTANCE_IPV4: "8.8.8.8", AWS_INSTANCE_PORT: "53" };
  await map.operation("RegisterInstance", { ServiceId, InstanceId: "a", Attributes });
  const input = { ServiceId, InstanceId: "b", Attributes };
  assert.equal((await map.refusal("RegisterInstance", input)).code, "ResourceLimitExceeded");
  const before = map.route53.state.lastSeq();
  await map.operation("RegisterInstance", { ServiceId, InstanceId: "a", Attributes });
  assert.equal(map.route53.state.lastSeq(), before + 1);
});

test("A service has a thousand instances at most; they can be registered again", async () => {
  const ServiceId = await addService(map, { Name: "full", NamespaceId });
  const register = (InstanceId: string) =>
    map.call("RegisterInstance", { ServiceId, InstanceId, Attributes: {} });
  const ids = Array.from({ length: cloudMapInstanceCountMax }, (_, i) => `i${i}`);
  await Promise.all(ids.map(register));
  const more = { ServiceId, InstanceId: "more", Attributes: {} };
  assert.equal((await map.refusal("RegisterInstance", more)).code, "ResourceLimitExceeded");
  await register("i7");
  const { Service } = await map.call("GetService", { Id: ServiceId });
  assert.equal(Service?.InstanceCount, cloudMapInstanceCountMax);
});
