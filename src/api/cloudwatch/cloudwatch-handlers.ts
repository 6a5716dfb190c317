import { MetricsUnavailableError } from "../../metrics/metrics-desk.ts";
import { ServiceError } from "../protocol/service-error.ts";
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
  return guarded({
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
  });
}

type AnyHandler = (input: unknown, request: unknown) => unknown;

/** Tells of a metrics thread that cannot serve as what it is: a fault that passes. */
function guarded(handlers: CloudWatchHandlers): CloudWatchHandlers {
  const entries = Object.entries(handlers as Record<string, AnyHandler>);
  return Object.fromEntries(
    entries.map(([name, handler]) => [
      name,
      async (input: unknown, request: unknown): Promise<unknown> => {
        try {
          return await handler(input, request);
        } catch (error) {
          if (!(error instanceof MetricsUnavailableError)) throw error;
          throw new ServiceError("ServiceUnavailable", error.message);
        }
      },
    ]),
  );
}
