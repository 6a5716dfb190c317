import type { AlarmRule } from "./alarm.ts";
import type { LinkedService } from "./hosted-zone.ts";

/** A row of the table `healthCheck`. */
export type HealthCheck = {
  /** A UUID. */
  id: string;
  callerReference: string;
  /** 1 when it is made, 1 more with each update. */
  version: number;
  config: HealthCheckConfig;
  /** CLOUDWATCH_METRIC: what its alarm watched when the check was created or last updated. */
  alarm?: AlarmRule;
  /** The service that made it and alone changes it: Cloud Map. */
  linkedService?: LinkedService;
};

/** Route 53's types of checks. */
export const healthCheckTypes = [
  "HTTP",
  "HTTPS",
  "HTTP_STR_MATCH",
  "HTTPS_STR_MATCH",
  "TCP",
  "CALCULATED",
  "CLOUDWATCH_METRIC",
  "RECOVERY_CONTROL",
] as const;
export type HealthCheckType = (typeof healthCheckTypes)[number];

/** What a check looks at and how, complete: what a client leaves out has its default here. */
export type HealthCheckConfig = {
  type: HealthCheckType;
  /** Turns the result round. */
  inverted: boolean;
  /** The check is taken as healthy (as unhealthy where it is inverted) whatever it would find. */
  disabled: boolean;

  // Checks of an endpoint
  ipAddress?: string;
  port?: number;
  /** Begins with a slash. */
  resourcePath?: string;
  fullyQualifiedDomainName?: string;
  searchString?: string;
  /** Seconds. */
  requestInterval?: number;
  failureThreshold?: number;
  measureLatency?: boolean;
  enableSni?: boolean;
  /** Places it is checked from; absent: all there are. */
  regions?: string[];

  // CALCULATED
  /** How many children must be healthy. */
  healthThreshold?: number;
  childHealthChecks?: string[];

  // CLOUDWATCH_METRIC
  alarmIdentifier?: { region: string; name: string };
  insufficientDataHealthStatus?: "Healthy" | "Unhealthy" | "LastKnownStatus";

  // RECOVERY_CONTROL
  routingControlArn?: string;
};

const endpointTypes: ReadonlySet<HealthCheckType> = new Set([
  "HTTP",
  "HTTPS",
  "HTTP_STR_MATCH",
  "HTTPS_STR_MATCH",
  "TCP",
] as const);

/** Whether a check of this type sends something to an endpoint. */
export function checksEndpoint(type: HealthCheckType): boolean {
  return endpointTypes.has(type);
}
