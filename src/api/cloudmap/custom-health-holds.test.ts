import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";
import { addService, openCloudMap } from "../../../test/support/cloudmap-context.ts";
import { eventually } from "../../../test/support/eventually.ts";
import { CustomHealthHolds } from "./custom-health-holds.ts";

const holdMs = 100;
const map = await openCloudMap({ customHealthHold: holdMs / 1000 });
const { targets } = await map.operation("CreateHttpNamespace", { Name: "held" });
const NamespaceId = targets.NAMESPACE ?? "";

async function serviceOf(Name: string): Promise<string> {
  const ServiceId = await addService(map, { Name, NamespaceId, HealthCheckCustomConfig: {} });
  await map.operation("RegisterInstance", { ServiceId, InstanceId: "i", Attributes: {} });
  return ServiceId;
}

async function say(ServiceId: string, Status: "HEALTHY" | "UNHEALTHY"): Promise<void> {
  await map.call("UpdateInstanceCustomHealthStatus", { ServiceId, InstanceId: "i", Status });
}

async function health(ServiceId: string): Promise<string | undefined> {
  return (await map.call("GetInstancesHealthStatus", { ServiceId })).Status?.["i"];
}

test("A custom health status counts after the hold, however often it is said", async () => {
  const id = await serviceOf("late");
  const begin = performance.now();
  await say(id, "UNHEALTHY");
  assert.equal(await health(id), "HEALTHY");
  await say(id, "UNHEALTHY");
  await eventually("the status counts", async () => (await health(id)) === "UNHEALTHY");
  assert.ok(performance.now() - begin >= holdMs);
  assert.equal(map.route53.state.count("cloudMapHealthRequest"), 0);
});

test("The opposite status takes back what is held", async () => {
  const id = await serviceOf("back");
  await say(id, "UNHEALTHY");
  await say(id, "HEALTHY");
  assert.equal(map.route53.state.count("cloudMapHealthRequest"), 0);
  await sleep(2 * holdMs);
  assert.equal(await health(id), "HEALTHY");
});

test("What is held survives a restart, and goes with its instance", async () => {
  const id = await serviceOf("restart");
  await say(id, "UNHEALTHY");
  map.holds.stop();
  await sleep(2 * holdMs);
  assert.equal(await health(id), "HEALTHY");
  const again = new CustomHealthHolds(map, { error: assert.fail as never });
  await eventually("the status counts", async () => (await health(id)) === "UNHEALTHY");
  await say(id, "HEALTHY");
  await map.operation("DeregisterInstance", { ServiceId: id, InstanceId: "i" });
  assert.equal(map.route53.state.count("cloudMapHealthRequest"), 0);
  again.stop();
});
