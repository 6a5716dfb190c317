import type { Dimension } from "../control/model/alarm.ts";

/** One value as PutMetricData brings it, or as Signpost measures it. */
export type MetricDatum = {
  namespace: string;
  metricName: string;
  dimensions: Dimension[];
  /** Milliseconds since 1970. */
  atMs: number;
  unit?: string;
  /** 1 (high resolution) or 60. */
  resolutionSeconds: 1 | 60;
  /** A single value is a set of one. `values` with `counts` where a distribution was sent. */
  statistics: { sampleCount: number; sum: number; minimum: number; maximum: number };
  values?: number[];
  counts?: number[];
};
