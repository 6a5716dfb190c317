import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../base/random.ts";
import { silentLogger } from "../telemetry/logger.ts";
import { manualTiming } from "../../test/support/manual-timing.ts";
import { MemoryRegistry } from "../../test/support/memory-registry.ts";
import { InstanceKeeper } from "./instance-keeper.ts";
import { RegistryError } from "./registry.ts";
import { Slots } from "./slots.ts";

function keeperOf({ takesHealth = true } = {}) {
  const registry = new MemoryRegistry();
  registry.addService("web");
  const timing = manualTiming();
  const stale: number[] = [];
  const keeper = new InstanceKeeper(
    { serviceId: "srv-web", instanceId: "i" },
    {
      ...{ registry, timing, takesHealth, random: seededRandom(1), logger: silentLogger },
      slots: new Slots(4),
      retry: { minMs: 200, maxMs: 5_000 },
      onStaleService: () => void stale.push(timing.nowMs()),
      onRequest() {},
    },
  );
  return { keeper, registry, timing, stale };
}

const healthy = { attributes: { AWS_INSTANCE_IPV4: "10.0.0.1" }, health: "HEALTHY" } as const;
const unhealthy = { ...healthy, health: "UNHEALTHY" } as const;

test("want() registers, tells health and deregisters, one request at a time", async () => {
  const { keeper, registry, timing } = keeperOf();
  keeper.want(healthy);
  keeper.want(unhealthy);
  await timing.advance(0);
  // What was registered before is not known, so the health is told as well.
  assert.deepEqual(registry.calls, [
    "register srv-web/i HEALTHY",
    "set-health srv-web/i UNHEALTHY",
  ]);
  keeper.want(healthy);
  await timing.advance(0);
  keeper.want(null);
  await keeper.settled();
  assert.deepEqual(registry.calls.slice(2), [
    "set-health srv-web/i HEALTHY",
    "deregister srv-web/i",
  ]);
  assert.equal(registry.underWayMax, 1);
  assert.equal(registry.content.size, 0);
});

test("want() what is there already asks nothing", async () => {
  const { keeper, registry, timing } = keeperOf();
  const attributes = { ...healthy.attributes, AWS_INIT_HEALTH_STATUS: "UNHEALTHY" };
  keeper.saw({ attributes, health: "HEALTHY" }, timing.nowMs());
  keeper.want(healthy);
  await timing.advance(1_000);
  assert.deepEqual(registry.calls, []);
  assert.ok(keeper.isSettled);
});

test("want() the newest wish wins while a request is under way", async () => {
  const { keeper, registry, timing } = keeperOf();
  let open = (): void => {};
  registry.gate = new Promise((resolve) => (open = resolve));
  keeper.want(healthy);
  await timing.advance(0);
  keeper.want(null);
  keeper.want(unhealthy);
  keeper.want(null);
  open();
  await keeper.settled();
  assert.deepEqual(registry.calls, ["register srv-web/i HEALTHY", "deregister srv-web/i"]);
});

test("want() is tried again with growing pauses until it is done", async () => {
  const { keeper, registry, timing } = keeperOf();
  registry.failure = new RegistryError("unreachable", "ECONNREFUSED");
  keeper.want(healthy);
  await timing.advance(60_000);
  const tries = registry.calls.length;
  assert.ok(tries >= 14 && tries <= 30, `${tries} tries in a minute`);
  registry.failure = undefined;
  await timing.advance(5_000);
  assert.ok(keeper.isSettled);
  assert.equal(registry.content.get("srv-web/i")?.health, "HEALTHY");
});

test("want() that is refused is asked again only when something may have changed", async () => {
  const { keeper, registry, timing } = keeperOf();
  registry.failure = new RegistryError("refused", "InvalidInput: AWS_INSTANCE_PORT");
  keeper.want(healthy);
  await timing.advance(60_000);
  assert.equal(registry.calls.length, 1);
  keeper.want(healthy);
  await timing.advance(0);
  assert.equal(registry.calls.length, 2);
  registry.failure = undefined;
  keeper.want(healthy);
  await timing.advance(0);
  assert.ok(keeper.isSettled);
});

test("want() null ends a pause at once", async () => {
  const { keeper, registry, timing } = keeperOf();
  registry.failure = new RegistryError("unreachable", "ECONNREFUSED");
  keeper.want(healthy);
  await timing.advance(30_000);
  registry.failure = undefined;
  keeper.want(null);
  await timing.advance(0);
  assert.equal(registry.calls.at(-1), "deregister srv-web/i");
  assert.ok(keeper.isSettled);
});

test("want() in a service that is gone says so, and has nothing to take out", async () => {
  const { keeper, registry, timing, stale } = keeperOf();
  registry.serviceList = [];
  keeper.want(healthy);
  await timing.advance(0);
  assert.equal(stale.length, 1);
  assert.ok(!keeper.isSettled);
  keeper.want(null);
  await timing.advance(0);
  assert.ok(keeper.isSettled);
});

test("saw() that somebody else took it out registers it again", async () => {
  const { keeper, registry, timing } = keeperOf();
  keeper.want(healthy);
  await timing.advance(10);
  registry.content.clear();
  keeper.saw(null, timing.nowMs());
  await timing.advance(0);
  assert.equal(registry.content.size, 1);
  assert.equal(registry.calls.at(-1), "register srv-web/i HEALTHY");
});

test("saw() older than the last request does not count", async () => {
  const { keeper, registry, timing } = keeperOf();
  const listedAtMs = timing.nowMs();
  await timing.advance(5);
  keeper.want(healthy);
  await timing.advance(5);
  const count = registry.calls.length;
  keeper.saw(null, listedAtMs);
  await timing.advance(0);
  assert.equal(registry.calls.length, count);
});

test("want() health of a service that takes none is not told", async () => {
  const { keeper, registry, timing } = keeperOf({ takesHealth: false });
  keeper.want(healthy);
  await timing.advance(0);
  keeper.want(unhealthy);
  await timing.advance(0);
  assert.deepEqual(registry.calls, ["register srv-web/i HEALTHY"]);
});
