import { loadAgeMaxMs, loadMax } from "../../base/limits.ts";
import type { StatusTable } from "../../dataplane/policy/status-table.ts";
import type { MetricDatum } from "../metric.ts";

type Load = {
  slot: number;
  /** When the newest value was measured, milliseconds since 1970. */
  measuredAtMs: number;
  /** When it came, by the steady clock. */
  cameAtMs: number;
  value: number;
};

/**
 * Writes loads that are reported as metrics into the status table: the newest value of each metric
 * that a routing rule names. A load that is not known (not reported for three minutes, or never)
 * is the highest there is, so that its branch is the last choice and not the first; where no load
 * is known all are alike.
 */
export class LoadWriter {
  readonly #table: Pick<StatusTable, "setLoad">;
  /** By the key of the metric. */
  #loads = new Map<string, Load>();

  constructor(table: Pick<StatusTable, "setLoad">) {
    this.#table = table;
  }

  /**
   * All metrics that have a slot. `newestOf` gives what is known of one that is new here: the
   * newest value before it was asked for, or before a restart.
   */
  setSlots(
    slots: ReadonlyMap<string, number>,
    newestOf: (
      key: string,
    ) => { value: number; measuredAtMs: number; cameAtMs: number } | undefined,
  ): void {
    const before = this.#loads;
    this.#loads = new Map();
    for (const [key, slot] of slots) {
      const known = before.get(key) ?? newestOf(key);
      const load = { ...(known ?? unknownLoad), slot };
      this.#loads.set(key, load);
      this.#table.setLoad(slot, load.value);
    }
  }

  take(key: string, datum: MetricDatum, steadyMs: number): void {
    const load = this.#loads.get(key);
    const { sampleCount, sum } = datum.statistics;
    if (!load || sampleCount === 0 || datum.atMs < load.measuredAtMs) return;
    load.measuredAtMs = datum.atMs;
    load.cameAtMs = steadyMs;
    load.value = sum / sampleCount;
    this.#table.setLoad(load.slot, load.value);
  }

  /** Gives up loads that have not come for too long. */
  tick(steadyMs: number): void {
    for (const load of this.#loads.values()) {
      if (load.value === loadMax || steadyMs - load.cameAtMs < loadAgeMaxMs) continue;
      load.value = loadMax;
      // Whatever comes next is news, even should its clock be behind.
      load.measuredAtMs = -Infinity;
      this.#table.setLoad(load.slot, loadMax);
    }
  }
}

const unknownLoad = { value: loadMax, measuredAtMs: -Infinity, cameAtMs: -Infinity };
