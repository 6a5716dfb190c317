import { Worker } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { KeptThread } from "../../base/kept-thread.ts";
import {
  healthQuestionCountMax,
  healthSilenceMaxMs,
  healthThreadStopMaxMs,
} from "../../base/limits.ts";
import { OpenQuestions } from "../../base/open-questions.ts";
import type { AlarmState } from "../../control/model/alarm.ts";
import type { Committed } from "../../control/model/committed.ts";
import type { HealthEvent } from "../../control/model/health-event.ts";
import { HealthUnavailableError } from "../../control/model/health-report.ts";
import type { HealthReport } from "../../control/model/health-report.ts";
import type { MetricDatum } from "../../metrics/metric.ts";
import type { LogLevel } from "../../telemetry/logger.ts";
import type { CheckerDesk, CheckerReport } from "../checker/checker-desk.ts";
import type {
  FromHealth,
  HealthQuestion,
  HealthSummary,
  HealthThreadData,
  ToHealth,
} from "./health-messages.ts";
import { planTables } from "./health-plan.ts";

export type HealthOptions = {
  dataDir: string;
  /** Opens a port to the store: `Store.connect()`. */
  connectStore(): MessagePort;
  /** Memory of the StatusTable that answers go by. */
  status: SharedArrayBuffer;
  /** CIDR blocks among the refused networks that checks may be sent to. */
  allow: readonly string[];
  /** Where the files of the event log are. */
  eventDirectory: string;
  logLevel: LogLevel;
  /** What has happened, in order, some at a time. */
  onEvents?(events: HealthEvent[]): void;
  /** What was measured, once a minute. */
  onMetricData?(data: MetricDatum[]): void;
  /** The thread died and is started again; answers go by the last statuses meanwhile. */
  onRestart?(error: Error): void;
  /** The file of the thread; another one in tests. */
  url?: URL;
};

/** The health of all checks, as the main thread sees it. */
export type Health = {
  /** What was known before the start is in the status table. */
  readonly ready: Promise<void>;
  /** For the APIs. */
  readonly report: HealthReport;
  /** For checkers. */
  readonly desk: CheckerDesk;
  /** The alarms that CLOUDWATCH_METRIC checks go by, all of them, by health check id. */
  setAlarmStates(states: ReadonlyMap<string, AlarmState>): void;
  /** To be told of every commit. */
  committed(committed: Pick<Committed, "seq" | "tables">): void;
  /** Resolves when what the log says of health up to this entry is in the status table. */
  written(seq: number): Promise<void>;
  /** As of the last second; `undefined` before the first. */
  summary(): HealthSummary | undefined;
  /** What is amiss, one sentence each. */
  problems(): string[];
  restartCount(): number;
  stop(): Promise<void>;
};

/** Starts the thread that counts votes, and starts it again should it die. */
export function startHealth(options: HealthOptions): Health {
  return new HealthFacade(options);
}

/** Tables and plans live long or not at all: a large nursery would only fill memory. */
const resourceLimits = { maxYoungGenerationSizeMb: 8 };

class HealthFacade implements Health {
  readonly ready: Promise<void>;
  readonly report: HealthReport = reportOver(this);
  readonly desk: CheckerDesk = deskOver(this);
  readonly #options: HealthOptions;
  readonly #questions = new OpenQuestions();
  readonly #thread: KeptThread<ToHealth, FromHealth>;
  #waiting: { seq: number; resolve: () => void }[] = [];
  #alarmStates: ReadonlyMap<string, AlarmState> | undefined;
  #summary: HealthSummary | undefined;
  /** When the thread last told how it is doing. */
  #heardMs = performance.now();
  #listVersion = 0;
  /** The last entry of the log that concerns health, and the last one that was read. */
  #wantedSeq = 0;
  #readSeq = 0;
  #onReady: () => void = () => {};

