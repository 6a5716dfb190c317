import type { ServiceDns, ServiceHealthCheck } from "../../control/model/cloud-map.ts";
import type { InputOf } from "./cloudmap-handler.ts";

type DnsInput = NonNullable<InputOf<"CreateService">["DnsConfig"]>;
type HealthCheckInput = NonNullable<InputOf<"CreateService">["HealthCheckConfig"]>;

/** Health checks of Cloud Map turn round at once where nothing else is said. */
const failureThresholdDefault = 1;

export function readDns(input: DnsInput | undefined): ServiceDns | undefined {
  if (!input) return undefined;
  return {
    routingPolicy: input.RoutingPolicy ?? "MULTIVALUE",
    records: readRecords(input.DnsRecords),
  };
}

export function readRecords(records: DnsInput["DnsRecords"]): ServiceDns["records"] {
  return records.map(({ Type, TTL }) => ({ type: Type, ttl: TTL }));
}

export function readHealthCheck(
  input: HealthCheckInput | undefined,
): ServiceHealthCheck | undefined {
  if (!input) return undefined;
  const { Type, ResourcePath, FailureThreshold = failureThresholdDefault } = input;
  return {
    type: Type,
    ...(ResourcePath === undefined ? {} : { resourcePath: ResourcePath }),
    failureThreshold: FailureThreshold,
  };
}
