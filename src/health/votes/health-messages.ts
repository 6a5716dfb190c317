import type { MessagePort } from "node:worker_threads";
import type { AlarmState } from "../../control/model/alarm.ts";
import type { EventBody, HealthEvent } from "../../control/model/health-event.ts";
import type { EventQuery } from "../../control/model/health-report.ts";
import type { MetricDatum } from "../../metrics/metric.ts";
import type { LogLevel } from "../../telemetry/logger.ts";
import type { CheckerReport, LocationName } from "../checker/checker-desk.ts";

/** What the health thread is started with. */
export type HealthThreadData = {
  dataDir: string;
  /** To the store: its commits say when to read the configuration again. */
  storePort: MessagePort;
  /** Memory of the StatusTable that answers go by. */
  status: SharedArrayBuffer;
  /** CIDR blocks among the refused networks that checks may be sent to. */
  allow: readonly string[];
  /** Where the files of the event log are. */
  eventDirectory: string;
  logLevel: LogLevel;
};

/** From the main thread to the health thread. */
export type ToHealth =
  /** The table's octets are moved, not copied. */
  | { kind: "table"; report: CheckerReport }
  | { kind: "heartbeat"; healthCheckId: string }
  /** All of them, by health check id. */
  | { kind: "alarmStates"; states: ReadonlyMap<string, AlarmState> }
  | { kind: "record"; event: EventBody }
  | { kind: "ask"; id: number; question: HealthQuestion }
  | { kind: "stop" };

export type HealthQuestion =
  | { kind: "locations" }
  | { kind: "checkerLocations" }
  | { kind: "statuses"; ids: readonly string[] | undefined }
  | { kind: "observations"; healthCheckId: string }
  | { kind: "lastFailures"; healthCheckId: string }
  | { kind: "events"; query: EventQuery }
  | { kind: "listFor"; location: LocationName }
  | { kind: "forget"; location: string };

/** From the health thread to the main thread. */
export type FromHealth =
  /** What was known before the start is in the status table. */
  | { kind: "ready" }
  /** The configuration was read up to this entry of the log, and the statuses are written. */
  | { kind: "read"; seq: number }
  | { kind: "listVersion"; version: number }
  | { kind: "answer"; id: number; value: unknown }
  | { kind: "events"; events: HealthEvent[] }
  | { kind: "metricData"; data: MetricDatum[] }
  | { kind: "summary"; summary: HealthSummary };

/** How health checking is doing, for `/healthz` and `/metrics`. */
export type HealthSummary = {
  checks: { healthy: number; unhealthy: number };
  /** Statuses changed since the thread began. */
  flips: number;
  locations: {
    name: string;
    live: boolean;
    /** Since its last table. */
    ageMs: number;
    checks: number;
    probesPerSecond: number;
    lagMs: number;
  }[];
  /** Checks that no live location runs: their last statuses stay. */
  unwatchedChecks: number;
  /** What the last count of all votes took. */
  countMs: number;
  eventsDropped: number;
  /** One sentence each. */
  problems: string[];
};
