import { alarmTurnCountMax } from "../../base/limits.ts";
import type { Alarm, AlarmState, CompositeAlarm, MetricAlarm } from "../../control/model/alarm.ts";
import {
  alarmNameOf,
  alarmsOfRule,
  evaluateAlarmRule,
  parseAlarmRule,
} from "../../control/model/alarm-rule.ts";
import type { AlarmRuleNode } from "../../control/model/alarm-rule.ts";
import type { AlarmStateChange, AlarmStatus } from "../metrics-desk.ts";
import type { AlarmTable, SavedAlarm } from "../store/alarm-table.ts";
import type { MetricStore } from "../store/metric-store.ts";
import type { AlarmEvent, Moment } from "./alarm-event.ts";
import { compositeOrder } from "./composite-order.ts";
import { actionItem, configurationItem, stateItem } from "./history-items.ts";
import { compositeReason, initialReason, metricReason } from "./state-reason.ts";
import type { StateReason } from "./state-reason.ts";
import { Suppression } from "./suppression.ts";
import type { SuppressedBy } from "./suppression.ts";
import { evaluateNow, watch } from "./watched-rule.ts";
import type { WatchedRule } from "./watched-rule.ts";

export type AlarmBoardOptions = {
  store: MetricStore;
  table: AlarmTable;
  arnOf(alarmName: string): string;
  onEvent(event: AlarmEvent): void;
};

type Entry = SavedAlarm & { name: string; text: string } & (MetricPart | CompositePart);
type MetricPart = { alarm: MetricAlarm; watched: WatchedRule; lastStep: number };
type CompositePart = {
  alarm: CompositeAlarm;
  rule: AlarmRuleNode;
  suppressor?: { name: string; suppression: Suppression };
  heldBy?: SuppressedBy | undefined;
};

/** What an alarm is written by: within one transaction, after the turn. */
type Write = (table: AlarmTable) => void;

/** All alarms and the states they are in. Nothing here waits; time is given. */
export class AlarmBoard {
  readonly #options: AlarmBoardOptions;
  readonly #saved: Map<string, SavedAlarm>;
  readonly #entries = new Map<string, Entry>();
  /** Names of metric alarms by the key of their metric. */
  readonly #byMetric = new Map<string, Set<string>>();
  /** Names of composite alarms by those their rules name. */
  readonly #byChild = new Map<string, Set<string>>();
  readonly #suppressed = new Set<string>();
  /** When a composite alarm is evaluated, after those it names. */
  #order: ReadonlyMap<string, number> = new Map();
  /** Metric alarms that are to be evaluated. */
  readonly #due = new Set<string>();
  /** Composite alarms that are to be evaluated, and which of their alarms has changed. */
  readonly #affected = new Map<string, string | undefined>();
  #writes: Write[] = [];
  #lastTenSeconds = -1;

  constructor(options: AlarmBoardOptions) {
    this.#options = options;
    this.#saved = options.table.alarms();
  }

