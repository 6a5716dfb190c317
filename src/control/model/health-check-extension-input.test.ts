import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readExtension } from "./health-check-extension-input.ts";
import type { HealthCheckType } from "./health-check.ts";
import { InputProblem } from "./input-object.ts";

const taken: [type: HealthCheckType, extension: object, filled?: object][] = [
  ["HTTP", {}],
  ["HTTP", { locations: ["tokyo", "eu-west-1"], votes: { share: 0.5 }, intervalSeconds: 1 }],
  ["HTTPS", { upThreshold: 2, downThreshold: 1, validateCertificate: false, votes: { count: 2 } }],
  ["HTTP", { responseTimeMaxMs: 250, connectTimeoutMs: 1, responseTimeoutMs: 60_000 }],
  ["TCP", { intervalSeconds: 300, connectTimeoutMs: 500, votes: { share: 0 } }],
  ["TCP", { probe: { kind: "rtt", rttMaxMs: 40 } }],
  ["TCP", { probe: { kind: "tls-expiry", daysMin: 14 }, responseTimeoutMs: 3_000 }],
  ["TCP", { probe: { kind: "grpc" } }, { probe: { kind: "grpc", tls: false, service: "" } }],
  [
    "TCP",
    { probe: { kind: "dns", qname: "WWW.example.com" } },
    {
      probe: {
        kind: "dns",
        transport: "udp",
        qname: "www.example.com.",
        qtype: "A",
        rcode: "NOERROR",
      },
    },
  ],
  [
    "HTTP",
    { probe: { kind: "script", command: "queue-depth", args: ["--max", ""] } },
    { probe: { kind: "script", command: "queue-depth", args: ["--max", ""], timeoutMs: 10_000 } },
  ],
  ["CALCULATED", { probe: { kind: "heartbeat", everySeconds: 90 } }],
  ["CALCULATED", { probe: { kind: "heartbeat", everySeconds: 9, token: "0123456789_abc-D" } }],
  ["CALCULATED", { children: ["a", "b"] }],
  ["CALCULATED", { expression: "a AND b", checks: { a: "1" } }],
];

test("readExtension() reads what it knows, and fills in what a probe leaves out", () => {
  for (const [type, extension, filled = extension] of taken) {
    assert.deepEqual(readExtension(extension, type), filled);
  }
});

