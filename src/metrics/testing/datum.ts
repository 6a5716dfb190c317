import type { MetricDatum } from "../metric.ts";

/** A value of a metric for tests: `value` or `values`, the rest as given. */
export function datumOf(given: Partial<MetricDatum> & { value?: number } = {}): MetricDatum {
  const { value, ...rest } = given;
  const values = value === undefined ? (rest.values ?? [1]) : [value];
  const counts = rest.counts ?? values.map(() => 1);
  const sampleCount = counts.reduce((sum, count) => sum + count, 0);
  return {
    namespace: "Test",
    metricName: "M",
    dimensions: [],
    atMs: 0,
    resolutionSeconds: 60,
    statistics: {
      sampleCount,
      sum: values.reduce((sum, each, i) => sum + each * (counts[i] ?? 1), 0),
      minimum: Math.min(...values),
      maximum: Math.max(...values),
    },
    ...(rest.statistics && !rest.values ? {} : { values, counts }),
    ...rest,
  };
}
