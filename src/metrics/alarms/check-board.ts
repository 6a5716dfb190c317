import type { AlarmRule, AlarmState } from "../../control/model/alarm.ts";
import type { AlarmTable } from "../store/alarm-table.ts";
import type { MetricStore } from "../store/metric-store.ts";
import type { Moment } from "./alarm-event.ts";
import { evaluateNow, watch } from "./watched-rule.ts";
import type { WatchedRule } from "./watched-rule.ts";

type Entry = { watched: WatchedRule; text: string; lastStep: number };

/**
 * The copies of alarms that CLOUDWATCH_METRIC health checks keep: they watch the data itself, so
 * that neither SetAlarmState nor a change of the alarm concerns them.
 */
export class CheckBoard {
  readonly #store: MetricStore;
  readonly #table: AlarmTable;
  readonly #onStates: (states: ReadonlyMap<string, AlarmState>) => void;
  readonly #entries = new Map<string, Entry>();
  readonly #states: Map<string, AlarmState>;
  readonly #byMetric = new Map<string, Set<string>>();
  readonly #due = new Set<string>();
  #lastMinute = -1;
  #isTold = false;

  /** `onStates` is told all states, by health check id: at first, and when one changes. */
  constructor(
    store: MetricStore,
    table: AlarmTable,
    onStates: (states: ReadonlyMap<string, AlarmState>) => void,
  ) {
    this.#store = store;
    this.#table = table;
    this.#onStates = onStates;
    this.#states = table.checks();
  }

  /** All checks there are, by health check id. */
  setChecks(rules: ReadonlyMap<string, AlarmRule>, moment: Moment): void {
    const gone = [...this.#states.keys()].filter((id) => !rules.has(id));
    for (const id of new Set([...gone, ...this.#entries.keys()])) {
      if (!rules.has(id)) this.#entries.delete(id);
    }
    for (const id of gone) this.#states.delete(id);
    for (const [id, rule] of rules) {
      const text = JSON.stringify(rule);
      if (this.#entries.get(id)?.text === text) continue;
      this.#entries.set(id, { watched: watch(rule), text, lastStep: -1 });
      this.#due.add(id);
    }
    this.#byMetric.clear();
    for (const [id, { watched }] of this.#entries) {
      const ids = this.#byMetric.get(watched.key) ?? new Set();
      this.#byMetric.set(watched.key, ids.add(id));
    }
    const changed = this.#evaluateDue(moment);
    if (changed.length + gone.length > 0 || !this.#isTold) this.#tell();
    this.#write(changed, gone);
  }

  metricsChanged(keys: Iterable<string>): void {
    for (const key of keys) for (const id of this.#byMetric.get(key) ?? []) this.#due.add(id);
  }

  /** Evaluates what is due. */
  tick(moment: Moment): void {
    const changed = this.#evaluateDue(moment);
    if (changed.length > 0) this.#tell();
    this.#write(changed, []);
  }

  #tell(): void {
    this.#isTold = true;
    this.#onStates(new Map([...this.#states].filter(([id]) => this.#entries.has(id))));
  }

  #write(changed: readonly string[], gone: readonly string[]): void {
    if (changed.length + gone.length === 0) return;
    this.#table.write(() => {
      for (const id of changed) this.#table.saveCheck(id, this.#states.get(id) ?? unknown);
      for (const id of gone) this.#table.removeCheck(id);
    });
  }

  #evaluateDue(moment: Moment): string[] {
    this.#findDue(moment);
    const changed = [...this.#due].filter((id) => this.#evaluate(id, moment));
    this.#due.clear();
    return changed;
  }

  #findDue({ wallMs }: Moment): void {
    // Health checks watch standard resolution only.
    const minute = Math.floor(wallMs / 60_000);
    if (minute === this.#lastMinute) return;
    this.#lastMinute = minute;
    for (const id of this.#entries.keys()) this.#due.add(id);
  }

  /** Whether its state has changed. */
  #evaluate(id: string, { wallMs, observedFromMs }: Moment): boolean {
    const entry = this.#entries.get(id);
    if (!entry) return false;
    const before = this.#states.get(id);
    const { state, missedBefore } = evaluateNow(entry.watched, this.#store, wallMs);
    if (state === before || (state === "retain" && before !== undefined)) return false;
    if (before !== undefined && missedBefore(observedFromMs)) return false;
    this.#states.set(id, state === "retain" ? unknown : state);
    return true;
  }
}

const unknown = "INSUFFICIENT_DATA";