const refused: [type: HealthCheckType, extension: unknown, message: string][] = [
  ["HTTP", [], "extension: an object is expected, not a list"],
  ["HTTP", { locations: [] }, "extension.locations: 0 elements, 1 to 100 are expected"],
  ["HTTP", { locations: ["a", "a"] }, 'extension.locations.1: "a" is there twice'],
  ["HTTP", { locations: ["a", 1] }, "extension.locations.1: a string is expected, not a number"],
  [
    "HTTP",
    { locations: ["a b"] },
    "extension.locations.0: small letters, digits and - make a location's name",
  ],
  ["HTTP", { votes: {} }, "extension.votes: share or count is expected"],
  ["HTTP", { votes: { share: 1 } }, "extension.votes.share: must be below 1"],
  [
    "HTTP",
    { votes: { share: "0.5" } },
    "extension.votes.share: a number is expected, not a string",
  ],
  ["HTTP", { votes: { count: 0 } }, "extension.votes.count: must be from 1 to 100, not 0"],
  ["HTTP", { votes: { count: 1, share: 0.2 } }, "extension.votes.share: is not expected here"],
  [
    "HTTP",
    { votes: { count: 2 }, locations: ["a"] },
    "extension.votes.count: 2 of 1 locations can never be",
  ],
  ["HTTP", { intervalSeconds: 301 }, "extension.intervalSeconds: must be from 1 to 300, not 301"],
  [
    "HTTP",
    { intervalSeconds: 1.5 },
    "extension.intervalSeconds: a whole number is expected, not 1.5",
  ],
  ["HTTP", { upThreshold: 0 }, "extension.upThreshold: must be from 1 to 100, not 0"],
  ["HTTP", { interval: 1 }, "extension.interval: is not expected here"],
  [
    "HTTP",
    { validateCertificate: true },
    "extension.validateCertificate: is not for a health check of type HTTP",
  ],
  [
    "TCP",
    { responseTimeMaxMs: 1 },
    "extension.responseTimeMaxMs: is not for a health check of type TCP",
  ],
  [
    "TCP",
    { probe: { kind: "rtt", rttMaxMs: 1 }, responseTimeoutMs: 5 },
    "extension.responseTimeoutMs: is not for a probe of kind rtt",
  ],
  ["TCP", { probe: { kind: "icmp" } }, /extension\.probe\.kind: "icmp" is none of dns, grpc/],
  ["TCP", { probe: { kind: "dns" } }, "extension.probe.qname: is missing"],
  ["TCP", { probe: { kind: "dns", qname: "a..b" } }, /extension\.probe\.qname: .*DomainLabelEmpty/],
  [
    "TCP",
    { probe: { kind: "dns", qname: "a.b", qtype: "NONE" } },
    "extension.probe.qtype: NONE is no record type",
  ],
  [
    "TCP",
    { probe: { kind: "rtt", rttMaxMs: 1, more: 1 } },
    "extension.probe.more: is not expected here",
  ],
  [
    "TCP",
    { probe: { kind: "script", command: "x", args: ["\0"] } },
    "extension.probe.args.0: a text of at most 1024 characters is expected",
  ],
  [
    "TCP",
    { probe: { kind: "heartbeat", everySeconds: 5 } },
    "extension.probe.kind: heartbeat is not for a health check of type TCP",
  ],
  [
    "CALCULATED",
    { probe: { kind: "heartbeat", everySeconds: 5, token: "short" } },
    "extension.probe.token: 5 characters, 16 to 128 are expected",
  ],
  [
    "CALCULATED",
    { probe: { kind: "heartbeat", everySeconds: 5, token: "0123456789/../.." } },
    "extension.probe.token: letters, digits, _ and - make a token",
  ],
  [
    "CALCULATED",
    { probe: { kind: "rtt", rttMaxMs: 5 } },
    "extension.probe.kind: rtt is not for a health check of type CALCULATED",
  ],
  [
    "CALCULATED",
    { expression: "a", children: [] },
    "extension.children: cannot be given with an expression",
  ],
  ["CALCULATED", { checks: {} }, "extension.checks: is only for an expression"],
  ["CALCULATED", { locations: ["a"] }, /locations: is not for a health check of type CALCULATED/],
  ["RECOVERY_CONTROL", { children: [] }, /children: is not for a health check of type RECOVERY/],
] as never;

test("readExtension() takes or refuses whatever JSON there is, and what it took it takes again", () => {
  const members = [...new Set(taken.flatMap(([, extension]) => Object.keys(extension)))];
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    ...taken.flatMap(([, extension]) => Object.values(extension)).map((one) => fc.constant(one)),
  );
  const extension = fc.dictionary(fc.constantFrom(...members, "other"), value, { maxKeys: 4 });
  const type = fc.constantFrom<HealthCheckType>("HTTP", "HTTPS_STR_MATCH", "TCP", "CALCULATED");
  fc.assert(
    fc.property(extension, type, (given, of) => {
      let read: object;
      try {
        read = readExtension(given, of);
      } catch (error) {
        assert.ok(error instanceof InputProblem, String(error));
        return;
      }
      assert.deepEqual(readExtension(read, of), read);
    }),
    { numRuns: 2_000 },
  );
});

test("readExtension() refuses what it does not know, and names the member", () => {
  for (const [type, extension, message] of refused) {
    const expected = { name: "InputProblem", message };
    assert.throws(() => readExtension(extension, type), expected, JSON.stringify(extension));
  }
  assert.throws(() => readExtension(null, "HTTP"), InputProblem);
});
