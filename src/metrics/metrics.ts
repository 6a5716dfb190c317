import { Worker } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import {
  metricChunkCountMax,
  metricFileSizeMaxDefault,
  metricInFlightCountMax,
  metricRequestCountMax,
  metricsRestartDelayMaxMs,
  metricsStopMaxMs,
} from "../base/limits.ts";
import type { AlarmState } from "../control/model/alarm.ts";
import type { LogLevel } from "../telemetry/logger.ts";
import type { AlarmEvent } from "./alarms/alarm-event.ts";
import type { MetricDatum } from "./metric.ts";
import { MetricsUnavailableError } from "./metrics-desk.ts";
import type { MetricsDesk } from "./metrics-desk.ts";
import type {
  ActionOutcome,
  DeskArgument,
  DeskMethod,
  FromMetrics,
  MetricsReport,
  MetricsThreadData,
  ToMetrics,
} from "./metrics-messages.ts";

export type MetricsOptions = {
  dataDir: string;
  /** Opens a port to the store: `Store.connect()`. */
  connectStore(): MessagePort;
  /** Memory of the StatusTable that answers go by: the loads in it are written here. */
  status: SharedArrayBuffer;
  logLevel: LogLevel;
  /** `arn:aws:cloudwatch:us-east-1:000000000000:alarm:` */
  arnPrefix: string;
  fileSizeMax?: number;
  /** Alarms have changed their state, in order. */
  onAlarmEvents?(events: AlarmEvent[]): void;
  /** States of all CLOUDWATCH_METRIC checks, by health check id, whenever one has changed. */
  onCheckStates?(states: ReadonlyMap<string, AlarmState>): void;
  /** The thread died and is started again; loads and alarms stay as they are meanwhile. */
  onRestart?(error: Error): void;
};

/** Metrics and alarms, as the main thread sees them. */
export type Metrics = {
  /** What was known before the start has been read, and alarms are evaluated. */
  readonly ready: Promise<void>;
  /** For the CloudWatch API. */
  readonly desk: MetricsDesk;
  /** Takes values of Signpost's own; what cannot be taken is counted and dropped. */
  record(data: readonly MetricDatum[]): void;
  /** Values that never came to the thread, as too many were on their way, or it was not there. */
  droppedCount(): number;
  /** Puts in an alarm's history what became of one of its actions. */
  recordAction(outcome: ActionOutcome): void;
  /** As of the last second; `undefined` before the first. */
  report(): MetricsReport | undefined;
  restartCount(): number;
  stop(): Promise<void>;
};

/** Starts the metrics thread, and starts it again should it die. */
export function startMetrics(options: MetricsOptions): Metrics {
  return new MetricsFacade(options);
}

type Question = { resolve(value: unknown): void; reject(error: Error): void };

class MetricsFacade implements Metrics {
  readonly ready: Promise<void>;
  readonly desk: MetricsDesk;
  readonly #options: MetricsOptions;
  readonly #questions = new Map<number, Question>();
  #thread: Worker;
  #report: MetricsReport | undefined;
  #nextId = 1;
  /** Values on their way to the disk. */
  #inFlight = 0;
  #dropped = 0;
  #restarts = 0;
  #restartDelayMs = 0;
  #isRunning = true;
  #isStopping = false;
  #onReady: () => void = () => {};

