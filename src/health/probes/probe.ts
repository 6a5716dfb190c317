import { Attempt } from "./attempt.ts";
import { ScriptRefusal } from "./detail.ts";
import { probeDns } from "./dns-probe.ts";
import { addressOf } from "./endpoint.ts";
import { probeGrpc } from "./grpc-probe.ts";
import { probeHttp } from "./http-probe.ts";
import type { ProbeResult } from "./probe-result.ts";
import type { ProbeSpec } from "./probe-spec.ts";
import { Reason } from "./reason.ts";
import { probeScript } from "./script-probe.ts";
import type { Surroundings } from "./surroundings.ts";
import { probeRtt, probeTcp } from "./tcp-probe.ts";
import { probeTlsExpiry } from "./tls-expiry-probe.ts";

/**
 * Does one probe: a fresh connection, every phase in its time, everything closed at the end.
 * @returns what was found; never rejects, whatever the endpoint does
 */
export async function probe(spec: ProbeSpec, surroundings: Surroundings): Promise<ProbeResult> {
  const attempt = new Attempt(surroundings.signal);
  try {
    await begin(spec, attempt, surroundings);
  } catch {
    // A specification that cannot be carried out: a domain name or a record type that is none.
    attempt.end(Reason.internal);
  }
  return attempt.result;
}

async function begin(spec: ProbeSpec, attempt: Attempt, surroundings: Surroundings): Promise<void> {
  if (spec.kind === "script") {
    if (surroundings.scripts) return probeScript(attempt, spec);
    return attempt.end(Reason.scriptNotStarted, ScriptRefusal.notEnabled);
  }
  const address = await addressOf(spec, { attempt, surroundings });
  if (address === undefined || attempt.ended) return;
  switch (spec.kind) {
    case "http":
      return probeHttp(attempt, spec, address);
    case "tcp":
      return probeTcp(attempt, spec, address);
    case "rtt":
      return probeRtt(attempt, spec, address);
    case "dns":
      return probeDns(attempt, spec, address);
    case "grpc":
      return probeGrpc(attempt, spec, address);
    case "tls-expiry": {
      const nowMs = surroundings.nowMs?.() ?? Date.now();
      return probeTlsExpiry(attempt, spec, { address, nowMs });
    }
  }
}
