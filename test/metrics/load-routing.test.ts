import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { askAddress, untilAddress } from "../support/ask-address.ts";
import { MetricsWorld } from "./metrics-world.ts";

let world: MetricsWorld;
before(async () => {
  world = await MetricsWorld.start();
  await world.createZone();
});
after(() => world.stop());

function branch(endpoint: string) {
  const dimensions = { Pool: endpoint, Site: "all" };
  return {
    EndpointReference: endpoint,
    ...{ LowWatermark: 800, HighWatermark: 1_000 },
    Metric: { Namespace: "Shop", MetricName: "Requests", Dimensions: dimensions },
  };
}

/** Reports the load of a pool; dimensions in another order than in the document. */
async function report(pool: string, Value: number): Promise<void> {
  const Dimensions = [
    { Name: "Site", Value: "all" },
    { Name: "Pool", Value: pool },
  ];
  await world.put("Requests", { Value, Dimensions });
}

test("loads that are reported choose the answer", async () => {
  const { dns } = world.signpost;
  const name = "www.shop.example";
  await world.createPolicyInstance(name, {
    AWSPolicyFormatVersion: "2026-11-22",
    ...{ RecordType: "A", StartRule: "idlest" },
    Endpoints: {
      a: { Type: "value", Value: "192.0.2.1" },
      b: { Type: "value", Value: "192.0.2.2" },
    },
    Rules: { idlest: { RuleType: "load", Items: [branch("a"), branch("b")] } },
  });
  // Nobody has reported: all branches are alike.
  const seen = new Set<string>();
  for (let i = 0; i < 400 && seen.size < 2; i++) {
    const address = await askAddress(dns, name);
    if (address !== "NXDOMAIN") seen.add(address);
  }
  assert.deepEqual([...seen].toSorted(), ["192.0.2.1 0", "192.0.2.2 0"]);
  // One that reports is preferred to one that does not, which might have any load.
  await report("b", 500);
  await untilAddress(dns, name, "192.0.2.2 0");
  const explanation = await world.explain(name);
  assert.match(explanation, /"unknown load of 800–1000, shed"/);
  assert.match(explanation, /"load 500 of 800–1000"/);
  await report("a", 100);
  await untilAddress(dns, name, "192.0.2.1 0");
  await report("a", 600);
  await untilAddress(dns, name, "192.0.2.2 0");
  await report("b", 5_000);
  await untilAddress(dns, name, "192.0.2.1 0");
  for (let i = 0; i < 50; i++) assert.equal(await askAddress(dns, name), "192.0.2.1 0");
});
