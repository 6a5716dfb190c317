import assert from "node:assert/strict";
import { test } from "node:test";
import { nameSortKey } from "../../control/model/name-sort-key.ts";
import { addZone, openRoute53 } from "../../../test/support/route53-context.ts";
import type { RouteRequest } from "../protocol/route.ts";
import { deleteRecordExtension, putRecordExtension } from "./record-extensions.ts";

const route53 = await openRoute53();
const zoneId = await addZone(route53, "example.org");

async function createSets(name: string, ids: string[]): Promise<void> {
  await route53.call("ChangeResourceRecordSets", {
    HostedZoneId: zoneId,
    ChangeBatch: {
      Changes: ids.map((SetIdentifier) => ({
        Action: "CREATE" as const,
        ResourceRecordSet: {
          ...{ Name: name, Type: "A" as const, TTL: 60, SetIdentifier, Weight: 1 },
          ResourceRecords: [{ Value: "192.0.2.1" }],
        },
      })),
    },
  });
}

function request(name: string, body?: object): RouteRequest {
  return {
    requestId: "test",
    accessKeyId: "TEST",
    params: {},
    query: new URLSearchParams({ name }),
    remoteAddress: "127.0.0.1",
    headers: {},
    body: (async function* () {
      if (body) yield new TextEncoder().encode(JSON.stringify(body));
    })(),
  };
}

const byLoad = (pools: Record<string, string>) => ({
  RuleType: "load",
  Items: Object.entries(pools).map(([SetIdentifier, MetricName]) => ({
    ...{ SetIdentifier, LowWatermark: 1, HighWatermark: 2 },
    Metric: { Namespace: "Shop", MetricName, Dimensions: {} },
  })),
});

/** Metric names that have a slot, each with its number. */
function slots(): [string, number][] {
  return route53.state
    .list<number>("loadSlot")
    .map(({ key, value }) => [(JSON.parse(key[0] ?? "") as string[])[1] ?? "", value]);
}

test("load metrics have slots as long as an extension names them", async () => {
  await createSets("one.example.org", ["a", "b"]);
  await createSets("two.example.org", ["a"]);
  await putRecordExtension(route53, request("one.example.org", byLoad({ a: "M", b: "N" })));
  await putRecordExtension(route53, request("two.example.org", byLoad({ a: "N" })));
  assert.deepEqual(slots(), [
    ["M", 1],
    ["N", 2],
  ]);
  await putRecordExtension(route53, request("one.example.org", byLoad({ a: "O", b: "N" })));
  assert.deepEqual(slots(), [
    ["N", 2],
    ["O", 3],
  ]);
  await deleteRecordExtension(route53, request("one.example.org"));
  assert.deepEqual(slots(), [["N", 2]]);
  await deleteRecordExtension(route53, request("two.example.org"));
  assert.deepEqual([slots(), route53.state.count("loadMetricUse")], [[], 0]);
});

test("the extensions of protected record sets are protected as well", async () => {
  await createSets("safe.example.org", ["a"]);
  const sticky = { RuleType: "sticky" };
  await putRecordExtension(route53, request("safe.example.org", sticky));
  const key = [zoneId, nameSortKey("safe.example.org."), "A"];
  const head = route53.state.head(`zone/${zoneId}`);
  const mutations = [{ put: "rrsetProtection" as const, key, value: {} }];
  await route53.log.append(`zone/${zoneId}`, head, { action: "test", mutations });
  const refusal = { code: "InvalidInput", message: /safe\.example\.org\. A are protected/ };
  await assert.rejects(putRecordExtension(route53, request("safe.example.org", sticky)), refusal);
  await assert.rejects(deleteRecordExtension(route53, request("safe.example.org")), refusal);
});
