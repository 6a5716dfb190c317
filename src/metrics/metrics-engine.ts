import type { DatabaseSync } from "node:sqlite";
import { clockJumpMinMs, metricQueueCountMax } from "../base/limits.ts";
import type { Alarm, AlarmRule, AlarmState } from "../control/model/alarm.ts";
import type { HealthCheck } from "../control/model/health-check.ts";
import type { TableName } from "../control/model/tables.ts";
import type { StateReader } from "../control/state/state-reader.ts";
import type { StatusTable } from "../dataplane/policy/status-table.ts";
import { AlarmBoard } from "./alarms/alarm-board.ts";
import type { AlarmEvent, Moment } from "./alarms/alarm-event.ts";
import { CheckBoard } from "./alarms/check-board.ts";
import { answerStatistics } from "./answer-statistics.ts";
import { LoadWriter } from "./loads/load-writer.ts";
import type { MetricDatum } from "./metric.ts";
import { metricKey } from "./metric-key.ts";
import { MetricsUnavailableError } from "./metrics-desk.ts";
import type {
  AlarmHistoryPage,
  AlarmHistoryQuery,
  AlarmStateChange,
  AlarmStatus,
  MetricListPage,
  MetricListQuery,
  MetricsDesk,
  StatisticsQuery,
  StatisticsResult,
} from "./metrics-desk.ts";
import { metricsTables } from "./metrics-messages.ts";
import type { ActionOutcome, MetricsReport } from "./metrics-messages.ts";
import { AlarmTable } from "./store/alarm-table.ts";
import { MetricStore } from "./store/metric-store.ts";
import { Ageing } from "./store/retention.ts";

export type MetricsEngineOptions = {
  db: DatabaseSync;
  state: Pick<StateReader, "list" | "read" | "lastSeq">;
  status: Pick<StatusTable, "setLoad">;
  fileSizeMax: number;
  arnOf(alarmName: string): string;
  /** Milliseconds since 1970, and those of a clock that never jumps. */
  clocks: { wallMs(): number; steadyMs(): number };
  /** Since when no value has been missed, as `wallMs`; default: now. */
  observedFromMs?: number;
  /** Values wait: `flush` is to be called soon. */
  onWaiting(): void;
  onAlarmEvent(event: AlarmEvent): void;
  /** Of all CLOUDWATCH_METRIC checks, by health check id; called with the first ones too. */
  onCheckStates(states: ReadonlyMap<string, AlarmState>): void;
  /** States or history of alarms could not be written. */
  onProblem(error: unknown): void;
  /** The wall clock has jumped by so much. */
  onClockJump(ms: number): void;
};

type Waiter = { resolve(): void; reject(error: Error): void };

/** All that the metrics thread does, but for its timers and messages. */
export class MetricsEngine implements MetricsDesk {
  readonly #options: MetricsEngineOptions;
  readonly #store: MetricStore;
  readonly #table: AlarmTable;
  readonly #ageing: Ageing;
  readonly #alarms: AlarmBoard;
  readonly #checks: CheckBoard;
  readonly #loads: LoadWriter;
  readonly #counts = { valuesTaken: 0, valuesRefused: 0, valuesLost: 0, evaluationSeconds: 0 };
  #waiters: Waiter[] = [];
  #moment: Moment;
  #readSeq = -1;

  constructor(options: MetricsEngineOptions) {
    const { db, fileSizeMax, arnOf, clocks, status, onAlarmEvent: onEvent } = options;
    this.#options = options;
    this.#store = new MetricStore(db);
    this.#table = new AlarmTable(db, options.onProblem);
    this.#ageing = new Ageing(db, this.#store, fileSizeMax);
    this.#alarms = new AlarmBoard({ store: this.#store, table: this.#table, arnOf, onEvent });
    this.#checks = new CheckBoard(this.#store, this.#table, options.onCheckStates);
    this.#loads = new LoadWriter(status);
    const wallMs = clocks.wallMs();
    const { observedFromMs = wallMs } = options;
    this.#moment = { wallMs, steadyMs: clocks.steadyMs(), observedFromMs };
    this.readState(metricsTables);
  }

