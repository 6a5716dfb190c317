import { Worker } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { KeptThread } from "../base/kept-thread.ts";
import {
  metricChunkCountMax,
  metricFileSizeMaxDefault,
  metricInFlightCountMax,
  metricRequestCountMax,
  metricsStopMaxMs,
} from "../base/limits.ts";
import { OpenQuestions } from "../base/open-questions.ts";
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
  /** Starts the thread where nothing has needed it yet: a question or a value does so by itself. */
  start(): void;
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

/** The metrics thread, started with its first use, and again should it die. */
export function startMetrics(options: MetricsOptions): Metrics {
  return new MetricsFacade(options);
}

class MetricsFacade implements Metrics {
  readonly ready: Promise<void>;
  readonly desk: MetricsDesk;
  readonly #options: MetricsOptions;
  readonly #questions = new OpenQuestions();
  #thread: KeptThread<ToMetrics, FromMetrics> | undefined;
  #isStopping = false;
  /** A value before the thread's first start would have started it. */
  #observedFromMs = Date.now();
  #report: MetricsReport | undefined;
  /** Values on their way to the disk. */
  #inFlight = 0;
  #dropped = 0;
  #onReady: () => void = () => {};

  constructor(options: MetricsOptions) {
    this.#options = options;
    this.ready = new Promise((resolve) => {
      this.#onReady = resolve;
    });
    const desk = deskOver((method, argument) => this.#ask(method, argument));
    this.desk = { ...desk, put: (data) => this.#put(desk, data) };
  }

  start(): void {
    this.#started();
  }

  #started(): KeptThread<ToMetrics, FromMetrics> {
    this.#thread ??= new KeptThread({
      name: "the metrics thread",
      stopMaxMs: metricsStopMaxMs,
      start: () => this.#startThread(),
      onMessage: (message) => this.#receive(message),
      onDeath: (error) => {
        this.#observedFromMs = Date.now();
        this.#options.onRestart?.(error);
        this.#questions.refuseAll(refusal("it starts again"));
      },
    });
    return this.#thread;
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
    this.#thread?.post({ kind: "recordAction", outcome });
  }

  report(): MetricsReport | undefined {
    return this.#report;
  }

  restartCount(): number {
    return this.#thread?.restartCount ?? 0;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#thread?.stop({ kind: "stop" });
    this.#questions.refuseAll(refusal("it is stopping"));
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
    const thread = this.#started();
    return this.#questions.ask((id) => thread.post({ kind: "ask", id, method, argument }));
  }

  #unavailable(): string | undefined {
    if (this.#isStopping) return "it is stopping";
    if (this.#thread?.isRunning === false) return "it starts again";
    const count = this.#questions.size;
    if (count < metricRequestCountMax) return undefined;
    return `${count} requests wait, limit ${metricRequestCountMax}`;
  }

  #startThread(): Worker {
    const { dataDir, status, logLevel, arnPrefix } = this.#options;
    const fileSizeMax = this.#options.fileSizeMax ?? metricFileSizeMaxDefault;
    const storePort = this.#options.connectStore();
    const workerData: MetricsThreadData = {
      ...{ dataDir, storePort, status, logLevel, arnPrefix, fileSizeMax },
      observedFromMs: this.#observedFromMs,
    };
    const url = new URL("./metrics-thread.ts", import.meta.url);
    return new Worker(url, { workerData, transferList: [storePort] });
  }

  #receive(message: FromMetrics): void {
    switch (message.kind) {
      case "ready":
        return this.#onReady();
      case "answer":
        return this.#questions.answer(message.id, message.value);
      case "failed": {
        const Failure = message.unavailable ? MetricsUnavailableError : Error;
        return this.#questions.refuse(message.id, new Failure(message.message));
      }
      case "alarmEvents":
        return this.#options.onAlarmEvents?.(message.events);
      case "checkStates":
        return this.#options.onCheckStates?.(message.states);
      case "report":
        this.#report = message.report;
    }
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
