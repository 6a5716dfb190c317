import type { DatabaseSync, StatementSync } from "node:sqlite";
import { metricCountMax } from "../../base/limits.ts";
import { metricKey, metricOfKey, metricSortText } from "../metric-key.ts";
import { MetricsUnavailableError } from "../metrics-desk.ts";
import type { MetricId, MetricListPage, MetricListQuery } from "../metrics-desk.ts";
import type { PointTable } from "./point-table.ts";
import { parseStored, textCrc } from "./schema.ts";

export type KnownMetric = {
  id: number;
  key: string;
  metric: MetricId;
  /** Metrics are listed by this: `metricSortText`. */
  sortText: string;
  /** The begin of its newest bucket, seconds since 1970. */
  lastAt: number;
};

/** Which metrics there are: the table `metric`, in memory. */
export class MetricCatalogue {
  readonly #insert: StatementSync;
  readonly #delete: StatementSync;
  readonly #byKey = new Map<string, KnownMetric>();
  readonly #countMax: number;
  /** In list order; `undefined` once one has come or gone. */
  #sorted: KnownMetric[] | undefined;
  #nextId = 1;
  /** Those not written yet. */
  #fresh: KnownMetric[] = [];

  constructor(db: DatabaseSync, points: PointTable, countMax = metricCountMax) {
    this.#insert = db.prepare("INSERT INTO metric VALUES (?, ?, ?)");
    this.#delete = db.prepare("DELETE FROM metric WHERE id = ?");
    this.#countMax = countMax;
    for (const row of db.prepare("SELECT id, key, crc FROM metric").iterate()) {
      const { id, key, crc } = row as { id: number; key: string; crc: number };
      parseStored(key, crc);
      this.#byKey.set(key, knownMetric(id, key, points.newestAt(id)));
      this.#nextId = Math.max(this.#nextId, id + 1);
    }
  }

  get size(): number {
    return this.#byKey.size;
  }

  find(key: string): KnownMetric | undefined {
    return this.#byKey.get(key);
  }

  /**
   * Makes all of these metrics known, or none.
   * @throws MetricsUnavailableError where that would be too many
   */
  require(metrics: readonly MetricId[]): KnownMetric[] {
    const keys = metrics.map(metricKey);
    const added = new Set(keys.filter((key) => !this.#byKey.has(key)));
    if (this.#byKey.size + added.size > this.#countMax) {
      const count = this.#byKey.size;
      throw new MetricsUnavailableError(
        `Cannot take ${added.size} new metrics: ${count} metrics, limit ${this.#countMax}`,
      );
    }
    return keys.map((key) => this.#byKey.get(key) ?? this.#add(key));
  }

  list(query: MetricListQuery): MetricListPage {
    this.#sorted ??= [...this.#byKey.values()].toSorted((a, b) =>
      a.sortText < b.sortText ? -1 : 1,
    );
    const from = query.from ? metricSortText(query.from) : "";
    const metrics: MetricId[] = [];
    for (const known of this.#sorted) {
      if (known.sortText < from) continue;
      if (!fits(known, query)) continue;
      if (metrics.length === query.limit) return { metrics, next: known.metric };
      metrics.push(known.metric);
    }
    return { metrics };
  }

  /** In the order they became known, from an id on. */
  from(id: number, limit: number): KnownMetric[] {
    const found: KnownMetric[] = [];
    for (const known of this.#byKey.values()) {
      if (known.id < id) continue;
      if (found.length === limit) break;
      found.push(known);
    }
    return found;
  }

  /** Within a transaction: writes those that are new. */
  write(): void {
    for (const { id, key } of this.#fresh) this.#insert.run(id, key, textCrc(key));
  }

  /** After that transaction. */
  written(): void {
    this.#fresh = [];
  }

  remove(known: KnownMetric): void {
    this.#delete.run(known.id);
    this.#byKey.delete(known.key);
    this.#sorted = undefined;
  }

  #add(key: string): KnownMetric {
    const known = knownMetric(this.#nextId++, key, 0);
    this.#byKey.set(key, known);
    this.#fresh.push(known);
    this.#sorted = undefined;
    return known;
  }
}

function knownMetric(id: number, key: string, lastAt: number): KnownMetric {
  const metric = metricOfKey(key);
  return { id, key, metric, sortText: metricSortText(metric), lastAt };
}

function fits({ metric, lastAt }: KnownMetric, query: MetricListQuery): boolean {
  if (query.namespace !== undefined && metric.namespace !== query.namespace) return false;
  if (query.metricName !== undefined && metric.metricName !== query.metricName) return false;
  if (query.activeSinceMs !== undefined && lastAt * 1000 < query.activeSinceMs) return false;
  return query.dimensions.every(({ name, value }) =>
    metric.dimensions.some((d) => d.name === name && (value === undefined || d.value === value)),
  );
}
