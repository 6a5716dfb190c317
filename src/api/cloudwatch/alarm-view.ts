import type * as Sdk from "@aws-sdk/client-cloudwatch";
import type { Alarm, CompositeAlarm, MetricAlarm } from "../../control/model/alarm.ts";
import type { AlarmStatus } from "../../metrics/metrics-desk.ts";
import { alarmArn } from "./alarm-arn.ts";
import type { CloudWatchContext } from "./cloudwatch-context.ts";
import { dimensionViews } from "./dimensions.ts";

/** What an alarm is before it is evaluated for the first time. */
function initialStatus({ updatedAt }: Alarm): AlarmStatus {
  const atMs = Date.parse(updatedAt);
  return {
    state: "INSUFFICIENT_DATA",
    reason: "Unchecked: Initial alarm creation",
    updatedAtMs: atMs,
    transitionedAtMs: atMs,
  };
}

export function statusOf(alarm: Alarm, known: AlarmStatus | undefined): AlarmStatus {
  return known ?? initialStatus(alarm);
}

export function metricAlarmView(
  context: CloudWatchContext,
  alarm: MetricAlarm,
  status: AlarmStatus,
): Sdk.MetricAlarm {
  const { evaluationState } = status;
  return {
    ...commonView(context, alarm, status),
    Namespace: alarm.namespace,
    MetricName: alarm.metricName,
    Dimensions: dimensionViews(alarm.dimensions),
    ...given("Statistic", alarm.statistic),
    ...given("ExtendedStatistic", alarm.extendedStatistic),
    ...given("Unit", alarm.unit as Sdk.StandardUnit | undefined),
    Period: alarm.periodSeconds,
    EvaluationPeriods: alarm.evaluationPeriods,
    ...(alarm.datapointsGiven ? { DatapointsToAlarm: alarm.datapointsToAlarm } : {}),
    Threshold: alarm.threshold,
    ComparisonOperator: alarm.comparisonOperator,
    TreatMissingData: alarm.treatMissingData,
    ...given("EvaluateLowSampleCountPercentile", alarm.evaluateLowSampleCountPercentile),
    ...given("EvaluationState", evaluationState),
  };
}

export function compositeAlarmView(
  context: CloudWatchContext,
  alarm: CompositeAlarm,
  status: AlarmStatus,
): Sdk.CompositeAlarm {
  return {
    ...commonView(context, alarm, status),
    AlarmRule: alarm.rule,
    ...given("ActionsSuppressor", alarm.actionsSuppressor),
    ...given("ActionsSuppressorWaitPeriod", alarm.actionsSuppressorWaitPeriod),
    ...given("ActionsSuppressorExtensionPeriod", alarm.actionsSuppressorExtensionPeriod),
    ...given("ActionsSuppressedBy", status.suppressed?.by),
    ...given("ActionsSuppressedReason", status.suppressed?.reason),
  };
}

function commonView(context: CloudWatchContext, alarm: Alarm, status: AlarmStatus) {
  return {
    AlarmName: alarm.name,
    AlarmArn: alarmArn(context, alarm.name),
    ...given("AlarmDescription", alarm.description),
    AlarmConfigurationUpdatedTimestamp: new Date(alarm.updatedAt),
    ActionsEnabled: alarm.actionsEnabled,
    OKActions: alarm.okActions,
    AlarmActions: alarm.alarmActions,
    InsufficientDataActions: alarm.insufficientDataActions,
    StateValue: status.state,
    StateReason: status.reason,
    ...given("StateReasonData", status.reasonData),
    StateUpdatedTimestamp: new Date(status.updatedAtMs),
    StateTransitionedTimestamp: new Date(status.transitionedAtMs),
  };
}

/** A member where it has a value. */
function given<Name extends string, T>(name: Name, value: T | undefined) {
  return (value === undefined ? {} : { [name]: value }) as { [N in Name]?: T };
}
