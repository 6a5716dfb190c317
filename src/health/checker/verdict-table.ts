import type { Reason } from "../probes/reason.ts";

/**
 * What one location has found of all its checks, as it is published every half second, changed or
 * not. Its size depends on the highest slot alone.
 *
 * ```
 *   header   48 octets
 *     0 u32 "SPV1"         4 u32 list version (0: no list yet)   8 u32 record count
 *    12 u32 sequence       goes up by one with each table of a run
 *    16 u32 run            drawn at start: a checker that starts again begins a new run
 *    20 u32 checks         that it runs
 *    24 u32 probes/s       finished in the last second
 *    28 u32 lag ms         how late the latest of them began, against its schedule
 *    32 u32 under way      probes at this moment
 *    36 u32 flags          1: scripts are allowed
 *    40     8 octets reserved, 0
 *   records  28 octets each, index = slot
 *     0 u8  verdict   0 unknown, 1 unhealthy, 2 healthy (after the thresholds)
 *     1 u8  reason    of the last probe
 *     2 u16 detail
 *     4 u16 version   of the check
 *     6 u16 connectMs, 8 u16 tlsMs, 10 u16 firstByteMs   65535 and up are 65535
 *    12 u32 checkedAt unix seconds, 0 never
 *    16 u8  reason of the last failure, 17 u8 0, 18 u16 its detail, 20 u32 when (unix seconds)
 *    24 u32 results   probes finished since the run began
 * ```
 * Little-endian.
 */
export const verdictHeaderSize = 48;
export const verdictRecordSize = 28;

export const Verdict = { unknown: 0, unhealthy: 1, healthy: 2 } as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

/** One record, read. */
export type VerdictRecord = {
  verdict: Verdict;
  reason: Reason;
  detail: number;
  version: number;
  connectMs: number;
  tlsMs: number;
  firstByteMs: number;
  checkedAtSeconds: number;
  failure?: { reason: Reason; detail: number; atSeconds: number };
  results: number;
};