  constructor(options: MetricsOptions) {
    this.#options = options;
    this.ready = new Promise((resolve) => {
      this.#onReady = resolve;
    });
    const desk = deskOver((method, argument) => this.#ask(method, argument));
    this.desk = { ...desk, put: (data) => this.#put(desk, data) };
    this.#thread = this.#start();
  }

  record(data: readonly MetricDatum[]): void {
    for (let i = 0; i < data.length; i += metricChunkCountMax) {
      // Those that fail are counted.
      this.desk.put(data.slice(i, i + metricChunkCountMax)).catch(() => {});
    }
  }

  droppedCount(): number {
    return this.#dropped;
  }

  recordAction(outcome: ActionOutcome): void {
    this.#post({ kind: "recordAction", outcome });
  }

  report(): MetricsReport | undefined {
    return this.#report;
  }

  restartCount(): number {
    return this.#restarts;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    const thread = this.#thread;
    if (thread.threadId >= 0) {
      const ended = new Promise<void>((resolve) => thread.once("exit", () => resolve()));
      this.#post({ kind: "stop" });
      const timer = setTimeout(() => void thread.terminate(), metricsStopMaxMs);
      await ended;
      clearTimeout(timer);
    }
    this.#refuseAll("it is stopping");
  }

  async #put(desk: MetricsDesk, data: readonly MetricDatum[]): Promise<void> {
    const count = this.#inFlight + data.length;
    if (count > metricInFlightCountMax || this.#unavailable() !== undefined) {
      this.#dropped += data.length;
    }
    if (count > metricInFlightCountMax) {
      throw refusal(`${this.#inFlight} values wait, limit ${metricInFlightCountMax}`);
    }
    this.#inFlight = count;
    try {
      await desk.put(data);
    } finally {
      this.#inFlight -= data.length;
    }
  }

  #ask(method: DeskMethod, argument: DeskArgument[DeskMethod]): Promise<unknown> {
    const why = this.#unavailable();
    if (why !== undefined) return Promise.reject(refusal(why));
    const id = this.#nextId++;
    this.#post({ kind: "ask", id, method, argument });
    return new Promise((resolve, reject) => this.#questions.set(id, { resolve, reject }));
  }

  #unavailable(): string | undefined {
    if (this.#isStopping) return "it is stopping";
    if (!this.#isRunning) return "it starts again";
    const count = this.#questions.size;
    if (count < metricRequestCountMax) return undefined;
    return `${count} requests wait, limit ${metricRequestCountMax}`;
  }

  #post(message: ToMetrics): void {
    this.#thread.postMessage(message);
  }

  #start(): Worker {
    const { dataDir, status, logLevel, arnPrefix } = this.#options;
    const fileSizeMax = this.#options.fileSizeMax ?? metricFileSizeMaxDefault;
    const storePort = this.#options.connectStore();
    const workerData: MetricsThreadData = {
      ...{ dataDir, storePort, status, logLevel, arnPrefix, fileSizeMax },
    };
    const url = new URL("./metrics-thread.ts", import.meta.url);
    const thread = new Worker(url, { workerData, transferList: [storePort] });
    let reason = new Error("the metrics thread ended");
    thread.on("message", (message: FromMetrics) => this.#receive(message));
    thread.on("error", (error) => {
      reason = error as Error;
    });
    thread.on("exit", () => this.#restart(reason));
    return thread;
  }

  #restart(reason: Error): void {
    if (this.#isStopping) return;
    this.#isRunning = false;
    this.#restarts++;
    this.#options.onRestart?.(reason);
    this.#refuseAll("it starts again");
    const delayMs = this.#restartDelayMs;
    this.#restartDelayMs = Math.min(delayMs * 2 + 100, metricsRestartDelayMaxMs);
    setTimeout(() => {
      if (this.#isStopping) return;
      this.#isRunning = true;
      this.#thread = this.#start();
    }, delayMs);
  }

  #refuseAll(why: string): void {
    for (const { reject } of this.#questions.values()) reject(refusal(why));
    this.#questions.clear();
  }

  #receive(message: FromMetrics): void {
    switch (message.kind) {
      case "ready":
        return this.#onReady();
      case "answer":
        return this.#settle(message.id, ({ resolve }) => resolve(message.value));
      case "failed":
        return this.#settle(message.id, ({ reject }) =>
          reject(
            message.unavailable
              ? new MetricsUnavailableError(message.message)
              : new Error(message.message),
          ),
        );
      case "alarmEvents":
        return this.#options.onAlarmEvents?.(message.events);
      case "checkStates":
        return this.#options.onCheckStates?.(message.states);
      case "report":
        // A thread that reports is well: should it die, it is started again at once.
        this.#restartDelayMs = 0;
        this.#report = message.report;
    }
  }

  #settle(id: number, f: (question: Question) => void): void {
    const question = this.#questions.get(id);
    this.#questions.delete(id);
    if (question) f(question);
  }
}

function refusal(why: string): MetricsUnavailableError {
  return new MetricsUnavailableError(`Cannot reach the metrics: ${why}`);
}

type Ask = (method: DeskMethod, argument: DeskArgument[DeskMethod]) => Promise<unknown>;

function deskOver(ask: Ask): MetricsDesk {
  const via =
    <Method extends DeskMethod>(method: Method) =>
    (argument: DeskArgument[Method]) =>
      ask(method, argument) as ReturnType<MetricsDesk[Method]>;
  return {
    put: via("put"),
    statistics: via("statistics"),
    list: via("list"),
    alarmStates: via("alarmStates"),
    setAlarmState: via("setAlarmState"),
    history: via("history"),
  };
}
