import assert from "node:assert/strict";
import { test } from "node:test";

import { certificate, opensslPath, opensslTime } from "../../../test/support/certificates.ts";
import { answers, startMisbehavingServer } from "../../../test/support/misbehaving-server.ts";
import { allow } from "../../../test/support/probe-cases.ts";
import { testWith } from "../../../test/support/peers.ts";
import { CertificateProblem, handshakeTimedOut } from "./detail.ts";
import { probe } from "./probe.ts";
import { Reason } from "./reason.ts";

const dayMs = 24 * 60 * 60 * 1000;
const made = certificate({ names: ["a.example"], to: opensslTime(10.5 * dayMs) });
const spec = {
  kind: "tls-expiry",
  address: "127.0.0.1",
  host: "a.example",
  timeoutMs: 10_000,
} as const;

testWith([opensslPath], "probeTlsExpiry() counts the days to the certificate's end", async () => {
  const server = await startMisbehavingServer(answers(), { tls: made() });
  const { port } = server;
  const cases = [
    [0, 10, Reason.certificateValid, 10],
    [0, 11, Reason.certificateExpiring, 10],
    [10, 0, Reason.certificateValid, 0],
    [10, 1, Reason.certificateExpiring, 0],
    [11, 0, Reason.certificateInvalid, CertificateProblem.notInTime],
    [-1, 0, Reason.certificateInvalid, CertificateProblem.notInTime],
  ] as const;
  for (const [daysLater, daysMin, reason, detail] of cases) {
    const nowMs = (): number => Date.now() + daysLater * dayMs;
    const result = await probe({ ...spec, port, daysMin }, { allow, nowMs });
    assert.deepEqual([result.reason, result.detail], [reason, detail]);
    assert.ok(result.tlsMs > 0);
  }
  await server.allClosed();
  await server.stop();
});

test("probeTlsExpiry() gives the handshake its time", async () => {
  const server = await startMisbehavingServer(() => {}, { atConnection: true });
  const given = { ...spec, port: server.port, daysMin: 1, timeoutMs: 60 };
  const { reason, detail } = await probe(given, { allow });
  assert.deepEqual([reason, detail], [Reason.tlsFailed, handshakeTimedOut]);
  await server.allClosed();
  await server.stop();
});
