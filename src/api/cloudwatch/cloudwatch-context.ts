import type { Clock } from "../../base/clock.ts";
import type { MetricsDesk } from "../../metrics/metrics-desk.ts";
import type { CommitContext } from "../commit/commit-entry.ts";

/** What the handlers work with; the role supplies it. */
export type CloudWatchContext = CommitContext & {
  readonly clock: Clock;
  readonly metrics: MetricsDesk;
  /** 12 digits. */
  readonly accountId: string;
};
