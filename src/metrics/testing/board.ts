import type { Alarm } from "../../control/model/alarm.ts";
import { AlarmBoard } from "../alarms/alarm-board.ts";
import type { AlarmEvent, Moment } from "../alarms/alarm-event.ts";
import { metricKey } from "../metric-key.ts";
import type { MetricDatum } from "../metric.ts";
import { AlarmTable } from "../store/alarm-table.ts";
import { MetricStore } from "../store/metric-store.ts";
import { openMetricsFile } from "../store/schema.ts";
import { datumOf } from "./datum.ts";

export const startMs = Date.UTC(2026, 10, 22, 16, 0, 0);

/** Alarms over a store in memory, with a clock by hand. Starts at 16:00:00. */
export class TestBoard {
  readonly db = openMetricsFile({
    ...{ path: ":memory:", sizeMax: 1e9 },
    onDamage: (message) => {
      throw new Error(message);
    },
  });
  readonly store = new MetricStore(this.db);
  readonly problems: unknown[] = [];
  readonly table = new AlarmTable(this.db, (error) => this.problems.push(error));
  events: AlarmEvent[] = [];
  moment: Moment = { wallMs: startMs, steadyMs: 0, observedFromMs: 0 };
  board = this.#open();

  constructor(alarms: readonly Alarm[] = []) {
    this.setAlarms(alarms);
  }

  setAlarms(alarms: readonly Alarm[]): void {
    this.board.setAlarms(alarms, this.moment);
    this.tick();
  }

  /** The process ends and starts again after so long, with the same alarms. */
  restart(alarms: readonly Alarm[], afterSeconds: number): void {
    this.#move(afterSeconds);
    this.moment.observedFromMs = this.moment.wallMs;
    this.board = this.#open();
    this.setAlarms(alarms);
  }

  /** The wall clock jumps; no time passes. */
  jump(seconds: number): void {
    const wallMs = this.moment.wallMs + seconds * 1000;
    this.moment = { ...this.moment, wallMs, observedFromMs: wallMs };
    this.tick();
  }

  put(given: Partial<MetricDatum> & { value?: number }): void {
    const datum = datumOf({ atMs: this.moment.wallMs, ...given });
    this.store.add([datum], this.moment.wallMs);
    this.store.flush();
    this.board.metricsChanged([metricKey(datum)]);
    this.tick();
  }

  /** Lets time pass, a second at a time. */
  pass(seconds: number): void {
    for (let i = 0; i < seconds; i++) {
      this.#move(1);
      this.tick();
    }
  }

  tick(): void {
    while (this.board.tick(this.moment));
  }

  state(name = "alarm"): string | undefined {
    return this.board.status(name)?.state;
  }

  /** `OK>ALARM arn:x`, each once. */
  takeEvents(): string[] {
    const texts = this.events.map(({ alarm, from, to, actions }) =>
      [alarm.name, `${from}>${to}`, ...actions].join(" "),
    );
    this.events = [];
    return texts;
  }

  #move(seconds: number): void {
    this.moment.wallMs += seconds * 1000;
    this.moment.steadyMs += seconds * 1000;
  }

  #open(): AlarmBoard {
    return new AlarmBoard({
      store: this.store,
      table: this.table,
      arnOf: (name) => `arn:aws:cloudwatch:us-east-1:000000000000:alarm:${name}`,
      onEvent: (event) => this.events.push(event),
    });
  }
}
