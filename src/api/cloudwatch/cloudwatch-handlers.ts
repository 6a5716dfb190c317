import { MetricsUnavailableError } from "../../metrics/metrics-desk.ts";
import { tellUnavailable } from "../protocol/tell-unavailable.ts";
import type { CloudWatchContext } from "./cloudwatch-context.ts";
import type { CloudWatchHandlers } from "./cloudwatch-handler.ts";
import { alarmActions } from "./alarm-actions.ts";
import { alarmTags } from "./alarm-tags.ts";
import { deleteAlarms } from "./delete-alarms.ts";
import { describeAlarmHistory } from "./describe-alarm-history.ts";
import { describeAlarms } from "./describe-alarms.ts";
import { describeAlarmsForMetric } from "./describe-alarms-for-metric.ts";
import { getMetricData } from "./get-metric-data.ts";
import { getMetricStatistics } from "./get-metric-statistics.ts";
import { listMetrics } from "./list-metrics.ts";
import { putCompositeAlarm } from "./put-composite-alarm.ts";
import { putMetricAlarm } from "./put-metric-alarm.ts";
import { putMetricData } from "./put-metric-data.ts";
import { setAlarmState } from "./set-alarm-state.ts";

/**
 * The operations of CloudWatch that Signpost has: metrics and alarms. The protocol layer answers
 * for all others that they are not implemented.
 */
export function cloudwatchHandlers(context: CloudWatchContext): CloudWatchHandlers {
  const handlers = {
    ...putMetricData(context),
    ...getMetricStatistics(context),
    ...getMetricData(context),
    ...listMetrics(context),
    ...putMetricAlarm(context),
    ...putCompositeAlarm(context),
    ...describeAlarms(context),
    ...describeAlarmsForMetric(context),
    ...describeAlarmHistory(context),
    ...setAlarmState(context),
    ...alarmActions(context),
    ...deleteAlarms(context),
    ...alarmTags(context),
  };
  return tellUnavailable(handlers, (error) => error instanceof MetricsUnavailableError);
}
