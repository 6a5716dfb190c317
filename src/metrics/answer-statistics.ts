import { present } from "../base/assert.ts";
import { metricKey } from "./metric-key.ts";
import type { StatisticsPoint, StatisticsQuery, StatisticsResult } from "./metrics-desk.ts";
import { readerOf } from "./statistic.ts";
import { sumPeriods } from "./store/metric-store.ts";
import type { MetricStore } from "./store/metric-store.ts";
import { metricUnits, unitNumber } from "./unit.ts";

const simpleStatistics = new Set(["SampleCount", "Average", "Sum", "Minimum", "Maximum"]);

/** Statistics of one metric by periods. */
export function answerStatistics(store: MetricStore, query: StatisticsQuery): StatisticsResult {
  const known = store.catalogue.find(metricKey(query));
  const unit = query.unit === undefined ? undefined : unitNumber(query.unit);
  if (!known || unit === -1) return { points: [], more: false };
  const readers = query.statistics.map((name) => present(readerOf(name), "a known statistic"));
  const from = Math.floor(query.startMs / 1000);
  const buckets = store.read(known, {
    from,
    to: Math.ceil(query.endMs / 1000),
    withDistribution: query.statistics.some((name) => !simpleStatistics.has(name)),
    ...(unit === undefined ? {} : { unit }),
  });
  const sums = sumPeriods(buckets, { from, period: query.periodSeconds, perUnit: true });
  const more = sums.length > query.pointCountMax;
  const first = more && query.keep === "latest" ? sums.length - query.pointCountMax : 0;
  const points = sums
    .slice(first, first + query.pointCountMax)
    .map(({ at, unit: number, aggregate }): StatisticsPoint => ({
      atMs: at * 1000,
      unit: metricUnits[number] ?? "None",
      values: readers.map((read) => read(aggregate)),
    }));
  return { points, more };
}
