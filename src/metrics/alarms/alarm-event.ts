import type { Alarm, AlarmState } from "../../control/model/alarm.ts";

/** An alarm has changed its state, or what held its actions back is over. */
export type AlarmEvent = {
  /** As it is configured. */
  alarm: Alarm;
  arn: string;
  atMs: number;
  /** The state that it was in; of actions that were held back, that they were taken for last. */
  from: AlarmState;
  to: AlarmState;
  reason: string;
  reasonData?: string;
  /** What is to be done now, ARNs; none where actions are disabled or held back. */
  actions: string[];
};

/** A moment, by two clocks. */
export type Moment = {
  /** Milliseconds since 1970: what data and evaluation go by. */
  wallMs: number;
  /** Of a clock that never jumps: what waits goes by it. */
  steadyMs: number;
  /**
   * Since when data has been taken without a break and by the same clock: the start, or the last
   * jump of the wall clock. What is missing before was perhaps not missing.
   */
  observedFromMs: number;
};
