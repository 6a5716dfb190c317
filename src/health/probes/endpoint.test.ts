import assert from "node:assert/strict";
import { test } from "node:test";

import {
  answers,
  response,
  startMisbehavingServer,
} from "../../../test/support/misbehaving-server.ts";
import { allow, patientSpec } from "../../../test/support/probe-cases.ts";
import { LookupFailure } from "./detail.ts";
import { hostHeaderOf, serverNameOf } from "./endpoint.ts";
import type { HostAddresses } from "./host-resolver.ts";
import { probe } from "./probe.ts";
import { Reason } from "./reason.ts";

test("hostHeaderOf() has the port unless it is the scheme's own", () => {
  const cases = [
    ["a.example", 80, false, "a.example"],
    ["a.example", 443, true, "a.example"],
    ["a.example", 443, false, "a.example:443"],
    ["a.example", 80, true, "a.example:80"],
    ["a.example", 8080, false, "a.example:8080"],
    [undefined, 80, false, "198.51.100.1"],
    [undefined, 8080, false, "198.51.100.1:8080"],
    ["", 443, true, "198.51.100.1"],
    ["2001:db8::1", 80, false, "[2001:db8::1]"],
    ["[2001:db8::1]", 81, false, "[2001:db8::1]:81"],
  ] as const;
  for (const [host, port, tls, want] of cases) {
    const spec = { port, tls, ...(host === undefined ? {} : { host }) };
    assert.equal(hostHeaderOf(spec, "198.51.100.1"), want);
  }
  assert.equal(hostHeaderOf({ port: 81, tls: false }, "2001:db8::1"), "[2001:db8::1]:81");
});

test("serverNameOf() is a name, never an address", () => {
  const cases = [
    ["a.example", "a.example"],
    ["a.example.", "a.example"],
    ["192.0.2.1", undefined],
    ["2001:db8::1", undefined],
    ["[2001:db8::1]", undefined],
    ["", undefined],
    [undefined, undefined],
  ] as const;
  for (const [host, want] of cases) {
    assert.equal(serverNameOf({ port: 443, ...(host === undefined ? {} : { host }) }), want);
  }
});

/** A probe of a name, and what its lookup comes to. */
async function probeName(found: HostAddresses, allowed = allow) {
  const server = await startMisbehavingServer(answers(response("200 OK")));
  const asked: string[] = [];
  const resolve = async (host: string): Promise<HostAddresses> => {
    asked.push(host);
    return found;
  };
  const spec = { ...patientSpec, address: undefined, host: "a.example", port: server.port };
  const { reason, detail } = await probe(spec, { allow: allowed, resolve });
  await server.stop();
  return { reason, detail, asked, connections: server.connectionCount() };
}

test("probe() looks a name up once and goes to the address it has checked", async () => {
  const result = await probeName({ addresses: ["127.0.0.1", "127.0.0.9"] });
  assert.deepEqual(result, { reason: 1, detail: 200, asked: ["a.example"], connections: 1 });
});

test("probe() refuses names that lead to refused addresses", async () => {
  const addresses = ["127.0.0.1", "169.254.169.254", "10.0.0.1", "::ffff:127.0.0.1", "nonsense"];
  for (const address of addresses) {
    const result = await probeName({ addresses: [address] }, []);
    assert.deepEqual(result, { reason: 37, detail: 0, asked: ["a.example"], connections: 0 });
  }
});

test("probe() refuses addresses of the check itself, and names that are addresses", async () => {
  const kinds = [
    { ...patientSpec, port: 80 },
    { kind: "tcp", address: "169.254.169.254", port: 80, connectTimeoutMs: 1_000 },
    { kind: "tcp", host: "[::1]", port: 80, connectTimeoutMs: 1_000 },
    { kind: "tcp", host: "127.0.0.1", port: 80, connectTimeoutMs: 1_000 },
    { kind: "tls-expiry", address: "127.0.0.1", port: 80, daysMin: 1, timeoutMs: 1_000 },
    { kind: "grpc", tls: false, service: "", address: "10.0.0.1", port: 80, timeoutMs: 1_000 },
  ] as const;
  for (const spec of kinds) {
    assert.equal((await probe(spec, { allow: [] })).reason, Reason.addressNotAllowed);
  }
});

test("probe() says why a name has no address", async () => {
  for (const failure of [0, 2, 3, LookupFailure.timedOut]) {
    const { reason, detail } = await probeName({ failure });
    assert.deepEqual([reason, detail], [Reason.resolutionFailed, failure]);
  }
  const empty = await probeName({ addresses: [] });
  assert.deepEqual([empty.reason, empty.detail], [Reason.resolutionFailed, 0]);
});