  /** All alarms there are: those that are new, other or gone are noted. */
  setAlarms(alarms: readonly Alarm[], moment: Moment): void {
    const names = new Set(alarms.map(({ name }) => name));
    const known = new Map<string, { name: string; kind: Alarm["kind"] }>(this.#entries);
    for (const [name, { kind }] of this.#saved) known.set(name, { name, kind });
    for (const [name, alarm] of known) if (!names.has(name)) this.#remove(alarm, moment);
    const fresh = alarms.flatMap((alarm) => this.#put(alarm, moment) ?? []).filter(isComposite);
    const composites = [...this.#entries.values()].filter(isComposite);
    this.#order = compositeOrder(
      new Map(composites.map(({ name, rule }) => [name, alarmsOfRule(rule)])),
    );
    for (const { name } of fresh) this.#affected.set(name, undefined);
    this.#finish(moment);
  }

  /** New data has come for these metrics. */
  metricsChanged(keys: Iterable<string>): void {
    for (const key of keys) for (const name of this.#byMetric.get(key) ?? []) this.#due.add(name);
  }

  /** Evaluates what is due; true while there is more to do. */
  tick(moment: Moment): boolean {
    this.#findDue(moment);
    let count = 0;
    for (const name of this.#due) {
      if (count++ === alarmTurnCountMax) break;
      this.#due.delete(name);
      const entry = this.#entries.get(name);
      if (entry && "watched" in entry) this.#evaluate(entry, moment);
    }
    this.#finish(moment);
    return this.#due.size > 0;
  }

  /** Until the next evaluation. An alarm that is not known (yet) is left alone. */
  setState({ name, state, reason, reasonData }: AlarmStateChange, moment: Moment): void {
    const entry = this.#entries.get(name);
    if (!entry) return;
    this.#move(
      entry,
      { state, reason, ...(reasonData === undefined ? {} : { reasonData }) },
      moment,
    );
    this.#finish(moment);
  }

  status(name: string): AlarmStatus | undefined {
    const entry = this.#entries.get(name);
    if (!entry) return undefined;
    const isHeld = "heldBy" in entry && entry.heldBy && entry.actedState !== entry.status.state;
    return isHeld ? { ...entry.status, suppressed: this.#suppressionOf(entry) } : entry.status;
  }

  /** Number of alarms in each state. */
  counts(): Record<AlarmState, number> {
    const counts = { OK: 0, ALARM: 0, INSUFFICIENT_DATA: 0 };
    for (const { status } of this.#entries.values()) counts[status.state]++;
    return counts;
  }

  recordAction(name: string, outcome: { action: string; failure?: string; atMs: number }): void {
    const entry = this.#entries.get(name);
    const { table } = this.#options;
    if (entry) table.write(() => table.append(actionItem(entry, outcome)));
  }

  #findDue({ wallMs }: Moment): void {
    // Steps are of 10 or 60 seconds.
    const tenSeconds = Math.floor(wallMs / 10_000);
    if (tenSeconds === this.#lastTenSeconds) return;
    this.#lastTenSeconds = tenSeconds;
    for (const entry of this.#entries.values()) {
      if (!("watched" in entry)) continue;
      if (Math.floor(wallMs / entry.watched.stepMs) !== entry.lastStep) this.#due.add(entry.name);
    }
  }

  #evaluate(entry: Entry & MetricPart, moment: Moment): void {
    const { alarm, watched } = entry;
    const { wallMs, observedFromMs } = moment;
    entry.lastStep = Math.floor(wallMs / watched.stepMs);
    const { state, evaluated, range, missedBefore } = evaluateNow(
      watched,
      this.#options.store,
      wallMs,
    );
    if (state === "retain" || state === entry.status.state) return;
    const isOlder = Date.parse(alarm.updatedAt) < observedFromMs;
    if (isOlder && missedBefore(observedFromMs)) return;
    const outcome = { state, evaluated, range, nowMs: wallMs };
    this.#move(entry, { state, ...metricReason(alarm, outcome) }, moment);
  }

  /** Evaluates a composite alarm; `child`: which of its alarms has changed, if it is there. */
  #settle(entry: Entry & CompositePart, moment: Moment, child?: Entry): void {
    const isTrue = evaluateAlarmRule(entry.rule, (name) => this.#entries.get(name)?.status.state);
    const state = isTrue ? "ALARM" : "OK";
    if (state === entry.status.state) return;
    const { arnOf } = this.#options;
    const cause = child && {
      arn: arnOf(child.name),
      state: child.status.state,
      atMs: child.status.transitionedAtMs,
    };
    const isNew = entry.status.reason === initialReason.reason;
    const reason = compositeReason(cause, { arn: arnOf(entry.name), state, isNew });
    this.#move(entry, { state, ...reason }, moment);
  }

  #move(entry: Entry, to: { state: AlarmState } & StateReason, moment: Moment): void {
    const from = entry.status;
    const atMs = moment.wallMs;
    const isOther = to.state !== from.state;
    const transitionedAtMs = isOther ? atMs : from.transitionedAtMs;
    entry.status = { ...to, updatedAtMs: atMs, transitionedAtMs };
    const item = stateItem(entry, { from, to, atMs });
    this.#writes.push((table) => table.append(item));
    if (isOther) {
      this.#affectParents(entry.name);
      if (isComposite(entry)) {
        entry.suppressor?.suppression.alarmChanged(to.state, moment.steadyMs);
      }
      const isHeld = this.#isHeld(entry, moment);
      this.#emit(entry, { from: from.state, atMs, acts: !isHeld });
    }
    this.#save(entry);
  }

  #emit(
    entry: Entry,
    { from, atMs, acts }: { from: AlarmState; atMs: number; acts: boolean },
  ): void {
    const { alarm, status, name } = entry;
    const { state, reason, reasonData } = status;
    if (acts) entry.actedState = state;
    this.#options.onEvent({
      ...{ alarm, atMs, from, to: state, reason, arn: this.#options.arnOf(name) },
      ...(reasonData === undefined ? {} : { reasonData }),
      actions: acts && alarm.actionsEnabled ? actionsOf(alarm, state) : [],
    });
  }

  /** Composite alarms above what has changed, actions that are no longer held back, the file. */
  #finish(moment: Moment): void {
    for (;;) {
      const name = this.#nextAffected();
      if (name === undefined) break;
      const child = this.#affected.get(name);
      this.#affected.delete(name);
      const entry = this.#entries.get(name);
      if (!entry || !isComposite(entry)) continue;
      this.#settle(entry, moment, child === undefined ? undefined : this.#entries.get(child));
    }
    for (const name of this.#suppressed) this.#release(name, moment);
    this.#write();
  }

  #affectParents(child: string): void {
    for (const parent of this.#byChild.get(child) ?? []) this.#affected.set(parent, child);
  }

  /** The one that none of the others can concern. */
  #nextAffected(): string | undefined {
    let first: string | undefined;
    let firstPlace = Infinity;
    for (const name of this.#affected.keys()) {
      const place = this.#order.get(name);
      // Rules in a circle are refused; one that got in all the same is not evaluated.
      if (place === undefined) this.#affected.delete(name);
      else if (place < firstPlace) [first, firstPlace] = [name, place];
    }
    return first;
  }

