import { checkerLifeMs, healthStallMs } from "../../base/limits.ts";
import type { AlarmState } from "../../control/model/alarm.ts";
import type { EventBody } from "../../control/model/health-event.ts";
import type { StateReader } from "../../control/state/state-reader.ts";
import type { StatusTable } from "../../dataplane/policy/status-table.ts";
import type { CheckerReport, LocationName } from "../checker/checker-desk.ts";
import { VerdictTable } from "../checker/verdict-table.ts";
import { CheckLists } from "./check-lists.ts";
import { CheckerLocations } from "./checker-locations.ts";
import type { EventLog } from "./event-log.ts";
import { flipEvent, locationEvent, verdictEvents } from "./health-events.ts";
import type { HealthDatabase } from "./health-database.ts";
import { HealthMeasurements } from "./health-measurements.ts";
import { readHealthPlan } from "./health-plan.ts";
import { HealthStatuses } from "./health-statuses.ts";
import type { Flip, StatusEntry, Times } from "./health-statuses.ts";
import { minuteOfWeek } from "./minute-of-week.ts";

export type HealthWatchParts = {
  state: StateReader;
  database: HealthDatabase;
  table: StatusTable;
  events: Pick<EventLog, "add">;
  allow: readonly string[];
  times: () => Times;
  onListVersion(version: number): void;
  onProblem(what: string): void;
};

/**
 * From verdict tables to statuses: all of the health thread but its ports and timers. What comes
 * in is taken note of at once; `count` then makes statuses of it.
 */
export class HealthWatch {
  readonly locations = new CheckerLocations();
  readonly statuses: HealthStatuses;
  readonly lists: CheckLists;
  readonly measurements = new HealthMeasurements();
  readonly #parts: HealthWatchParts;
  readonly #alarmStates = new Map<string, AlarmState>();
  readonly #startedMs: number;
  #countedMs: number;
  #flipCount = 0;
  #countTookMs = 0;

  /** Reads all there is, and writes what was known before the start into the status table. */
  constructor(parts: HealthWatchParts) {
    this.#parts = parts;
    const { database, table, allow } = parts;
    const times = parts.times();
    this.#startedMs = this.#countedMs = times.nowMs;
    for (const known of database.locations()) this.locations.expect(known, times.nowMs);
    this.statuses = new HealthStatuses({
      ...{ table, locations: this.locations },
      inputs: {
        alarmStates: this.#alarmStates,
        minuteOfWeek: (zone) => minuteOfWeek(zone, this.#parts.times().atMs),
      },
    });
    for (const [id, last] of database.statuses()) this.statuses.restore(id, last, times.nowMs);
    this.lists = new CheckLists({ allow, mark: database.listMark(), atMs: times.atMs });
    this.readConfiguration();
  }

  get alarmStates(): ReadonlyMap<string, AlarmState> {
    return this.#alarmStates;
  }

  get flipCount(): number {
    return this.#flipCount;
  }

  /** What the last count took. */
  get countTookMs(): number {
    return this.#countTookMs;
  }

  /** @returns the entry of the log up to which the configuration is read and counted */
  readConfiguration(): number {
    const plan = readHealthPlan(this.#parts.state);
    const gone = [...this.statuses.plan.checks.keys()].filter((id) => !plan.checks.has(id));
    this.statuses.setPlan(plan, this.#parts.times());
    this.#updateLists();
    if (gone.length > 0) {
      this.#write((database) => gone.forEach((id) => database.removeStatus(id)));
    }
    this.count();
    return plan.seq;
  }

  /**
   * Takes what a location has found; to be followed by `count`.
   * @throws VerdictTableError
   */
  take(report: CheckerReport): void {
    const times = this.#parts.times();
    const taken = this.locations.take({ ...report, table: VerdictTable.read(report.table) }, times);
    if (!taken) return;
    const { location, before } = taken;
    if (taken.isNew) this.#placesChanged();
    if (taken.returned) {
      const { liveCount } = this.locations;
      this.#event(() => locationEvent(location, "location.live", liveCount));
      const { name, region } = location;
      this.#write((database) => database.putLocation({ name, region, seenAtMs: times.atMs }));
    }
    const { entries } = this.statuses;
    this.measurements.take(entries, location);
    for (const body of verdictEvents(entries, location, before)) this.#event(body);
  }

  /** Knows a location from now on, also one that has not reported yet. */
  know({ location, region }: LocationName): void {
    if (this.locations.know(location, region)) this.#placesChanged();
  }

  forget(name: string): "forgotten" | "live" | "unknown" {
    const outcome = this.locations.forget(name);
    if (outcome !== "forgotten") return outcome;
    this.#write((database) => database.removeLocation(name));
    this.#placesChanged();
    return outcome;
  }

  heartbeat(healthCheckId: string): void {
    this.statuses.heartbeat(healthCheckId, this.#parts.times().nowMs);
  }

  setAlarmStates(states: ReadonlyMap<string, AlarmState>): void {
    this.#alarmStates.clear();
    for (const [id, state] of states) this.#alarmStates.set(id, state);
  }

  /** Looks at everything, and has what has changed in the status table when it returns. */
  count(): void {
    const times = this.#parts.times();
    const gapMs = times.nowMs - this.#countedMs;
    if (gapMs > healthStallMs) this.locations.forgive(gapMs);
    this.#countedMs = times.nowMs;
    const silent = this.locations.expire(times.nowMs);
    const { flips, unsaved } = this.statuses.count(times);
    this.#countTookMs = this.#parts.times().nowMs - times.nowMs;
    this.#flipCount += flips.length;
    this.measurements.flipped(flips);
    if (unsaved.length > 0) this.#save(unsaved);
    const { liveCount } = this.locations;
    for (const location of silent) {
      this.#event(() => locationEvent(location, "location.silent", liveCount));
    }
    this.#tell(flips);
  }

  /** Endpoint checks that no live location runs. */
  unwatchedCount(): number {
    // Those that were there before the start have some time to be heard of again.
    const { nowMs } = this.#parts.times();
    if (nowMs - this.#startedMs < checkerLifeMs) return 0;
    let count = 0;
    for (const { check, at } of this.statuses.entries) {
      if (check.spec && !at.some(({ live }) => live)) count++;
    }
    return count;
  }

  #placesChanged(): void {
    this.statuses.placesChanged();
    this.#updateLists();
  }

  #updateLists(): void {
    const isChanged = this.lists.update(this.statuses.entries);
    if (isChanged) this.#write((database) => database.putListMark(this.lists.mark));
    this.#parts.onListVersion(this.lists.mark.version);
  }

  #save(entries: readonly StatusEntry[]): void {
    const isSaved = this.#write((database) => {
      for (const { check, state } of entries) database.putStatus(check.id, state);
    });
    if (!isSaved) return;
    for (const { state } of entries) {
      state.savedFound = state.found;
      state.savedHealthy = state.healthy;
    }
  }

  #tell(flips: readonly Flip[]): void {
    const { plan } = this.statuses;
    const { state } = this.#parts;
    const inputs = { alarmStates: this.#alarmStates };
    for (const flip of flips) this.#event(flipEvent(flip, { plan, state, inputs }));
  }

  #event(body: () => EventBody): void {
    this.#parts.events.add(this.#parts.times().atMs, body);
  }

  /** A database that cannot be written costs what a restart would need, and nothing else. */
  #write(f: (database: HealthDatabase) => void): boolean {
    const { database, onProblem } = this.#parts;
    try {
      database.write(() => f(database));
      return true;
    } catch (error) {
      onProblem(`Cannot write health.db: ${String(error)}`);
      return false;
    }
  }
}
