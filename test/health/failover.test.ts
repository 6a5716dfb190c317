import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Endpoint, HealthWorld, addressSet } from "./health-world.ts";

let world: HealthWorld;
before(async () => {
  world = await HealthWorld.start();
});
after(() => world.stop());

const quick = { intervalSeconds: 1, upThreshold: 2, downThreshold: 2 };
const http = { Type: "HTTP", IPAddress: "127.0.0.1" } as const;

test("a failover answer follows its primary's endpoint down and up", async () => {
  const endpoint = await Endpoint.start();
  const id = await world.createOwnCheck({ ...http, Port: endpoint.port }, quick);
  await world.createSets([
    addressSet("failover", "192.0.2.1", {
      SetIdentifier: "one",
      Failover: "PRIMARY",
      HealthCheckId: id,
    }),
    addressSet("failover", "192.0.2.2", { SetIdentifier: "two", Failover: "SECONDARY" }),
  ]);
  assert.deepEqual(await world.addresses("failover"), ["192.0.2.1"]);
  await endpoint.die();
  await world.untilAddresses("failover", ["192.0.2.2"]);
  await endpoint.comeBack();
  await world.untilAddresses("failover", ["192.0.2.1"]);
  await endpoint.die();
});
