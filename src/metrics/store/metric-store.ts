import type { DatabaseSync } from "node:sqlite";
import { assert } from "../../base/assert.ts";
import { metricQueueCountMax } from "../../base/limits.ts";
import { aggregateOf, copyAggregate, mergeInto } from "../aggregate.ts";
import type { Aggregate } from "../aggregate.ts";
import type { MetricDatum } from "../metric.ts";
import { MetricsUnavailableError } from "../metrics-desk.ts";
import type { MetricListPage, MetricListQuery } from "../metrics-desk.ts";
import { unitNumber } from "../unit.ts";
import { MetricCatalogue } from "./metric-catalogue.ts";
import type { KnownMetric } from "./metric-catalogue.ts";
import { PointTable } from "./point-table.ts";
import type { Bucket, Point } from "./point-table.ts";
import { retention } from "./retention.ts";
import { inTransaction } from "./schema.ts";

/** What of a metric is asked for. Times in seconds since 1970. */
export type PointQuery = {
  from: number;
  /** Exclusive. */
  to: number;
  /** Its number; absent: all. */
  unit?: number;
  withDistribution: boolean;
};

/**
 * Values of metrics: those that wait to be written, and those in the file. Readers see both. One
 * caller at a time; nothing here waits but for the disk.
 */
export class MetricStore {
  readonly catalogue: MetricCatalogue;
  readonly points: PointTable;
  readonly #db: DatabaseSync;
  /** By metric, then by resolution, time and unit. */
  readonly #waiting = new Map<number, Map<string, Point>>();
  #waitingCount = 0;

  constructor(db: DatabaseSync, countMax?: number) {
    this.#db = db;
    this.points = new PointTable(db);
    this.catalogue = new MetricCatalogue(db, this.points, countMax);
  }

  /** Buckets that wait to be written. */
  get waitingCount(): number {
    return this.#waitingCount;
  }

  /**
   * Takes all values or none. They can be read from now on and are on the disk after `flush()`.
   * @throws MetricsUnavailableError where too many wait, or there are too many metrics
   */
  add(data: readonly MetricDatum[], nowMs: number): KnownMetric[] {
    if (this.#waitingCount + data.length > metricQueueCountMax) {
      const waiting = `${this.#waitingCount} wait to be written, limit ${metricQueueCountMax}`;
      throw new MetricsUnavailableError(`Cannot take ${data.length} values: ${waiting}`);
    }
    const metrics = this.catalogue.require(data);
    data.forEach((datum, i) => this.#addOne(metrics[i] as KnownMetric, datum, nowMs));
    return [...new Set(metrics)];
  }

  /**
   * Writes what waits, in one transaction. Where it fails the values are given up: they are not
   * to grow without end on a full disk.
   * @throws Error of SQLite
   */
  flush(): void {
    if (this.#waitingCount === 0) return;
    try {
      this.transaction(() => {
        this.catalogue.write();
        for (const buckets of this.#waiting.values()) {
          for (const point of buckets.values()) this.points.add(point, point.aggregate);
        }
      });
      this.catalogue.written();
    } finally {
      this.#waiting.clear();
      this.#waitingCount = 0;
    }
  }

  /** Buckets of a metric, in no order; the same bucket may come twice. */
  *read(metric: KnownMetric, query: PointQuery): Generator<Bucket & { aggregate: Aggregate }> {
    const { from, to, unit, withDistribution } = query;
    for (const point of this.points.read(metric.id, { from, to }, withDistribution)) {
      if (unit === undefined || point.unit === unit) yield point;
    }
    for (const point of this.#waiting.get(metric.id)?.values() ?? []) {
      const fits = point.at >= from && point.at < to;
      if (fits && (unit === undefined || point.unit === unit)) yield point;
    }
  }

  /** The average of the newest bucket of a metric, whatever its units, and when it began. */
  newest(key: string): { atMs: number; average: number } | undefined {
    const known = this.catalogue.find(key);
    if (!known) return undefined;
    const range = { from: known.lastAt, to: Infinity, withDistribution: false };
    const [sum] = sumPeriods(this.read(known, range), {
      from: known.lastAt,
      period: 3_600,
      perUnit: false,
    });
    if (!sum || sum.aggregate.sampleCount === 0) return undefined;
    return { atMs: sum.at * 1000, average: sum.aggregate.sum / sum.aggregate.sampleCount };
  }

  /** Whether values of this metric wait to be written. */
  hasWaiting(metric: KnownMetric): boolean {
    return this.#waiting.has(metric.id);
  }

  list(query: MetricListQuery): MetricListPage {
    return this.catalogue.list(query);
  }

  transaction<T>(f: () => T): T {
    return inTransaction(this.#db, f);
  }

  #addOne(known: KnownMetric, datum: MetricDatum, nowMs: number): void {
    const bucket = bucketOf(known.id, datum, nowMs);
    known.lastAt = Math.max(known.lastAt, bucket.at);
    let buckets = this.#waiting.get(known.id);
    if (!buckets) this.#waiting.set(known.id, (buckets = new Map()));
    const key = `${bucket.resolution} ${bucket.at} ${bucket.unit}`;
    const waiting = buckets.get(key);
    const aggregate = aggregateOf(datum);
    if (waiting) return mergeInto(waiting.aggregate, aggregate);
    buckets.set(key, { ...bucket, aggregate });
    this.#waitingCount++;
  }
}

/** Values that come late go where those of their time have been joined by now. */
function bucketOf(metric: number, datum: MetricDatum, nowMs: number): Bucket {
  const seconds = Math.floor(datum.atMs / 1000);
  const ageSeconds = nowMs / 1000 - seconds;
  const kept = retention.find(
    ({ resolution, ageMaxSeconds }) =>
      resolution >= datum.resolutionSeconds && ageSeconds < ageMaxSeconds,
  );
  const resolution = kept?.resolution ?? 3_600;
  const unit = unitNumber(datum.unit);
  assert(unit >= 0, "a unit that CloudWatch knows");
  return { metric, resolution, at: seconds - (seconds % resolution), unit };
}

/** Buckets joined to periods that begin at multiples of the period from `from` on. */
export type PeriodSum = { at: number; unit: number; aggregate: Aggregate };

/**
 * Joins buckets to periods. A bucket that reaches over the end of a period is left out: it is older
 * than periods so short are kept. `perUnit`: each unit on its own, else all together (unit 0).
 */
export function sumPeriods(
  buckets: Iterable<Bucket & { aggregate: Aggregate }>,
  { from, period, perUnit }: { from: number; period: number; perUnit: boolean },
): PeriodSum[] {
  const sums = new Map<string, PeriodSum>();
  for (const bucket of buckets) {
    const at = from + Math.floor((bucket.at - from) / period) * period;
    if (bucket.at + bucket.resolution > at + period) continue;
    const unit = perUnit ? bucket.unit : 0;
    const key = `${at} ${unit}`;
    const sum = sums.get(key);
    if (sum) mergeInto(sum.aggregate, bucket.aggregate);
    else sums.set(key, { at, unit, aggregate: copyAggregate(bucket.aggregate) });
  }
  return [...sums.values()].toSorted((a, b) => a.at - b.at || a.unit - b.unit);
}
