import type { DatabaseSync } from "node:sqlite";
import { metricAgeingCountMax, metricAgeingRowCountMax } from "../../base/limits.ts";
import type { MetricStore } from "./metric-store.ts";
import type { KnownMetric } from "./metric-catalogue.ts";
import { pragma } from "./schema.ts";

const hour = 3_600;
const day = 24 * hour;

/** How long values are kept in buckets of each size, as at CloudWatch. */
export const retention = [
  { resolution: 1, ageMaxSeconds: 3 * hour },
  { resolution: 60, ageMaxSeconds: 15 * day },
  { resolution: 300, ageMaxSeconds: 63 * day },
  { resolution: 3_600, ageMaxSeconds: 455 * day },
] as const;

/** How much of what is left is dropped at a time while the file is too big. */
const droppedShare = 0.05;

/**
 * Lets values age: walks over all metrics, some a turn, joins what is old into coarser buckets and
 * drops the oldest. While the file is bigger than it may be, the horizon before which all goes
 * moves on with each walk.
 */
export class Ageing {
  readonly #db: DatabaseSync;
  readonly #store: MetricStore;
  readonly #fileSizeMax: number;
  #nextId = 0;
  /** Seconds since 1970; everything before is dropped. */
  #horizon = 0;
  /** The oldest value met in this walk, where it is looked for: the file is too big. */
  #oldestAt = Infinity;
  #isTooBig = false;
  #droppedCount = 0;

  constructor(db: DatabaseSync, store: MetricStore, fileSizeMax: number) {
    this.#db = db;
    this.#store = store;
    this.#fileSizeMax = fileSizeMax;
  }

  /** Rows dropped for want of room. */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  /** Octets of the file that are in use. */
  size(): number {
    const pages = pragma(this.#db, "page_count") - pragma(this.#db, "freelist_count");
    return pages * pragma(this.#db, "page_size");
  }

  /** One turn; true when it has come round all metrics. */
  turn(nowMs: number): boolean {
    if (this.#nextId === 0) this.#isTooBig = this.size() > this.#fileSizeMax;
    const metrics = this.#store.catalogue.from(this.#nextId, metricAgeingCountMax);
    this.#store.transaction(() => {
      for (const known of metrics) this.#age(known, nowMs / 1000);
    });
    this.#nextId = (metrics.at(-1)?.id ?? 0) + 1;
    if (metrics.length === metricAgeingCountMax) return false;
    this.#endWalk(nowMs / 1000);
    return true;
  }

  #endWalk(now: number): void {
    if (this.#isTooBig && this.#oldestAt < now) {
      this.#horizon = Math.ceil(this.#oldestAt + (now - this.#oldestAt) * droppedShare);
    }
    this.#nextId = 0;
    this.#oldestAt = Infinity;
  }

  #age(known: KnownMetric, now: number): void {
    const { points } = this.#store;
    retention.forEach(({ resolution, ageMaxSeconds }, i) => {
      if (this.#isTooBig) this.#drop(known.id, resolution);
      const coarser = retention[i + 1]?.resolution;
      // A coarser bucket is joined when all of it is old.
      const before = floorTo(now - ageMaxSeconds, coarser ?? resolution);
      if (coarser === undefined) points.removeBefore(known.id, resolution, before);
      else this.#join(known.id, { resolution, coarser, before });
    });
    const isUsed = this.#store.hasWaiting(known) || !points.isEmpty(known.id);
    if (!isUsed) this.#store.catalogue.remove(known);
  }

  #drop(metric: number, resolution: number): void {
    const { points } = this.#store;
    this.#droppedCount += points.removeBefore(metric, resolution, this.#horizon);
    const [first] = points.oldest(metric, resolution, { before: Infinity, limit: 1 });
    if (first) this.#oldestAt = Math.min(this.#oldestAt, first.at);
  }

  #join(
    metric: number,
    { resolution, coarser, before }: { resolution: number; coarser: number; before: number },
  ): void {
    const { points } = this.#store;
    const limit = metricAgeingRowCountMax;
    const old = points.oldest(metric, resolution, { before, limit });
    const last = old.at(-1);
    if (!last) return;
    // Where there are more, those of the last time are left for another turn, some may be missing.
    const end = old.length < limit ? before : last.at;
    for (const point of old) {
      if (point.at >= end) break;
      const bucket = { ...point, resolution: coarser, at: floorTo(point.at, coarser) };
      points.add(bucket, point.aggregate);
    }
    points.removeBefore(metric, resolution, end);
  }
}

function floorTo(seconds: number, step: number): number {
  return Math.floor(seconds / step) * step;
}
