import type { Mismatch } from "./match-response.ts";
import type { UpstreamFailure, UpstreamTarget } from "./upstream.ts";

/** What has happened since the start, for metrics. */
export type UpstreamCounts = {
  /** Targets asked. */
  queries: Record<UpstreamTarget["protocol"], number>;
  /** Responses taken. */
  answers: number;
  /** Tries that ended without. */
  failures: Record<UpstreamFailure, number>;
  /** Octets that came and were not the response: guesses, or the work of broken servers. */
  mismatches: Record<Mismatch, number>;
  /** Questions of Do53 that were asked over TCP too. */
  overTcp: number;
  /** Targets asked because the one before was silent. */
  hedges: number;
};

export function emptyCounts(): UpstreamCounts {
  return {
    queries: { Do53: 0, DoT: 0, DoH: 0 },
    answers: 0,
    failures: {
      timeout: 0,
      refused: 0,
      unreachable: 0,
      tls: 0,
      malformed: 0,
      busy: 0,
      closed: 0,
    },
    mismatches: { source: 0, id: 0, header: 0, question: 0, case: 0, oversize: 0, malformed: 0 },
    overTcp: 0,
    hedges: 0,
  };
}
