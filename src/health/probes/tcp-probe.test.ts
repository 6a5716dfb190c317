import assert from "node:assert/strict";
import { test } from "node:test";

import { startHole, startMisbehavingServer } from "../../../test/support/misbehaving-server.ts";
import { allow, hasIpv6 } from "../../../test/support/probe-cases.ts";
import { probe } from "./probe.ts";
import { Reason } from "./reason.ts";

const tcp = { kind: "tcp", address: "127.0.0.1", connectTimeoutMs: 10_000 } as const;

test("probeTcp() is content with a connection, and closes it", async () => {
  const server = await startMisbehavingServer(() => {}, { atConnection: true });
  const result = await probe({ ...tcp, port: server.port }, { allow });
  assert.equal(result.reason, Reason.connected);
  assert.ok(result.connectMs > 0);
  await server.allClosed();
  await server.stop();
  assert.deepEqual(server.requests, []);
  const refused = await probe({ ...tcp, port: server.port }, { allow });
  assert.equal(refused.reason, Reason.connectionRefused);
});

test("probeTcp() gives a connection its time", async () => {
  const hole = await startHole();
  const spec = { ...tcp, port: hole.port, connectTimeoutMs: 60 };
  assert.equal((await probe(spec, { allow })).reason, Reason.connectTimeout);
  const rtt = { ...spec, kind: "rtt", rttMaxMs: 1_000 } as const;
  assert.equal((await probe(rtt, { allow })).reason, Reason.connectTimeout);
  await hole.stop();
});

test("probeTcp() over IPv6", { skip: !hasIpv6 }, async () => {
  const server = await startMisbehavingServer(() => {}, { address: "::1" });
  const spec = { ...tcp, address: "::1", port: server.port };
  assert.equal((await probe(spec, { allow })).reason, Reason.connected);
  await server.stop();
  assert.equal((await probe(spec, { allow })).reason, Reason.connectionRefused);
});

test("probeRtt() takes the median of three handshakes", async () => {
  const server = await startMisbehavingServer(() => {}, { atConnection: true });
  const spec = { ...tcp, kind: "rtt", port: server.port } as const;
  const below = await probe({ ...spec, rttMaxMs: 5_000 }, { allow });
  assert.equal(below.reason, Reason.rttBelow);
  assert.equal(below.detail, Math.round(below.connectMs));
  assert.equal(server.connectionCount(), 3);
  const above = await probe({ ...spec, rttMaxMs: 0 }, { allow });
  assert.equal(above.reason, Reason.tooSlow);
  await server.allClosed();
  await server.stop();
});
