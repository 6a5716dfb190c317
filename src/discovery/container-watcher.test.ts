import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { silentLogger } from "../telemetry/logger.ts";
import { manualClock } from "../base/clock.ts";
import { eventually } from "../../test/support/eventually.ts";
import { manualTiming } from "../../test/support/manual-timing.ts";
import { watchedEngine } from "../../test/support/watched-engine.ts";
import { drainMarksInFile } from "./drained-file.ts";
import type { Timing } from "./timing.ts";
import { realTiming } from "./timing.ts";
import { RegistryError } from "./registry.ts";

const web = { "signpost.service": "web.shop.local" };

/** Waits until the instances are these. */
async function see(registered: () => string[], expected: string[]): Promise<void> {
  const wanted = expected.toSorted().join("\n");
  try {
    await eventually(`registered ${wanted}`, () => registered().join("\n") === wanted, 5_000);
  } catch {
    assert.equal(registered().join("\n"), wanted);
  }
}

test("a container is registered while it runs, with the health it has", async (t) => {
  const { engine, registry, watch, registered } = await watchedEngine(t);
  registry.addService("web");
  const before = engine.run({ name: "old", labels: web });
  engine.run({ name: "unlabelled" });
  await watch();
  await see(registered, [`web ${engine.ipv4(before)} HEALTHY`]);

  const id = engine.run({ name: "web", labels: web, hasHealthCheck: true });
  const address = engine.ipv4(id);
  await see(registered, [`web ${engine.ipv4(before)} HEALTHY`, `web ${address} UNHEALTHY`]);
  engine.setHealth(id, "healthy");
  await see(registered, [`web ${engine.ipv4(before)} HEALTHY`, `web ${address} HEALTHY`]);
  engine.die(before);
  engine.setPaused(id, true);
  await see(registered, [`web ${address} UNHEALTHY`]);
  engine.setPaused(id, false);
  await see(registered, [`web ${address} HEALTHY`]);
  // One request for each change, none twice.
  assert.equal(
    registry.calls.filter((call) => /^(register|set-health|dereg)/.test(call)).length,
    6,
  );
  engine.die(id, 137);
  await see(registered, []);
});

test("a service that takes no health has a container only while it is healthy", async (t) => {
  const { engine, registry, watch, registered } = await watchedEngine(t);
  registry.addService("web", { hasCustomHealth: false });
  await watch();
  const id = engine.run({ name: "web", labels: web, hasHealthCheck: true });
  engine.setHealth(id, "healthy");
  await see(registered, [`web ${engine.ipv4(id)} HEALTHY`]);
  engine.setHealth(id, "unhealthy");
  await see(registered, []);
  engine.setHealth(id, "healthy");
  await see(registered, [`web ${engine.ipv4(id)} HEALTHY`]);
});

test("renamed containers and changed networks are registered anew", async (t) => {
  const { engine, registry, watch, registered } = await watchedEngine(t);
  registry.addService("web");
  const labels = { ...web, "signpost.network": "front" };
  await watch();
  const networks = { back: {}, front: { ipv4: "10.1.0.2" } };
  const id = engine.run({ name: "web", labels, networks });
  await see(registered, ["web 10.1.0.2 HEALTHY"]);
  engine.disconnect(id, "front");
  await see(registered, []);
  engine.connect(id, "front", { ipv4: "10.1.0.9" });
  await see(registered, ["web 10.1.0.9 HEALTHY"]);
  engine.rename(id, "other");
  await eventually("the name follows", () => {
    const [instance] = registry.content.values();
    return instance?.attributes["SIGNPOST_CONTAINER"] === "other";
  });
});

test("what a watcher before this one left is put right, and nothing of others", async (t) => {
  const { engine, registry, watch, registered } = await watchedEngine(t);
  registry.addService("web");
  const elsewhere = { AWS_INSTANCE_IPV4: "10.0.0.99", SIGNPOST_HOST: "docker-2" };
  registry.content.set("srv-web/elsewhere", { attributes: elsewhere, health: "HEALTHY" });
  registry.content.set("srv-web/byhand", {
    attributes: { AWS_INSTANCE_IPV4: "10.0.0.98" },
    health: "HEALTHY",
  });
  const stays = engine.run({ name: "stays", labels: web });
  const goes = engine.run({ name: "goes", labels: web });
  const first = await watch();
  const others = ["web 10.0.0.98 HEALTHY", "web 10.0.0.99 HEALTHY"];
  await see(registered, [
    ...others,
    `web ${engine.ipv4(stays)} HEALTHY`,
    `web ${engine.ipv4(goes)} HEALTHY`,
  ]);
  first.stop();
  engine.die(goes);
  engine.remove(goes);
  const comes = engine.run({ name: "comes", labels: web });
  registry.calls.length = 0;
  await watch();
  await see(registered, [
    ...others,
    `web ${engine.ipv4(stays)} HEALTHY`,
    `web ${engine.ipv4(comes)} HEALTHY`,
  ]);
  const changes = registry.calls.filter((call) => /^(register|set-health|dereg)/.test(call));
  assert.deepEqual(changes.toSorted(), [
    `deregister srv-web/${goes.slice(0, 12)}`,
    `register srv-web/${comes.slice(0, 12)} HEALTHY`,
  ]);
});

