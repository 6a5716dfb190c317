import type { AlarmState, Dimension } from "../control/model/alarm.ts";
import type { MetricDatum } from "./metric.ts";

/**
 * What the CloudWatch API asks of the metrics thread. Configuration (the alarms themselves) is not
 * here: it is in the state's table `alarm`, which the metrics thread reads when a commit touches it.
 *
 * Every method may reject with MetricsUnavailableError. Requests are checked before they come here:
 * the desk asserts, it does not validate.
 */
export type MetricsDesk = {
  /** Resolves when the values are stored: readers see them, and a restart keeps them. */
  put(data: readonly MetricDatum[]): Promise<void>;
  /** One result a query, in the order of the queries. */
  statistics(queries: readonly StatisticsQuery[]): Promise<StatisticsResult[]>;
  /** The metrics that have data, sorted by namespace, name and dimensions. */
  list(query: MetricListQuery): Promise<MetricListPage>;
  /** One a name, in their order; `undefined` where the thread does not know the alarm (yet). */
  alarmStates(names: readonly string[]): Promise<(AlarmStatus | undefined)[]>;
  /**
   * Puts an alarm in a state until its next evaluation: its history shows it, its actions run if
   * the state is another. The alarm is in the table.
   */
  setAlarmState(change: AlarmStateChange): Promise<void>;
  history(query: AlarmHistoryQuery): Promise<AlarmHistoryPage>;
};

/** The metrics thread cannot serve now: it starts again, or its queue is full. */
export class MetricsUnavailableError extends Error {
  override readonly name = "MetricsUnavailableError";
}

/** What makes a metric: dimensions as a set, sorted by name. */
export type MetricId = {
  namespace: string;
  metricName: string;
  dimensions: Dimension[];
};

export type StatisticsQuery = MetricId & {
  /** Only data that was put with this unit; absent: all, each unit on its own. */
  unit?: string;
  /**
   * The begin of the first period; periods are counted from here. A multiple of the resolution that
   * data of its age is kept by (a minute, 5 minutes, an hour) or of a shorter period.
   */
  startMs: number;
  /** Exclusive. */
  endMs: number;
  /** 1, 5, 10, 20, 30 or a multiple of 60. */
  periodSeconds: number;
  /**
   * `Average` and its like, or percentiles and what AWS has besides: `p99.9`, `tm90`,
   * `TM(10%:90%)`, `PR(:300)` (`statistic.ts` reads them).
   */
  statistics: string[];
  /** Points at most: the earliest ones, or the latest. */
  pointCountMax: number;
  keep: "earliest" | "latest";
};

export type StatisticsResult = {
  /** Ascending in time, then by unit. Periods without data are not there. */
  points: StatisticsPoint[];
  /** Whether there were more points than `pointCountMax`. */
  more: boolean;
};

export type StatisticsPoint = {
  /** The begin of the period. */
  atMs: number;
  /** `None` where data came without. */
  unit: string;
  /**
   * In the order of the query's `statistics`. `undefined`: not computable from what is kept (a
   * percentile of values that came as a statistic set).
   */
  values: (number | undefined)[];
};

export type MetricListQuery = {
  namespace?: string;
  metricName?: string;
  /** Each must be among the metric's dimensions; without `value`, with any. */
  dimensions: { name: string; value?: string }[];
  /** Only metrics with data at or after this time. */
  activeSinceMs?: number;
  /** The `next` of the page before. */
  from?: MetricId;
  limit: number;
};

/** `next`: the first metric of the page to come. */
export type MetricListPage = { metrics: MetricId[]; next?: MetricId };

export type AlarmStatus = {
  state: AlarmState;
  /** `Threshold Crossed: 1 datapoint [99.0 (22/11/26 16:00:00)] was greater than …` */
  reason: string;
  /** JSON text, as CloudWatch has it. */
  reasonData?: string;
  /** Of the last evaluation or SetAlarmState that wrote state or reason. */
  updatedAtMs: number;
  /** Of the last change of `state`. */
  transitionedAtMs: number;
  /** `PARTIAL_DATA`: some of the data points asked for were not there. */
  evaluationState?: "PARTIAL_DATA" | "EVALUATION_ERROR" | "EVALUATION_FAILURE";
  /** Of a composite alarm whose suppressor holds its actions back. */
  suppressed?: {
    by: "WaitPeriod" | "ExtensionPeriod" | "Alarm";
    reason: string;
  };
};

export type AlarmStateChange = {
  name: string;
  state: AlarmState;
  reason: string;
  reasonData?: string;
};

export type AlarmHistoryQuery = {
  /** Absent: of all alarms. */
  name?: string;
  kinds: ("metric" | "composite")[];
  itemType?: AlarmHistoryItemType;
  startMs?: number;
  /** Exclusive. */
  endMs?: number;
  order: "newest first" | "oldest first";
  /** The `next` of the page before. */
  from?: number;
  limit: number;
};

/**
 * ConfigurationUpdate: the thread writes one where it sees a row of the table come, change or go.
 * Action: what became of an action's ARN, done or failed and why.
 */
export type AlarmHistoryItemType = "StateUpdate" | "ConfigurationUpdate" | "Action";

/** `next`: the id of the first item of the page to come. */
export type AlarmHistoryPage = { items: AlarmHistoryItem[]; next?: number };

export type AlarmHistoryItem = {
  /** Grows with every item; never used twice. */
  id: number;
  atMs: number;
  name: string;
  kind: "metric" | "composite";
  type: AlarmHistoryItemType;
  /** `Alarm updated from OK to ALARM` */
  summary: string;
  /** JSON text, as CloudWatch has it. */
  data: string;
};
