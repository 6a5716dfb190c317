import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import type { TlsOptions } from "node:tls";

import { parseCidr } from "../../src/base/ip.ts";
import { present } from "../../src/base/assert.ts";
import { probe } from "../../src/health/probes/probe.ts";
import type { ProbeResult } from "../../src/health/probes/probe-result.ts";
import type { HttpProbeSpec } from "../../src/health/probes/probe-spec.ts";
import type { Reason } from "../../src/health/probes/reason.ts";
import { opensslPath } from "./certificates.ts";
import { startMisbehavingServer } from "./misbehaving-server.ts";
import type { Behaviour } from "./misbehaving-server.ts";
import { testWith } from "./peers.ts";

/** The networks that probes of tests may go to. */
export const allow = ["127.0.0.0/8", "::1/128"].map((text) => present(parseCidr(text), text));

/** An HTTP probe with so much time that only what is tested can run out. */
export const patientSpec: Omit<HttpProbeSpec, "port"> = {
  kind: "http",
  tls: false,
  sni: false,
  address: "127.0.0.1",
  path: "/",
  connectTimeoutMs: 10_000,
  responseTimeoutMs: 10_000,
  bodyTimeoutMs: 10_000,
};

/** Whether this machine has IPv6, on loopback at least. */
export const hasIpv6 = (networkInterfaces()["lo"] ?? []).some(({ address }) => address === "::1");

/** A time limit that is there to be met. */
export const shortMs = 60;

/** An endpoint, and what an HTTP probe finds there. */
export type ProbeCase = {
  name: string;
  does: Behaviour;
  /** Reason and detail. */
  finds: readonly [Reason, number];
  with?: Partial<HttpProbeSpec>;
  /** The server behaves when the connection is made. */
  atConnection?: boolean;
  tls?: () => TlsOptions;
  /** Connections that the probe makes; default 1. */
  connections?: number;
};

/** One test for each case. */
export function testProbes(symbol: string, cases: readonly ProbeCase[]): void {
  for (const one of cases) {
    const needs = one.tls ? [opensslPath] : [];
    testWith(needs, `${symbol} ${one.name}`, async () => {
      const { reason, detail } = await runProbe(one);
      assert.deepEqual([reason, detail], one.finds);
    });
  }
}

/** Probes a server that behaves as the case says, and waits until its connections are closed. */
export async function runProbe(one: Omit<ProbeCase, "name" | "finds">): Promise<ProbeResult> {
  const { atConnection = false, tls } = one;
  const server = await startMisbehavingServer(one.does, {
    atConnection,
    ...(tls && { tls: tls() }),
  });
  try {
    const result = await probe({ ...patientSpec, port: server.port, ...one.with }, { allow });
    // The probe has closed its connection, whatever the server does with its end.
    await server.allClosed();
    assert.equal(server.connectionCount(), one.connections ?? 1);
    return result;
  } finally {
    await server.stop();
  }
}