  /** Reads what the state says of alarms, checks and loads, where these tables have changed. */
  readState(tables: ReadonlySet<TableName>): void {
    const { state } = this.#options;
    const moment = this.#now();
    state.read(() => {
      this.#readSeq = state.lastSeq();
      if (tables.has("alarm")) {
        this.#alarms.setAlarms(
          state.list<Alarm>("alarm").map(({ value }) => value),
          moment,
        );
      }
      if (tables.has("healthCheck")) this.#checks.setChecks(this.#rulesOfChecks(), moment);
      if (tables.has("loadSlot")) this.#readSlots(moment);
    });
  }

  put(data: readonly MetricDatum[]): Promise<void> {
    try {
      this.#take(data);
    } catch (error) {
      return Promise.reject(error as Error);
    }
    return new Promise((resolve, reject) => void this.#waiters.push({ resolve, reject }));
  }

  /**
   * Writes what waits and evaluates the alarms that it concerns.
   * @throws Error of SQLite; the values that waited are lost then, and whoever waited is told
   */
  flush(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    const count = this.#store.waitingCount;
    try {
      this.#store.flush();
    } catch (error) {
      this.#counts.valuesLost += count;
      const failure = new MetricsUnavailableError(`Cannot write metrics: ${textOf(error)}`);
      for (const { reject } of waiters) reject(failure);
      throw error;
    }
    for (const { resolve } of waiters) resolve();
    this.evaluate();
  }

  async statistics(queries: readonly StatisticsQuery[]): Promise<StatisticsResult[]> {
    const results: StatisticsResult[] = [];
    for (const query of queries) {
      results.push(answerStatistics(this.#store, query));
      // Others have their turn between two questions.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return results;
  }

  list(query: MetricListQuery): Promise<MetricListPage> {
    return Promise.resolve(this.#store.list(query));
  }

  alarmStates(names: readonly string[]): Promise<(AlarmStatus | undefined)[]> {
    this.#readAlarmsOf(names);
    return Promise.resolve(names.map((name) => this.#alarms.status(name)));
  }

  setAlarmState(change: AlarmStateChange): Promise<void> {
    this.#readAlarmsOf([change.name]);
    this.#alarms.setState(change, this.#now());
    return Promise.resolve();
  }

  history(query: AlarmHistoryQuery): Promise<AlarmHistoryPage> {
    return Promise.resolve(this.#table.history(query));
  }

  recordAction({ alarm, ...outcome }: ActionOutcome): void {
    this.#alarms.recordAction(alarm, outcome);
  }

  /** Evaluates alarms and checks that are due, and ages loads; true while there is more to do. */
  evaluate(): boolean {
    const moment = this.#now();
    const began = performance.now();
    this.#loads.tick(moment.steadyMs);
    this.#checks.tick(moment);
    const more = this.#alarms.tick(moment);
    this.#counts.evaluationSeconds += (performance.now() - began) / 1000;
    return more;
  }

  /** Joins and drops some of the old values. */
  age(): void {
    const { wallMs } = this.#now();
    if (this.#ageing.turn(wallMs)) this.#table.prune(wallMs);
  }

  report(): MetricsReport {
    return {
      ...this.#counts,
      metrics: this.#store.catalogue.size,
      fileSize: this.#ageing.size(),
      waitingValues: this.#store.waitingCount,
      alarms: this.#alarms.counts(),
      rowsDropped: this.#ageing.droppedCount,
    };
  }

  /** @throws MetricsUnavailableError */
  #take(data: readonly MetricDatum[]): void {
    const { wallMs, steadyMs } = this.#now();
    if (this.#store.waitingCount + data.length > metricQueueCountMax) this.flush();
    try {
      const metrics = this.#store.add(data, wallMs);
      const keys = metrics.map(({ key }) => key);
      this.#alarms.metricsChanged(keys);
      this.#checks.metricsChanged(keys);
    } catch (error) {
      this.#counts.valuesRefused += data.length;
      throw error;
    }
    this.#counts.valuesTaken += data.length;
    for (const datum of data) this.#loads.take(metricKey(datum), datum, steadyMs);
    this.#options.onWaiting();
  }

  /** An alarm that was made a moment ago is not known yet: the state has it. */
  #readAlarmsOf(names: readonly string[]): void {
    const isUnknown = names.some((name) => this.#alarms.status(name) === undefined);
    if (isUnknown && this.#options.state.lastSeq() !== this.#readSeq) {
      this.readState(new Set<TableName>(["alarm"]));
    }
  }

  #rulesOfChecks(): Map<string, AlarmRule> {
    const rows = this.#options.state.list<HealthCheck>("healthCheck");
    return new Map(
      rows.flatMap(({ value: { id, alarm } }) => (alarm ? [[id, alarm] as const] : [])),
    );
  }

  #readSlots({ wallMs, steadyMs }: Moment): void {
    const rows = this.#options.state.list<number>("loadSlot");
    const slots = new Map(rows.map(({ key, value }) => [key[0] ?? "", value]));
    this.#loads.setSlots(slots, (key) => {
      const newest = this.#store.newest(key);
      if (!newest) return undefined;
      const ageMs = Math.max(wallMs - newest.atMs, 0);
      return { value: newest.average, measuredAtMs: newest.atMs, cameAtMs: steadyMs - ageMs };
    });
  }

  #now(): Moment {
    const { clocks, onClockJump } = this.#options;
    const [wallMs, steadyMs] = [clocks.wallMs(), clocks.steadyMs()];
    const before = this.#moment;
    const jumpMs = wallMs - before.wallMs - (steadyMs - before.steadyMs);
    const isJump = Math.abs(jumpMs) >= clockJumpMinMs;
    const observedFromMs = isJump ? wallMs : before.observedFromMs;
    this.#moment = { wallMs, steadyMs, observedFromMs };
    if (isJump) onClockJump(jumpMs);
    return this.#moment;
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
