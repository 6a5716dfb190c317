import type { CompositeAlarm, MetricAlarm } from "../../control/model/alarm.ts";

/** A metric alarm for tests: Average of `Test` `M` above 5 in one minute, unless told otherwise. */
export function metricAlarmOf(given: Partial<MetricAlarm> = {}): MetricAlarm {
  return {
    kind: "metric",
    name: "alarm",
    namespace: "Test",
    metricName: "M",
    dimensions: [],
    ...(given.extendedStatistic === undefined ? { statistic: "Average" } : {}),
    periodSeconds: 60,
    evaluationPeriods: 1,
    datapointsToAlarm: 1,
    threshold: 5,
    comparisonOperator: "GreaterThanThreshold",
    treatMissingData: "missing",
    ...actions,
    ...given,
  };
}

export function compositeAlarmOf(given: Partial<CompositeAlarm> = {}): CompositeAlarm {
  return { kind: "composite", name: "composite", rule: "ALARM(alarm)", ...actions, ...given };
}

const actions = {
  actionsEnabled: true,
  okActions: ["arn:ok"],
  alarmActions: ["arn:alarm"],
  insufficientDataActions: ["arn:insufficient"],
  updatedAt: "2026-11-22T16:00:00.000Z",
};
