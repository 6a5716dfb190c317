/** Rows of the table `alarm`; AWS's members in camelCase (MetricAlarm, CompositeAlarm of the API reference). */
export type Alarm = MetricAlarm | CompositeAlarm;

export type AlarmState = "OK" | "ALARM" | "INSUFFICIENT_DATA";

type AlarmCommon = {
  name: string;
  description?: string;
  actionsEnabled: boolean;
  okActions: string[];
  alarmActions: string[];
  insufficientDataActions: string[];
  /** ISO 8601. */
  updatedAt: string;
};

export type MetricAlarm = AlarmCommon & {
  kind: "metric";
  /** Whether DatapointsToAlarm was given: AWS answers it only then. */
  datapointsGiven?: true;
} & AlarmRule;

export type CompositeAlarm = AlarmCommon & {
  kind: "composite";
  rule: string;
  actionsSuppressor?: string;
  actionsSuppressorWaitPeriod?: number;
  actionsSuppressorExtensionPeriod?: number;
};

/** What a metric alarm looks at: also what a CLOUDWATCH_METRIC health check keeps a copy of. */
export type AlarmRule = {
  namespace: string;
  metricName: string;
  dimensions: Dimension[];
  statistic?: Statistic;
  /** `p95`, `tm90`, … in place of `statistic`. */
  extendedStatistic?: string;
  unit?: string;
  periodSeconds: number;
  evaluationPeriods: number;
  datapointsToAlarm: number;
  threshold: number;
  comparisonOperator:
    | "GreaterThanOrEqualToThreshold"
    | "GreaterThanThreshold"
    | "LessThanThreshold"
    | "LessThanOrEqualToThreshold";
  treatMissingData: "breaching" | "notBreaching" | "ignore" | "missing";
  /** `ignore`: too few values for a percentile change nothing. */
  evaluateLowSampleCountPercentile?: "evaluate" | "ignore";
};

export type Statistic = "SampleCount" | "Average" | "Sum" | "Minimum" | "Maximum";
export type Dimension = { name: string; value: string };
