import { routingBranchCountMax, traceEventCountMax } from "../../base/limits.ts";

/**
 * What an evaluation did, step by step, in words: written by trace.ts, read by decode-trace.ts.
 *
 * ```
 *   step        program, at                       kind | offset in the image | of the group, leaf
 *   SET         a routed set is entered           block
 *   GROUP       one that was decided              program, group, branch taken (0: none), FAIL_OPEN
 *   CANDIDATE   one branch of the GROUP before    program, branch, rank or weight or CIDR
 *                                                 block (0: none), CANDIDATE flags
 *   ALIAS       followed                          program, leaf
 *   RECORDS     the answer                        block
 * ```
 */
export const STEP = { SET: 1, GROUP: 2, CANDIDATE: 3, ALIAS: 4, RECORDS: 5 } as const;

/** Columns of a step, in words from its start. */
export const STEP_COLUMN = { kind: 0, program: 1, at: 2, value: 3, flags: 4 } as const;
export const STEP_WORDS = 5;

/** Flags of a GROUP. */
export const GROUP_FLAG = { FAIL_OPEN: 1 } as const;
/** Flags of a CANDIDATE. */
export const CANDIDATE_FLAG = {
  /** Of those the policy may answer this client with. */
  ELIGIBLE: 1,
  /** Its health check is up, or it has none. */
  CHECK_UP: 2,
  /** What it leads to is healthy, or is not to be looked at. */
  TARGET_HEALTHY: 4,
  TAKEN: 8,
} as const;

/** Room for the steps of one answer. */
export class TraceBuffer {
  readonly words = new Int32Array(traceEventCountMax * STEP_WORDS);
  /** Words written. */
  size = 0;
  /** Ranks of the group that is being written, by branch. */
  readonly ranks = new Int32Array(routingBranchCountMax);
  /** Steps that found no room. */
  lostCount = 0;
}