test("drain() leaves DNS, waits for the TTL, and holds until the next start", async (t) => {
  const { engine, registry, watch, registered } = await watchedEngine(t);
  registry.addService("web", { ttlSeconds: 30 });
  registry.addService("api", { ttlSeconds: 300 });
  const timing = manualTiming();
  const watcher = await watch({ timing: sleepingOnlyOver(20_000, timing), drainMaxMs: 90_000 });
  const labels = { ...web, "signpost.api.service": "api.shop.local" };
  const id = engine.run({ name: "web", labels });
  await eventually("both are there", () => registered().length === 2);

  let isDrained = false;
  const drained = watcher.drain("web").finally(() => (isDrained = true));
  await see(registered, []);
  await eventually("the drain waits", () => timing.sleeperCount() === 2);
  await timing.advance(89_000);
  assert.equal(isDrained, false);
  await timing.advance(1_000);
  assert.deepEqual(await drained, {
    ...{ container: id, name: "web", instances: 2, ttlSeconds: 300, isCutShort: true },
  });
  // Events of a drained container, and comparisons, leave it where it is.
  engine.rename(id, "renamed");
  await timing.advance(60_000);
  assert.deepEqual(registered(), []);
  engine.stop(id);
  engine.start(id);
  await eventually("it is back", () => registered().length === 2);
  assert.equal(await watcher.drain("nobody"), undefined);
});

test("a drain outlives the watcher that was told of it", async (t) => {
  const { engine, registry, watch, registered } = await watchedEngine(t);
  registry.addService("web", { ttlSeconds: 0 });
  const path = `${engine.socketPath}.drained`;
  const marks = () => drainMarksInFile(path, silentLogger);
  const first = await watch({ drainMarks: marks() });
  const id = engine.run({ name: "web", labels: web });
  const other = engine.run({ name: "other", labels: web });
  await see(registered, [`web ${engine.ipv4(id)} HEALTHY`, `web ${engine.ipv4(other)} HEALTHY`]);
  await first.drain("web");
  engine.signal(other, 15);
  await see(registered, []);
  first.stop();
  engine.remove(other);
  const second = await watch({ drainMarks: marks() });
  assert.deepEqual(registered(), []);
  assert.deepEqual(Object.keys(JSON.parse(readFileSync(path, "utf8"))), [id]);
  engine.stop(id);
  engine.start(id);
  await see(registered, [`web ${engine.ipv4(id)} HEALTHY`]);
  await eventually("the mark is gone", () => readFileSync(path, "utf8") === "{}");
  second.stop();
  writeFileSync(path, "no JSON");
  await watch({ drainMarks: marks() });
  assert.equal(registered().length, 1);
});

test("resume() takes back a drain", async (t) => {
  const { engine, registry, watch, registered } = await watchedEngine(t);
  registry.addService("web", { ttlSeconds: 0 });
  const watcher = await watch();
  const id = engine.run({ name: "web", labels: web });
  await see(registered, [`web ${engine.ipv4(id)} HEALTHY`]);
  await watcher.drain(id.slice(0, 12));
  await see(registered, []);
  assert.equal(watcher.report().drained, 1);
  assert.equal(await watcher.resume("web"), true);
  await see(registered, [`web ${engine.ipv4(id)} HEALTHY`]);
  assert.equal(await watcher.resume("nobody"), false);
});

test("drain() fails where the container is resumed or the watcher stops, not where it dies", async (t) => {
  const { engine, registry, watch, registered } = await watchedEngine(t);
  registry.addService("web", { ttlSeconds: 30 });
  const watcher = await watch();
  const id = engine.run({ name: "web", labels: web });
  await see(registered, [`web ${engine.ipv4(id)} HEALTHY`]);
  const resumed = assert.rejects(watcher.drain("web"), /Cannot drain web: it was resumed/);
  await see(registered, []);
  await watcher.resume("web");
  await resumed;
  await see(registered, [`web ${engine.ipv4(id)} HEALTHY`]);

  const died = watcher.drain("web");
  await see(registered, []);
  engine.die(id);
  assert.equal((await died)?.instances, 1);
  engine.start(id);
  await see(registered, [`web ${engine.ipv4(id)} HEALTHY`]);

  const stopped = assert.rejects(watcher.drain("web"), /Cannot drain web: the watcher stops/);
  await see(registered, []);
  watcher.stop();
  await stopped;
});

