import type { EventBody, HealthEvent, Verdict, VoteCount } from "./health-event.ts";

/** The thread that knows cannot answer now: it starts again, or too many wait for it. */
export class HealthUnavailableError extends Error {
  override name = "HealthUnavailableError";
}

/**
 * What is known of health at present; the thread that counts votes answers. Plain data.
 * Every answer may be HealthUnavailableError.
 */
export type HealthReport = {
  /** Every location that is configured or was heard of, by name. */
  locations(): Promise<LocationReport[]>;
  /** Status of these checks (of all without ids); ids that are unknown are left out. */
  statuses(healthCheckIds?: readonly string[]): Promise<CheckStatus[]>;
  /**
   * What each location that runs the check has found last. Empty for checks that no location runs:
   * calculated ones, alarms, routing controls, heartbeats.
   */
  observations(healthCheckId: string): Promise<Observation[]>;
  /** The last failure that each location has found, of those that have found any. */
  lastFailures(healthCheckId: string): Promise<Observation[]>;
  /** The event log, oldest first. */
  events(query: EventQuery): Promise<HealthEvent[]>;
  /** A service has called in: its heartbeat check counts from now. */
  heartbeat(healthCheckId: string): Promise<void>;
  /** Adds to the event log what an operator has done, and sends it to the webhooks. */
  record(event: EventBody): void;
};

export type LocationReport = {
  name: string;
  /** AWS region that it stands for. */
  region?: string;
  /** Addresses that its probes come from. */
  addresses: string[];
  live: boolean;
  /** ISO 8601; when it was last heard of. */
  heardAt?: string;
};

export type CheckStatus = {
  healthCheckId: string;
  healthy: boolean;
  /** ISO 8601; absent where it has been so since before anything was known. */
  since?: string;
  /** One sentence. */
  why: string;
  votes?: VoteCount;
};

export type Observation = {
  location: string;
  region?: string;
  /** Where the probe came from. */
  address?: string;
  live: boolean;
  /** After the thresholds. */
  verdict: Verdict;
  /** Of this probe alone, in Route 53's words: `Success: HTTP Status Code 200, OK`. */
  status: string;
  /** ISO 8601. */
  checkedAt: string;
  /** Absent where there was none. */
  connectMs?: number;
  tlsMs?: number;
  firstByteMs?: number;
};

export type EventQuery = {
  healthCheckId?: string;
  /** Only events later than this one. */
  afterId?: string;
  /** How many at most; without `afterId` the newest ones. */
  limit: number;
};
