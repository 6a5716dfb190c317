import type {
  HealthCheck as AwsHealthCheck,
  CloudWatchAlarmConfiguration,
  HealthCheckConfig,
} from "@aws-sdk/client-route-53";
import type { AlarmRule } from "../../control/model/alarm.ts";
import type { HealthCheck } from "../../control/model/health-check.ts";
import { linkedServiceView } from "./linked-service.ts";

/** A health check as answers have it. */
export function healthCheckView(check: HealthCheck): AwsHealthCheck {
  return {
    Id: check.id,
    CallerReference: check.callerReference,
    HealthCheckConfig: configView(check),
    HealthCheckVersion: check.version,
    ...linkedServiceView(check),
    ...(check.alarm && { CloudWatchAlarmConfiguration: alarmView(check.alarm) }),
  };
}

function alarmView(rule: AlarmRule): CloudWatchAlarmConfiguration {
  return {
    EvaluationPeriods: rule.evaluationPeriods,
    Threshold: rule.threshold,
    ComparisonOperator: rule.comparisonOperator,
    Period: rule.periodSeconds,
    MetricName: rule.metricName,
    Namespace: rule.namespace,
    Statistic: rule.statistic,
    Dimensions: rule.dimensions.map(({ name, value }) => ({ Name: name, Value: value })),
  };
}

function configView({ config }: HealthCheck): HealthCheckConfig {
  const { alarmIdentifier } = config;
  return {
    IPAddress: config.ipAddress,
    Port: config.port,
    Type: config.type,
    ResourcePath: config.resourcePath,
    FullyQualifiedDomainName: config.fullyQualifiedDomainName,
    SearchString: config.searchString,
    RequestInterval: config.requestInterval,
    FailureThreshold: config.failureThreshold,
    MeasureLatency: config.measureLatency,
    Inverted: config.inverted,
    Disabled: config.disabled,
    HealthThreshold: config.healthThreshold,
    ChildHealthChecks: config.childHealthChecks,
    EnableSNI: config.enableSni,
    Regions: config.regions as HealthCheckConfig["Regions"],
    AlarmIdentifier: alarmIdentifier && {
      Region: alarmIdentifier.region as NonNullable<HealthCheckConfig["AlarmIdentifier"]>["Region"],
      Name: alarmIdentifier.name,
    },
    InsufficientDataHealthStatus: config.insufficientDataHealthStatus,
    RoutingControlArn: config.routingControlArn,
  };
}
