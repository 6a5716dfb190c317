import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkInstanceAttributes, initialHealth } from "./cloud-map-attributes.ts";
import { CloudMapProblem } from "./cloud-map-problem.ts";
import type { CloudMapService } from "./cloud-map.ts";

function service(more: Partial<CloudMapService>): CloudMapService {
  return {
    id: "srv-1",
    namespaceId: "ns-1",
    name: "web",
    customHealth: false,
    createdAt: "2026-01-01T00:00:00.000Z",
    ...more,
  };
}

function dns(
  types: ("A" | "AAAA" | "SRV" | "CNAME")[],
  policy?: "WEIGHTED",
): Pick<CloudMapService, "dns"> {
  const records = types.map((type) => ({ type, ttl: 5 }));
  return { dns: { routingPolicy: policy ?? "MULTIVALUE", records } };
}

const api = service({});
const a = service(dns(["A"]));
const srv = service(dns(["SRV"]));
const weighted = service(dns(["A"], "WEIGHTED"));
const checked = service({ healthCheck: { type: "HTTP", failureThreshold: 1 } });
const custom = service({ customHealth: true });
const v4 = { AWS_INSTANCE_IPV4: "192.0.2.1" };
const v6 = { AWS_INSTANCE_IPV6: "2001:db8::1" };
const port = { AWS_INSTANCE_PORT: "80" };
const many = (count: number, size = 1) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, "v".repeat(size)]));

const taken: [string, CloudMapService, Record<string, string>][] = [
  ["nothing, where only the API finds it", api, {}],
  ["custom attributes up to their number", api, many(30)],
  ["an address", a, v4],
  ["both addresses", service(dns(["A", "AAAA"])), { ...v4, ...v6 }],
  ["a port and one address for SRV", srv, { ...v6, ...port }],
  ["a name for CNAME", service(dns(["CNAME"], "WEIGHTED")), { AWS_INSTANCE_CNAME: "a.example" }],
  ["an alias", weighted, { AWS_ALIAS_DNS_NAME: "lb.example" }],
  ["what a health check needs", checked, { ...v6, ...port }],
  ["an initial status", custom, { AWS_INIT_HEALTH_STATUS: "UNHEALTHY" }],
  ["an empty value, and tabs inside one", api, { a: "", b: "x \t y" }],
];

const refused: [string, CloudMapService, Record<string, string>, RegExp][] = [
  ["31 custom attributes", api, many(31), /31 custom attributes, limit 30/],
  ["more than 5,000 characters", api, many(5, 1_000), /5010 characters in all, limit 5000/],
  ["a long value", api, { a: "x".repeat(1_025) }, /a: 1025 characters, limit 1024/],
  ["a key with a space", api, { "a b": "x" }, /The attribute key "a b"/],
  ["an empty key", api, { "": "x" }, /The attribute key ""/],
  ["a value that begins with a space", api, { a: " x" }, /a: only printable ASCII/],
  ["a line end", api, { a: "x\ny" }, /only printable ASCII/],
  ["no address", a, {}, /AWS_INSTANCE_IPV4: it is required for a service with A records/],
  ["a bad address", a, { AWS_INSTANCE_IPV4: "192.0.2.256" }, /192.0.2.256 is no IPv4 address/],
  ["an IPv6 address as IPv4", a, { AWS_INSTANCE_IPV4: "::1" }, /::1 is no IPv4 address/],
  ["a bad IPv6 address", api, { AWS_INSTANCE_IPV6: "x::" }, /x:: is no IPv6 address/],
  ["one of two addresses", service(dns(["A", "AAAA"])), v4, /AWS_INSTANCE_IPV6: it is required/],
  ["SRV without a port", srv, v4, /AWS_INSTANCE_PORT: it is required/],
  ["SRV without an address", srv, port, /IPV4, AWS_INSTANCE_IPV6: one of them is required/],
  ["port 0", srv, { ...v4, AWS_INSTANCE_PORT: "0" }, /0 is no port/],
  ["port 65536", srv, { ...v4, AWS_INSTANCE_PORT: "65536" }, /65536 is no port/],
  ["a CNAME without a name", service(dns(["CNAME"])), {}, /AWS_INSTANCE_CNAME: it is required/],
  ["a bad name", api, { AWS_INSTANCE_CNAME: "a..b" }, /a..b is no domain name/],
  ["a health check without a port", checked, v4, /AWS_INSTANCE_PORT: it is required/],
  ["a health check without an address", checked, port, /one of them is required/],
  ["a status where nothing has one", a, { ...v4, AWS_INIT_HEALTH_STATUS: "HEALTHY" }, /no Health/],
  ["a status of another kind", custom, { AWS_INIT_HEALTH_STATUS: "UP" }, /UP is neither/],
  ["an alias with multivalue", a, { AWS_ALIAS_DNS_NAME: "b.example" }, /policy WEIGHTED/],
  ["an alias and an address", weighted, { AWS_ALIAS_DNS_NAME: "b.example", ...v4 }, /together/],
  ["an EC2 instance", api, { AWS_EC2_INSTANCE_ID: "i-1" }, /no EC2 is behind this server/],
];

describe("checkInstanceAttributes()", () => {
  for (const [what, of, attributes] of taken) {
    test(`takes ${what}`, () => checkInstanceAttributes(of, attributes));
  }
  for (const [what, of, attributes, message] of refused) {
    test(`refuses ${what}`, () => {
      assert.throws(
        () => checkInstanceAttributes(of, attributes),
        (error: Error) => error instanceof CloudMapProblem && message.test(error.message),
      );
    });
  }
});

test("initialHealth() is healthy unless the attributes say otherwise", () => {
  assert.equal(initialHealth({}), "HEALTHY");
  assert.equal(initialHealth({ AWS_INIT_HEALTH_STATUS: "UNHEALTHY" }), "UNHEALTHY");
});