  constructor(options: HealthOptions) {
    this.#options = options;
    this.ready = new Promise((resolve) => {
      this.#onReady = resolve;
    });
    this.#thread = new KeptThread({
      name: "the health thread",
      stopMaxMs: healthThreadStopMaxMs,
      start: () => this.#start(),
      onMessage: (message) => this.#receive(message),
      onDeath: (error) => {
        options.onRestart?.(error);
        this.#questions.refuseAll(refusal("its thread starts again"));
      },
      onRestart: () => this.#postAlarmStates(),
    });
  }

  get listVersion(): number {
    return this.#listVersion;
  }

  setAlarmStates(states: ReadonlyMap<string, AlarmState>): void {
    this.#alarmStates = states;
    this.#postAlarmStates();
  }

  #postAlarmStates(): void {
    const states = this.#alarmStates;
    if (states) this.post({ kind: "alarmStates", states });
  }

  committed({ seq, tables }: Pick<Committed, "seq" | "tables">): void {
    if (tables.some((table) => planTables.has(table))) this.#wantedSeq = seq;
  }

  written(seq: number): Promise<void> {
    const wanted = Math.min(seq, this.#wantedSeq);
    if (wanted <= this.#readSeq) return Promise.resolve();
    return new Promise((resolve) => void this.#waiting.push({ seq: wanted, resolve }));
  }

  summary(): HealthSummary | undefined {
    return this.#summary;
  }

  problems(): string[] {
    const isSilent = performance.now() - this.#heardMs > healthSilenceMaxMs;
    if (this.#thread.isRunning && !isSilent) return this.#summary?.problems ?? [];
    return ["the health thread does not answer: statuses stay as they are"];
  }

  restartCount(): number {
    return this.#thread.restartCount;
  }

  post(message: ToHealth, transfer: ArrayBuffer[] = []): void {
    this.#thread.post(message, transfer);
  }

  /** @throws HealthUnavailableError */
  ask(question: HealthQuestion): Promise<unknown> {
    const why = this.#unavailable();
    if (why !== undefined) return Promise.reject(refusal(why));
    return this.#questions.ask((id) => this.post({ kind: "ask", id, question }));
  }

  #unavailable(): string | undefined {
    if (this.#thread.isStopping) return "it is stopping";
    if (!this.#thread.isRunning) return "its thread starts again";
    const { size } = this.#questions;
    if (size < healthQuestionCountMax) return undefined;
    return `${size} questions wait, limit ${healthQuestionCountMax}`;
  }

  stop(): Promise<void> {
    this.#questions.refuseAll(refusal("it is stopping"));
    for (const { resolve } of this.#waiting) resolve();
    this.#waiting = [];
    return this.#thread.stop({ kind: "stop" });
  }

  #start(): Worker {
    const { dataDir, status, allow, eventDirectory, logLevel } = this.#options;
    const storePort = this.#options.connectStore();
    const workerData: HealthThreadData = {
      ...{ dataDir, storePort, status, allow, eventDirectory, logLevel },
    };
    const url = this.#options.url ?? new URL("./health-thread.ts", import.meta.url);
    return new Worker(url, {
      ...{ name: "health", workerData, transferList: [storePort], resourceLimits },
    });
  }

  #receive(message: FromHealth): void {
    switch (message.kind) {
      case "ready":
        this.#heardMs = performance.now();
        return this.#onReady();
      case "read":
        return this.#release(message.seq);
      case "listVersion":
        this.#listVersion = message.version;
        return;
      case "answer":
        return this.#questions.answer(message.id, message.value);
      case "events":
        return this.#options.onEvents?.(message.events);
      case "metricData":
        return this.#options.onMetricData?.(message.data);
      case "summary":
        this.#summary = message.summary;
        this.#heardMs = performance.now();
    }
  }

  #release(seq: number): void {
    this.#readSeq = Math.max(this.#readSeq, seq);
    const ready = this.#waiting.filter((waiter) => waiter.seq <= seq);
    this.#waiting = this.#waiting.filter((waiter) => waiter.seq > seq);
    for (const { resolve } of ready) resolve();
  }
}

function refusal(why: string): HealthUnavailableError {
  return new HealthUnavailableError(`Cannot tell health: ${why}`);
}

type Thread = Pick<HealthFacade, "ask" | "post" | "listVersion">;

function reportOver(thread: Thread): HealthReport {
  const ask = <T>(question: HealthQuestion): Promise<T> => thread.ask(question) as Promise<T>;
  return {
    locations: () => ask({ kind: "locations" }),
    statuses: (ids) => ask({ kind: "statuses", ids }),
    observations: (healthCheckId) => ask({ kind: "observations", healthCheckId }),
    lastFailures: (healthCheckId) => ask({ kind: "lastFailures", healthCheckId }),
    events: (query) => ask({ kind: "events", query }),
    heartbeat: async (healthCheckId) => thread.post({ kind: "heartbeat", healthCheckId }),
    record: (event) => thread.post({ kind: "record", event }),
  };
}

function deskOver(thread: Thread): CheckerDesk {
  const ask = <T>(question: HealthQuestion): Promise<T> => thread.ask(question) as Promise<T>;
  return {
    take(report) {
      const table = ownOctets(report);
      thread.post({ kind: "table", report: { ...report, table } }, [table.buffer]);
      return Promise.resolve(thread.listVersion);
    },
    listFor: (location) => ask({ kind: "listFor", location }),
    locations: () => ask({ kind: "checkerLocations" }),
    forget: (location) => ask({ kind: "forget", location }),
  };
}

/** Octets in memory of their own, which can be moved to another thread. */
function ownOctets({ table }: CheckerReport): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = table;
  const isOwn = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;
  return isOwn ? (table as Uint8Array<ArrayBuffer>) : new Uint8Array(table);
}
