import type { MessagePort } from "node:worker_threads";
import type { AlarmState } from "../control/model/alarm.ts";
import type { TableName } from "../control/model/tables.ts";
import type { LogLevel } from "../telemetry/logger.ts";
import type { AlarmEvent } from "./alarms/alarm-event.ts";
import type { MetricsDesk } from "./metrics-desk.ts";

/** Tables of the state that the metrics thread goes by. */
export const metricsTables: ReadonlySet<TableName> = new Set<TableName>([
  "alarm",
  "healthCheck",
  "loadSlot",
]);

/** What the metrics thread is started with. */
export type MetricsThreadData = {
  dataDir: string;
  /** To the store: its commits tell when alarms, checks and slots are others. */
  storePort: MessagePort;
  /** Memory of the StatusTable that answers go by. */
  status: SharedArrayBuffer;
  logLevel: LogLevel;
  /** Octets of the file of metrics. */
  fileSizeMax: number;
  /** `arn:aws:cloudwatch:us-east-1:000000000000:alarm:` */
  arnPrefix: string;
  /** Since when no value has been missed: milliseconds since 1970. */
  observedFromMs: number;
};

export type DeskMethod = keyof MetricsDesk;
export type DeskArgument = { [Method in DeskMethod]: Parameters<MetricsDesk[Method]>[0] };

/** What became of an action of an alarm. */
export type ActionOutcome = { alarm: string; action: string; failure?: string; atMs: number };

/** From the main thread to the metrics thread. */
export type ToMetrics =
  | { kind: "ask"; id: number; method: DeskMethod; argument: DeskArgument[DeskMethod] }
  | { kind: "recordAction"; outcome: ActionOutcome }
  /** Asks the thread to write what waits, and to end. */
  | { kind: "stop" };

/** From the metrics thread to the main thread. */
export type FromMetrics =
  | { kind: "ready" }
  | { kind: "answer"; id: number; value: unknown }
  /** `unavailable`: it may work later; else a bug. */
  | { kind: "failed"; id: number; message: string; unavailable: boolean }
  | { kind: "alarmEvents"; events: AlarmEvent[] }
  /** Of all CLOUDWATCH_METRIC checks, by health check id. */
  | { kind: "checkStates"; states: ReadonlyMap<string, AlarmState> }
  | { kind: "report"; report: MetricsReport };

/** How it goes, once a second. */
export type MetricsReport = {
  metrics: number;
  /** Octets of the file in use. */
  fileSize: number;
  waitingValues: number;
  alarms: Record<AlarmState, number>;
  /** Since the thread began. */
  valuesTaken: number;
  valuesRefused: number;
  /** That could not be written. */
  valuesLost: number;
  /** Dropped before their time, for want of room. */
  rowsDropped: number;
  evaluationSeconds: number;
};
