import { checkerLifeMs, checkerLocationCountMax } from "../../base/limits.ts";
import type { CheckerReport } from "../checker/checker-desk.ts";
import type { VerdictTable } from "../checker/verdict-table.ts";
import type { PlannedCheck } from "./health-plan.ts";

/** One place that checks run at. All times but `seenAtMs` are of a clock that only goes forward. */
export type CheckerLocation = {
  readonly name: string;
  region: string | null;
  /** From where it joined; `null` for a thread of this process. */
  address: string | null;
  /** The last table; none: nothing was heard since the start. */
  table: VerdictTable | undefined;
  /** Whether its table counts. */
  live: boolean;
  /** When the table came. */
  takenMs: number;
  /** When the checker that now runs there was first heard of: before, it knew nothing. */
  runSinceMs: number;
  /** Until then it may still be heard of again after a start of ours: it is waited for. */
  expectedUntilMs: number;
  /** Wall clock, for people; 0: never. */
  seenAtMs: number;
};

export type TakenTable = {
  location: CheckerLocation;
  /** What it said before, where that is from the same run. */
  before: VerdictTable | undefined;
  isNew: boolean;
  /** It was silent, or unknown. */
  returned: boolean;
};

/** All locations: who is live, and who runs what. */
export class CheckerLocations {
  readonly #byName = new Map<string, CheckerLocation>();
  readonly #sets = new Map<string, CheckerLocation[]>();

  get all(): CheckerLocation[] {
    return [...this.#byName.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  get(name: string): CheckerLocation | undefined {
    return this.#byName.get(name);
  }

  get liveCount(): number {
    let count = 0;
    for (const { live } of this.#byName.values()) if (live) count++;
    return count;
  }

  /** Knows a location that was there before the start, and waits a while for it. */
  expect(known: { name: string; region: string | null; seenAtMs: number }, nowMs: number): void {
    const location = this.#add(known.name, known.region);
    if (!location) return;
    location.expectedUntilMs = nowMs + checkerLifeMs;
    location.seenAtMs = known.seenAtMs;
  }

  /**
   * Knows a location, also one that has not reported yet.
   * @returns whether it is new, or stands for another region than before
   */
  know(name: string, region: string | null): boolean {
    const location = this.#byName.get(name);
    if (!location) return this.#add(name, region) !== undefined;
    if (location.region === region) return false;
    location.region = region;
    this.#sets.clear();
    return true;
  }

  /**
   * Takes a table; `undefined` where it is older than the last one, or there are too many
   * locations.
   */
  take(
    report: Omit<CheckerReport, "table"> & { table: VerdictTable },
    times: { nowMs: number; atMs: number },
  ): TakenTable | undefined {
    const isNew = this.know(report.location, report.region);
    const location = this.#byName.get(report.location);
    if (!location) return undefined;
    const { header } = report.table;
    const last = location.table?.header;
    const sameRun = last !== undefined && last.run === header.run;
    if (sameRun && ((header.sequence - last.sequence) | 0) <= 0) return undefined;
    const before = sameRun ? location.table : undefined;
    const returned = !location.live;
    if (returned && this.liveCount === 0) this.#expectAll(times.nowMs);
    if (!sameRun) location.runSinceMs = times.nowMs;
    location.table = report.table;
    location.address = report.address;
    location.takenMs = times.nowMs;
    location.seenAtMs = times.atMs;
    location.live = true;
    return { location, before, isNew, returned };
  }

  /** The locations that have fallen silent since the last call. */
  expire(nowMs: number): CheckerLocation[] {
    const silent: CheckerLocation[] = [];
    for (const location of this.#byName.values()) {
      if (!location.live || nowMs - location.takenMs <= checkerLifeMs) continue;
      location.live = false;
      silent.push(location);
    }
    return silent;
  }

  /** Time in which nobody here listened is nobody's silence. */
  forgive(ms: number): void {
    for (const location of this.#byName.values()) {
      if (location.live) location.takenMs += ms;
      location.expectedUntilMs += ms;
    }
  }

  forget(name: string): "forgotten" | "live" | "unknown" {
    const location = this.#byName.get(name);
    if (!location) return "unknown";
    if (location.live) return "live";
    this.#byName.delete(name);
    this.#sets.clear();
    return "forgotten";
  }

  /**
   * Where a check runs: at the locations its extension names; else at those whose region is among
   * its regions; else, where there is none, at all.
   */
  of({ extension, config }: PlannedCheck): readonly CheckerLocation[] {
    const { locations: names } = extension;
    const regions = names ? undefined : config.regions;
    const key = names ? `n${names.join()}` : `r${regions?.join() ?? ""}`;
    const known = this.#sets.get(key);
    if (known) return known;
    const { all } = this;
    let set = all;
    if (names) set = all.filter(({ name }) => names.includes(name));
    else if (regions) {
      const near = all.filter(({ region }) => region !== null && regions.includes(region));
      if (near.length > 0) set = near;
    }
    this.#sets.set(key, set);
    return set;
  }

  /** The first that is heard of after nobody was must not decide alone: the others may be near. */
  #expectAll(nowMs: number): void {
    for (const location of this.#byName.values()) {
      if (location.seenAtMs > 0) location.expectedUntilMs = nowMs + checkerLifeMs;
    }
  }

  #add(name: string, region: string | null): CheckerLocation | undefined {
    if (this.#byName.size >= checkerLocationCountMax) return undefined;
    const location: CheckerLocation = {
      ...{ name, region, address: null, table: undefined, live: false },
      ...{ takenMs: 0, runSinceMs: 0, expectedUntilMs: 0, seenAtMs: 0 },
    };
    this.#byName.set(name, location);
    this.#sets.clear();
    return location;
  }
}
