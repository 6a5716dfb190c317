import type { Alarm, AlarmRule } from "./alarm.ts";
import { InvalidHealthCheckError } from "./health-check-config.ts";

/** Periods of standard resolution are whole minutes; shorter ones are of high resolution. */
const standardPeriodSeconds = 60;

/**
 * What a CLOUDWATCH_METRIC health check watches: a copy of the alarm's settings as they are now.
 * The check watches the metric itself, so that later changes of the alarm do not concern it.
 * https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-creating-values.html#health-checks-creating-values-cloudwatch
 * @throws InvalidHealthCheckError where Route 53 cannot watch such an alarm
 */
export function watchedRule(name: string, alarm: Alarm | undefined): AlarmRule {
  const refuse = (what: string): never => {
    throw new InvalidHealthCheckError(`The CloudWatch alarm ${name} cannot be watched: ${what}`);
  };
  if (!alarm) throw new InvalidHealthCheckError(`There is no CloudWatch alarm named ${name}`);
  if (alarm.kind !== "metric") return refuse("it is a composite alarm");
  if ("metrics" in alarm && alarm.metrics !== undefined) return refuse("it uses metric math");
  if (alarm.statistic === undefined) {
    const allowed = "Average, Minimum, Maximum, Sum and SampleCount";
    return refuse(`its statistic is ${alarm.extendedStatistic}, and only ${allowed} can be`);
  }
  if (alarm.periodSeconds < standardPeriodSeconds) {
    return refuse(`its period of ${alarm.periodSeconds} seconds is of high resolution`);
  }
  if (alarm.datapointsToAlarm !== alarm.evaluationPeriods) {
    const { datapointsToAlarm: m, evaluationPeriods: n } = alarm;
    return refuse(`it goes by ${m} of ${n} data points, and only all of them can be gone by`);
  }
  return ruleOf(alarm);
}

function ruleOf(alarm: AlarmRule): AlarmRule {
  return {
    namespace: alarm.namespace,
    metricName: alarm.metricName,
    dimensions: alarm.dimensions,
    ...(alarm.statistic === undefined ? {} : { statistic: alarm.statistic }),
    ...(alarm.unit === undefined ? {} : { unit: alarm.unit }),
    periodSeconds: alarm.periodSeconds,
    evaluationPeriods: alarm.evaluationPeriods,
    datapointsToAlarm: alarm.datapointsToAlarm,
    threshold: alarm.threshold,
    comparisonOperator: alarm.comparisonOperator,
    treatMissingData: alarm.treatMissingData,
  };
}
