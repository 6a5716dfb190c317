import { Attempt } from "./attempt.ts";
import { addressOf } from "./endpoint.ts";
import { probeHttp } from "./http-probe.ts";
import type { ProbeResult } from "./probe-result.ts";
import type { ProbeSpec } from "./probe-spec.ts";
import { Reason } from "./reason.ts";
import type { Surroundings } from "./surroundings.ts";
import { probeRtt, probeTcp } from "./tcp-probe.ts";

/**
 * Does one probe: a fresh connection, every phase in its time, everything closed at the end.
 * @returns what was found; never rejects, whatever the endpoint does
 */
export async function probe(spec: ProbeSpec, surroundings: Surroundings): Promise<ProbeResult> {
  const attempt = new Attempt(surroundings.signal);
  try {
    await begin(spec, attempt, surroundings);
  } catch {
    attempt.end(Reason.internal);
  }
  return attempt.result;
}

async function begin(spec: ProbeSpec, attempt: Attempt, surroundings: Surroundings): Promise<void> {
  if (spec.kind === "script") return attempt.end(Reason.internal);
  const address = await addressOf(spec, { attempt, surroundings });
  if (address === undefined || attempt.ended) return;
  switch (spec.kind) {
    case "http":
      return probeHttp(attempt, spec, address);
    case "tcp":
      return probeTcp(attempt, spec, address);
    case "rtt":
      return probeRtt(attempt, spec, address);
    default:
      return attempt.end(Reason.internal);
  }
}
