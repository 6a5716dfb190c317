import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { after, before, suite, test } from "node:test";
import type { HealthEvent } from "../../src/control/model/health-event.ts";
import { Endpoint, HealthWorld, addressSet, until } from "./health-world.ts";

// Real servers on loopback die and come back; what is looked at is the answers over DNS.

const quick = { intervalSeconds: 1, upThreshold: 2, downThreshold: 2 };
const http = { type: "HTTP", ipAddress: "127.0.0.1" } as const;

let world: HealthWorld;
before(async () => {
  world = await HealthWorld.start();
});
after(() => world.stop());

/** Primary and secondary at a name, and an address each. */
async function createFailover(label: string, healthCheckId: string): Promise<void> {
  await world.createSets([
    addressSet(label, "192.0.2.1", {
      SetIdentifier: "one",
      Failover: "PRIMARY",
      HealthCheckId: healthCheckId,
    }),
    addressSet(label, "192.0.2.2", { SetIdentifier: "two", Failover: "SECONDARY" }),
  ]);
}

const primary = ["192.0.2.1"];
const secondary = ["192.0.2.2"];

suite("answers follow their endpoints", { concurrency: true }, () => {
  test("failover, and the event log tells why", async (t) => {
    const endpoint = await Endpoint.start(t);
    const id = await world.createOwnCheck({ ...http, port: endpoint.port }, quick);
    await createFailover("failover", id);
    assert.deepEqual(await world.addresses("failover"), primary);
    await endpoint.die();
    await world.untilAddresses("failover", secondary);
    await endpoint.comeBack();
    await world.untilAddresses("failover", primary);
    const { events } = await world.own<{ events: HealthEvent[] }>(
      "GET",
      `health-events?check=${id}`,
    );
    const told = events.map((event) =>
      event.type === "health-check.status"
        ? `${event.to}, ${event.votes?.healthy} of ${event.votes?.voting}, ${event.affects.count} set`
        : `${event.type} ${"verdict" in event ? event.verdict : ""}`,
    );
    assert.deepEqual(told.slice(-4), [
      "health-check.verdict unhealthy",
      "unhealthy, 0 of 1, 1 set",
      "health-check.verdict healthy",
      "healthy, 1 of 1, 1 set",
    ]);
  });

  test("weighted", async (t) => {
    const endpoints = [await Endpoint.start(t), await Endpoint.start(t)] as const;
    for (const [i, { port }] of endpoints.entries()) {
      const HealthCheckId = await world.createOwnCheck({ ...http, port }, quick);
      const routing = { SetIdentifier: `set ${i}`, Weight: 10, HealthCheckId };
      await world.createSets([addressSet("weighted", `192.0.2.${i + 1}`, routing)]);
    }
    const drawn = async (): Promise<string> => {
      const seen = new Set<string>();
      for (let i = 0; i < 40; i++) seen.add((await world.addresses("weighted")).join());
      return [...seen].toSorted().join(" ");
    };
    assert.equal(await drawn(), "192.0.2.1 192.0.2.2");
    await endpoints[0].die();
    await until(async () => (await drawn()) === "192.0.2.2", "only the second is drawn");
    await endpoints[1].die();
    await until(async () => (await drawn()) === "192.0.2.1 192.0.2.2", "none healthy: all are");
  });

  test("multivalue", async (t) => {
    const endpoints = await Promise.all([1, 2, 3].map(() => Endpoint.start(t)));
    for (const [i, { port }] of endpoints.entries()) {
      const HealthCheckId = await world.createOwnCheck({ ...http, port }, quick);
      const routing = { SetIdentifier: `set ${i}`, MultiValueAnswer: true, HealthCheckId };
      await world.createSets([addressSet("multivalue", `192.0.2.${i + 1}`, routing)]);
    }
    await world.untilAddresses("multivalue", ["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
    await endpoints[1]?.die();
    await world.untilAddresses("multivalue", ["192.0.2.1", "192.0.2.3"]);
    await endpoints[1]?.comeBack();
    await world.untilAddresses("multivalue", ["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
  });

  test("a TCP check, by the port alone", async (t) => {
    const server = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    const config = { type: "TCP", ipAddress: "127.0.0.1", port } as const;
    await createFailover("tcp", await world.createOwnCheck(config, quick));
    assert.deepEqual(await world.addresses("tcp"), primary);
    await new Promise((resolve) => server.close(resolve));
    await world.untilAddresses("tcp", secondary);
  });

  test("a string match, and a check turned round", async (t) => {
    const { port } = await Endpoint.start(t);
    const config = { ...http, type: "HTTP_STR_MATCH", port } as const;
    const found = await world.createOwnCheck({ ...config, searchString: "fine" }, quick);
    const missing = await world.createOwnCheck({ ...config, searchString: "Fine" }, quick);
    const inverted = { ...config, searchString: "Fine", inverted: true };
    await createFailover("found", found);
    await createFailover("missing", missing);
    await createFailover("inverted", await world.createOwnCheck(inverted, quick));
    await world.untilAddresses("missing", secondary);
    await world.untilAddresses("inverted", primary);
    assert.deepEqual(await world.addresses("found"), primary);
  });

  test("a calculated check, an expression and what is made of them", async (t) => {
    const endpoints = [await Endpoint.start(t), await Endpoint.start(t)] as const;
    const ids: string[] = [];
    for (const { port } of endpoints) {
      ids.push(await world.createOwnCheck({ ...http, port }, quick));
    }
    const [api = "", db = ""] = ids;
    const sum = { Type: "CALCULATED", HealthThreshold: 1, ChildHealthChecks: ids } as const;
    await createFailover("calculated", await world.createCheck(sum));
    const both = await world.createOwnCheck({}, { expression: "api AND db", checks: { api, db } });
    await createFailover("expression", both);
    await world.untilAddresses("expression", primary);
    await endpoints[0].die();
    await world.untilAddresses("expression", secondary);
    assert.deepEqual(await world.addresses("calculated"), primary);
    await endpoints[1].die();
    await world.untilAddresses("calculated", secondary);
    await Promise.all(endpoints.map((endpoint) => endpoint.comeBack()));
    await world.untilAddresses("expression", primary);
    await world.untilAddresses("calculated", primary);
  });

  test("a heartbeat that is missed and heard again", async () => {
    const id = await world.createOwnCheck({}, { probe: { kind: "heartbeat", everySeconds: 1 } });
    await createFailover("heartbeat", id);
    await world.untilAddresses("heartbeat", secondary);
    await world.own("POST", `heartbeats/${id}`);
    await world.untilAddresses("heartbeat", primary);
    await world.untilAddresses("heartbeat", secondary);
  });

  test("a disabled check", async () => {
    const disabled = { Type: "HTTP", IPAddress: "127.0.0.1", Port: 1, Disabled: true } as const;
    await createFailover("disabled", await world.createCheck(disabled));
    await createFailover("drained", await world.createCheck({ ...disabled, Inverted: true }));
    assert.deepEqual(await world.addresses("disabled"), primary);
    assert.deepEqual(await world.addresses("drained"), secondary);
  });
});
