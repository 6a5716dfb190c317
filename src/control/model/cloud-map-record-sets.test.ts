import assert from "node:assert/strict";
import { test } from "node:test";
import {
  instanceRecordSets,
  recordSetDifferences,
  serviceName,
  wantedRecordSets,
} from "./cloud-map-record-sets.ts";
import type { AnsweredInstance, ServicePlace } from "./cloud-map-record-sets.ts";
import { CloudMapProblem } from "./cloud-map-problem.ts";
import type { ServiceDns } from "./cloud-map.ts";

const dns = { hostedZoneId: "Z1", zoneName: "example.com.", soaTtl: 5 };

function place(records: ServiceDns["records"], more: Partial<ServiceDns> = {}): ServicePlace {
  const settings: ServiceDns = { routingPolicy: "MULTIVALUE", records, ...more };
  return { dns, service: { name: "web", customHealth: true, dns: settings } };
}

function instance(id: string, more: Partial<AnsweredInstance> = {}): AnsweredInstance {
  return { id, attributes: { AWS_INSTANCE_IPV4: "192.0.2.1" }, ...more };
}

test("wantedRecordSets() answers A and AAAA, each with the id of the instance", () => {
  const records: ServiceDns["records"] = [
    { type: "A", ttl: 10 },
    { type: "AAAA", ttl: 20 },
  ];
  const attributes = { AWS_INSTANCE_IPV4: "192.0.2.1", AWS_INSTANCE_IPV6: "2001:db8::1" };
  const sets = wantedRecordSets(place(records), [instance("a", { attributes })]);
  const both = { name: "web.example.com.", setIdentifier: "a", multiValueAnswer: true };
  assert.deepEqual(sets, [
    { ...both, type: "A", ttl: 10, resourceRecords: ["192.0.2.1"] },
    { ...both, type: "AAAA", ttl: 20, resourceRecords: ["2001:db8::1"] },
  ]);
});

test("wantedRecordSets() answers SRV with a name of the instance's own", () => {
  const attributes = {
    AWS_INSTANCE_IPV4: "192.0.2.1",
    AWS_INSTANCE_IPV6: "2001:db8::1",
    AWS_INSTANCE_PORT: "8080",
  };
  const srv = place([{ type: "SRV", ttl: 15 }]);
  const host = { name: "a.web.example.com.", ttl: 15 };
  assert.deepEqual(wantedRecordSets(srv, [instance("a", { attributes, healthCheckId: "h" })]), [
    {
      name: "web.example.com.",
      setIdentifier: "a",
      type: "SRV",
      multiValueAnswer: true,
      healthCheckId: "h",
      ttl: 15,
      resourceRecords: ["1 1 8080 a.web.example.com."],
    },
    { ...host, type: "A", resourceRecords: ["192.0.2.1"] },
    { ...host, type: "AAAA", resourceRecords: ["2001:db8::1"] },
  ]);
});

test("wantedRecordSets() answers CNAME and aliases with equal weights", () => {
  const weighted = { routingPolicy: "WEIGHTED" } as const;
  const attributes = { AWS_INSTANCE_CNAME: "Target.example.net" };
  const common = { name: "web.example.com.", setIdentifier: "a", weight: 1 };
  const cname = place([{ type: "CNAME", ttl: 5 }], weighted);
  assert.deepEqual(wantedRecordSets(cname, [instance("a", { attributes })]), [
    { ...common, type: "CNAME", ttl: 5, resourceRecords: ["target.example.net."] },
  ]);
  const alias = { attributes: { AWS_ALIAS_DNS_NAME: "lb.example.com" }, healthCheckId: "h" };
  const target = { hostedZoneId: "Z1", dnsName: "lb.example.com.", evaluateTargetHealth: true };
  assert.deepEqual(
    wantedRecordSets(place([{ type: "A", ttl: 5 }], weighted), [instance("a", alias)]),
    [{ ...common, type: "A", aliasTarget: target }],
  );
});

test("wantedRecordSets() leaves unhealthy instances out, unless all are", () => {
  const address = place([{ type: "A", ttl: 5 }]);
  const ids = (...health: ("HEALTHY" | "UNHEALTHY")[]) =>
    wantedRecordSets(
      address,
      health.map((customHealth, index) => instance(`${index}`, { customHealth })),
    ).map(({ setIdentifier }) => setIdentifier);
  assert.deepEqual(ids("HEALTHY", "UNHEALTHY", "HEALTHY"), ["0", "2"]);
  assert.deepEqual(ids("UNHEALTHY", "UNHEALTHY"), ["0", "1"]);
  assert.deepEqual(ids(), []);
});

test("wantedRecordSets() has no sets for a service that only the API finds", () => {
  const service = { name: "web", customHealth: false };
  assert.deepEqual(wantedRecordSets({ dns, service }, [instance("a")]), []);
});

test("serviceName() is the namespace's own for `.`, and refuses what is too long", () => {
  const named = (name: string) => ({ dns, service: { name, customHealth: false } });
  assert.equal(serviceName(named(".")), "example.com.");
  assert.equal(serviceName(named("_Http._tcp")), "_http._tcp.example.com.");
  assert.throws(() => serviceName(named("x".repeat(64))), CloudMapProblem);
});

test("recordSetDifferences() writes what differs, with the uses of health checks", () => {
  const address = place([{ type: "A", ttl: 5 }]);
  const sets = (ids: string[], healthCheckId?: string) =>
    ids.flatMap((id) =>
      instanceRecordSets(address, instance(id, healthCheckId ? { healthCheckId } : {}), true),
    );
  assert.deepEqual(recordSetDifferences("Z1", sets(["a", "b"]), sets(["a", "b"])), []);
  const use = ["h", "Z1", "web.example.com."];
  assert.deepEqual(recordSetDifferences("Z1", sets(["a"], "h"), sets(["b"], "h")), [
    { putRRset: "Z1", rrset: sets(["b"], "h")[0] },
    { put: "healthCheckUse", key: [...use, "A b"], value: true },
    { removeRRset: "Z1", name: "web.example.com.", type: "A", setIdentifier: "a" },
    { remove: "healthCheckUse", key: [...use, "A a"] },
  ]);
});
