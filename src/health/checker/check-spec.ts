import type { ProbeSpec } from "../probes/probe-spec.ts";

/** One check as a checker runs it: plain data, sent as JSON. */
export type CheckSpec = {
  /** Of the status table and of verdict tables. */
  slot: number;
  healthCheckId: string;
  /** Changes whenever the check does; results of another version do not count. 0–65535. */
  version: number;
  /** From the end of one probe to the start of the next. */
  intervalMs: number;
  /** Successes, failures in a row that make a verdict. */
  upThreshold: number;
  downThreshold: number;
  probe: ProbeSpec;
};

/** All checks of one location. */
export type CheckList = {
  /**
   * Another number for another content, also after the control plane has started again (a hash, or
   * a count that is kept). 1 to 2^32 - 1; 0 is "no list".
   */
  version: number;
  checks: CheckSpec[];
  /** CIDR blocks among the refused networks that may be probed. */
  allow: string[];
};