test("the first signal of a stop drains; other signals do not", async (t) => {
  const { engine, registry, watch, registered } = await watchedEngine(t);
  registry.addService("web");
  await watch();
  const id = engine.run({ name: "web", labels: web, stopSignal: "SIGQUIT" });
  const other = engine.run({ name: "other", labels: web });
  await see(registered, [`web ${engine.ipv4(id)} HEALTHY`, `web ${engine.ipv4(other)} HEALTHY`]);
  engine.signal(id, 1);
  engine.signal(id, 9);
  engine.signal(other, 15);
  await see(registered, [`web ${engine.ipv4(id)} HEALTHY`]);
  engine.signal(id, 3);
  await see(registered, []);
});

test("a container that survives its stop signal is registered again", async (t) => {
  const { engine, registry, watch, registered } = await watchedEngine(t);
  registry.addService("web");
  const clock = manualClock(Date.now() + 100);
  await watch({ clock, syncMs: 50 });
  const id = engine.run({ name: "web", labels: web });
  engine.signal(id, 15);
  await see(registered, []);
  clock.advanceMs(16 * 60 * 1000);
  await see(registered, [`web ${engine.ipv4(id)} HEALTHY`]);
});

test("a missing service is reported, created where that is allowed, and found later", async (t) => {
  const { engine, registry, watch, registered } = await watchedEngine(t);
  const watcher = await watch({ syncMs: 50 });
  const id = engine.run({ name: "web", labels: web });
  await eventually("it is reported", () => watcher.report().unresolved === 1);
  registry.addService("web");
  await see(registered, [`web ${engine.ipv4(id)} HEALTHY`]);
  assert.equal(watcher.report().unresolved, 0);

  watcher.stop();
  await watch({ createsServices: true, createsNamespaces: true });
  const both = { "signpost.service": "api.shop.local", "signpost.b.service": "db.other.test" };
  const created = engine.run({ name: "created", labels: both });
  await see(registered, [
    `api ${engine.ipv4(created)} HEALTHY`,
    `db ${engine.ipv4(created)} HEALTHY`,
    `web ${engine.ipv4(id)} HEALTHY`,
  ]);
  const creations = registry.calls.filter((call) => call.startsWith("create"));
  assert.deepEqual(creations, [
    "create-service api",
    "create-namespace other.test",
    "create-service db",
  ]);
});

test("a container that dies while its second service is looked for leaves the first", async (t) => {
  const { engine, registry, watch, registered } = await watchedEngine(t);
  registry.addService("web");
  const watcher = await watch({ createsServices: true });
  let open = (): void => {};
  registry.gate = new Promise((resolve) => (open = resolve));
  const id = engine.run({ name: "web", labels: { ...web, "signpost.b.service": "b.shop.local" } });
  await eventually("it is being created", () => registry.calls.includes("create-service b"));
  engine.die(id);
  await eventually("its death is known", () => watcher.report().instances.wanted === 0);
  open();
  await eventually("all is done", () => watcher.report().instances.unsettled === 0);
  await see(registered, []);
});

test("a service that is deleted and made again has its containers again", async (t) => {
  const { engine, registry, watch, registered } = await watchedEngine(t);
  registry.addService("web");
  await watch({ syncMs: 50 });
  const id = engine.run({ name: "web", labels: web });
  await see(registered, [`web ${engine.ipv4(id)} HEALTHY`]);
  registry.serviceList = [];
  registry.content.clear();
  registry.addService("web", { id: "srv-new" });
  await see(registered, [`new ${engine.ipv4(id)} HEALTHY`]);
});

test("nothing is lost while Cloud Map or the engine is away", async (t) => {
  const { engine, registry, watch, registered } = await watchedEngine(t);
  registry.addService("web");
  const watcher = await watch();
  const stays = engine.run({ name: "stays", labels: web });
  const goes = engine.run({ name: "goes", labels: web });
  await see(registered, [`web ${engine.ipv4(stays)} HEALTHY`, `web ${engine.ipv4(goes)} HEALTHY`]);

  registry.failure = new RegistryError("unreachable", "ECONNREFUSED");
  engine.die(goes);
  const comes = engine.run({ name: "comes", labels: web });
  await eventually("it is tried", () => watcher.report().failures > 2);
  registry.failure = undefined;
  await see(registered, [`web ${engine.ipv4(stays)} HEALTHY`, `web ${engine.ipv4(comes)} HEALTHY`]);

  await engine.close();
  await eventually("the engine is away", () => !watcher.report().isEngineConnected);
  engine.die(stays);
  engine.signal(comes, 15);
  const last = engine.run({ name: "last", labels: web });
  await engine.listen();
  // The signal that came meanwhile is heard too: the stream begins where it ended.
  await see(registered, [`web ${engine.ipv4(last)} HEALTHY`]);
});

/** Real time for short pauses; the long ones wait for the test. */
function sleepingOnlyOver(limitMs: number, manual: Timing): Timing {
  return {
    nowMs: realTiming.nowMs,
    sleep: (ms, signal) => (ms > limitMs ? manual : realTiming).sleep(ms, signal),
  };
}