  #release(name: string, moment: Moment): void {
    const entry = this.#entries.get(name);
    if (!entry || this.#isHeld(entry, moment)) return;
    if (entry.actedState === entry.status.state) return;
    this.#emit(entry, { from: entry.actedState, atMs: moment.wallMs, acts: true });
    this.#save(entry);
  }

  #isHeld(entry: Entry, { steadyMs }: Moment): boolean {
    if (!isComposite(entry) || !entry.suppressor) return false;
    const { name, suppression } = entry.suppressor;
    suppression.suppressorIs(this.#entries.get(name)?.status.state, steadyMs);
    entry.heldBy = suppression.heldBy(steadyMs);
    return entry.heldBy !== undefined;
  }

  #suppressionOf(entry: Entry): NonNullable<AlarmStatus["suppressed"]> {
    const by = (isComposite(entry) && entry.heldBy) || "Alarm";
    const suppressor = (isComposite(entry) && entry.suppressor?.name) || "";
    const what = by === "Alarm" ? this.#options.arnOf(suppressor) : by;
    return { by, reason: `Actions suppressed by ${what}` };
  }

  #save(entry: Entry): void {
    const { name, kind, configuredAt, status, actedState } = entry;
    this.#writes.push((table) => table.saveAlarm(name, { kind, configuredAt, status, actedState }));
  }

  #write(): void {
    const writes = this.#writes;
    if (writes.length === 0) return;
    this.#writes = [];
    const { table } = this.#options;
    table.write(() => {
      for (const write of writes) write(table);
    });
  }

  /** The entry, where it is new or other than before, also before the last stop. */
  #put(alarm: Alarm, moment: Moment): Entry | undefined {
    const text = JSON.stringify(alarm);
    const before = this.#entries.get(alarm.name);
    if (before?.text === text) return undefined;
    const saved = before ?? this.#saved.get(alarm.name);
    this.#saved.delete(alarm.name);
    if (before) this.#unindex(before);
    const entry = this.#entryOf(alarm, text, saved ?? firstSaved(alarm, moment.wallMs));
    if (isComposite(entry) && entry.actedState !== entry.status.state) {
      // Actions were held back before a restart or a change of the alarm: the wait begins anew.
      entry.suppressor?.suppression.alarmChanged(entry.status.state, moment.steadyMs);
    }
    this.#entries.set(alarm.name, entry);
    this.#index(entry);
    const isOther = saved?.configuredAt !== alarm.updatedAt;
    if (isOther) {
      const change = saved ? "Update" : "Create";
      const item = configurationItem(alarm, { change, atMs: moment.wallMs });
      this.#writes.push((table) => table.append(item));
      this.#save(entry);
    }
    return isOther || before ? entry : undefined;
  }

  #entryOf(alarm: Alarm, text: string, saved: SavedAlarm): Entry {
    const { status, actedState } = saved;
    const { name, updatedAt: configuredAt } = alarm;
    const common = { name, text, configuredAt, status, actedState };
    if (alarm.kind === "metric") {
      return { ...common, kind: "metric", alarm, watched: watch(alarm), lastStep: -1 };
    }
    const suppressor = this.#suppressorOf(alarm);
    const rule = parseAlarmRule(alarm.rule);
    return { ...common, kind: "composite", alarm, rule, ...(suppressor ? { suppressor } : {}) };
  }

  #suppressorOf(alarm: CompositeAlarm): CompositePart["suppressor"] {
    if (alarm.actionsSuppressor === undefined) return undefined;
    const name = alarmNameOf(alarm.actionsSuppressor);
    const settings = {
      waitMs: (alarm.actionsSuppressorWaitPeriod ?? 0) * 1000,
      extensionMs: (alarm.actionsSuppressorExtensionPeriod ?? 0) * 1000,
    };
    const isInAlarm = this.#entries.get(name)?.status.state === "ALARM";
    return { name, suppression: new Suppression(settings, isInAlarm) };
  }

  #remove(alarm: { name: string; kind: Alarm["kind"] }, moment: Moment): void {
    const { name } = alarm;
    const entry = this.#entries.get(name);
    if (entry) this.#unindex(entry);
    this.#entries.delete(name);
    this.#saved.delete(name);
    this.#affectParents(name);
    const named = entry?.alarm ?? { name, kind: alarm.kind };
    const item = configurationItem(named, { change: "Delete", atMs: moment.wallMs });
    this.#writes.push((table) => {
      table.removeAlarm(name);
      table.append(item);
    });
  }

  #index(entry: Entry): void {
    if ("watched" in entry) {
      this.#due.add(entry.name);
      addTo(this.#byMetric, entry.watched.key, entry.name);
      return;
    }
    for (const child of alarmsOfRule(entry.rule)) addTo(this.#byChild, child, entry.name);
    if (entry.suppressor) this.#suppressed.add(entry.name);
  }

  #unindex(entry: Entry): void {
    this.#due.delete(entry.name);
    this.#suppressed.delete(entry.name);
    if ("watched" in entry) return removeFrom(this.#byMetric, entry.watched.key, entry.name);
    for (const child of alarmsOfRule(entry.rule)) removeFrom(this.#byChild, child, entry.name);
  }
}

function isComposite(entry: Entry): entry is Entry & CompositePart {
  return entry.kind === "composite";
}

function firstSaved(alarm: Alarm, nowMs: number): SavedAlarm {
  const state = "INSUFFICIENT_DATA";
  return {
    kind: alarm.kind,
    configuredAt: "",
    status: { state, ...initialReason, updatedAtMs: nowMs, transitionedAtMs: nowMs },
    actedState: state,
  };
}

function actionsOf(alarm: Alarm, state: AlarmState): string[] {
  if (state === "ALARM") return alarm.alarmActions;
  return state === "OK" ? alarm.okActions : alarm.insufficientDataActions;
}

function addTo(index: Map<string, Set<string>>, key: string, name: string): void {
  const names = index.get(key) ?? new Set();
  index.set(key, names.add(name));
}

function removeFrom(index: Map<string, Set<string>>, key: string, name: string): void {
  const names = index.get(key);
  names?.delete(name);
  if (names?.size === 0) index.delete(key);
}
