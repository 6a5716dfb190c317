import assert from "node:assert/strict";
import { test } from "node:test";
import { CloudMapProblem } from "./cloud-map-problem.ts";
import { checkServiceSettings, updatedDns } from "./cloud-map-service-settings.ts";
import type { NamespaceType, ServiceDns, ServiceRecordType } from "./cloud-map.ts";

type Settings = Parameters<typeof checkServiceSettings>[0];

function settings(types: ServiceRecordType[], more: Partial<Settings> = {}): Settings {
  const records = types.map((type) => ({ type, ttl: 5 }));
  const dns: ServiceDns = { routingPolicy: "WEIGHTED", records };
  return { name: "web", dns, customHealth: false, ...more };
}

const http = { healthCheck: { type: "HTTP", failureThreshold: 1 } } as const;
const tcp = { healthCheck: { type: "TCP", resourcePath: "/", failureThreshold: 1 } } as const;

test("checkServiceSettings() takes what Cloud Map takes", () => {
  for (const types of [["A"], ["AAAA"], ["AAAA", "A"], ["CNAME"], ["SRV"]] as const) {
    checkServiceSettings(settings([...types]), "DNS_PRIVATE");
  }
  checkServiceSettings(settings(["A"], http), "DNS_PUBLIC");
  checkServiceSettings(settings(["A"], { customHealth: true }), "DNS_PRIVATE");
  checkServiceSettings({ name: "web", customHealth: false, ...http }, "HTTP");
});

const refused: [Settings, NamespaceType, RegExp][] = [
  [settings(["A"]), "HTTP", /an HTTP namespace cannot have DNS records/],
  [settings([]), "DNS_PUBLIC", /nothing cannot be the records/],
  [settings(["A", "A"]), "DNS_PUBLIC", /A and A cannot be/],
  [settings(["A", "SRV"]), "DNS_PUBLIC", /A and SRV cannot be/],
  [settings(["CNAME", "A"]), "DNS_PUBLIC", /A and CNAME cannot be/],
  [settings(["CNAME"], { name: "." }), "DNS_PUBLIC", /own name cannot be a CNAME/],
  [settings(["CNAME"], http), "DNS_PUBLIC", /with CNAME records cannot have it/],
  [settings(["A"], http), "DNS_PRIVATE", /private DNS namespace/],
  [settings(["A"], { ...http, customHealth: true }), "DNS_PUBLIC", /one of them, not both/],
  [settings(["A"], tcp), "DNS_PUBLIC", /a TCP health check has none/],
];

test("checkServiceSettings() refuses what does not go together", () => {
  for (const [given, type, message] of refused) {
    assert.throws(
      () => checkServiceSettings(given, type),
      (error: Error) => error instanceof CloudMapProblem && message.test(error.message),
      String(message),
    );
  }
  const multivalue = settings(["CNAME"]);
  assert.throws(
    () =>
      checkServiceSettings(
        { ...multivalue, dns: { ...(multivalue.dns as ServiceDns), routingPolicy: "MULTIVALUE" } },
        "DNS_PUBLIC",
      ),
    /must be WEIGHTED/,
  );
});

test("updatedDns() changes TTLs, drops records and adds none", () => {
  const before = settings(["A", "AAAA"]).dns;
  const only = [{ type: "A", ttl: 60 }] as const;
  assert.deepEqual(updatedDns(before, only), { routingPolicy: "WEIGHTED", records: [...only] });
  assert.equal(updatedDns(before, undefined), undefined);
  assert.equal(updatedDns(undefined, undefined), undefined);
  assert.throws(() => updatedDns(before, [{ type: "SRV", ttl: 5 }]), /an update cannot add them/);
});
