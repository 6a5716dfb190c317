import type { GivenConfig } from "../../control/model/health-check-config.ts";
import type { HealthCheckConfig } from "../../control/model/health-check.ts";
import type { Route53Handlers } from "./route53-handler.ts";

type CreateInput = Parameters<NonNullable<Route53Handlers["CreateHealthCheck"]>>[0];
type ConfigInput = CreateInput["HealthCheckConfig"];
type UpdateInput = Parameters<NonNullable<Route53Handlers["UpdateHealthCheck"]>>[0];

/** The settings of a new check in the form of the state. */
export function readConfig(input: ConfigInput): GivenConfig {
  const { MeasureLatency, RequestInterval, RoutingControlArn } = input;
  return withoutUndefined({
    type: input.Type,
    ...readChangeable(input),
    requestInterval: RequestInterval,
    measureLatency: MeasureLatency,
    routingControlArn: RoutingControlArn,
  });
}

/** The settings that an update asks for; those left out stay as they are. */
export function readUpdate(input: UpdateInput): Partial<HealthCheckConfig> {
  return withoutUndefined(readChangeable(input));
}

/** What an update may change too. */
function readChangeable(input: ConfigInput | UpdateInput) {
  const { AlarmIdentifier } = input;
  return {
    inverted: input.Inverted,
    disabled: input.Disabled,
    ipAddress: input.IPAddress,
    port: input.Port,
    resourcePath: input.ResourcePath,
    fullyQualifiedDomainName: input.FullyQualifiedDomainName,
    searchString: input.SearchString,
    failureThreshold: input.FailureThreshold,
    enableSni: input.EnableSNI,
    regions: input.Regions,
    healthThreshold: input.HealthThreshold,
    childHealthChecks: input.ChildHealthChecks,
    alarmIdentifier: AlarmIdentifier && {
      region: AlarmIdentifier.Region,
      name: AlarmIdentifier.Name,
    },
    insufficientDataHealthStatus: input.InsufficientDataHealthStatus,
  };
}

/** So that what is left out does not cover what is there. */
function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as T;
}
