import { CloudMapProblem } from "./cloud-map-problem.ts";
import type { CloudMapService, NamespaceType, ServiceDns, ServiceRecord } from "./cloud-map.ts";

type Settings = Pick<CloudMapService, "name" | "dns" | "healthCheck" | "customHealth">;

/**
 * Refuses settings of a service that do not go together, or not with its namespace.
 * https://docs.aws.amazon.com/cloud-map/latest/api/API_CreateService.html
 * @throws CloudMapProblem
 */
export function checkServiceSettings(settings: Settings, namespaceType: NamespaceType): void {
  const { name, dns, healthCheck, customHealth } = settings;
  if (dns && namespaceType === "HTTP") {
    throw new CloudMapProblem("DnsConfig: a service of an HTTP namespace cannot have DNS records");
  }
  if (dns) checkRecords(name, dns);
  if (!healthCheck) return;
  if (customHealth) {
    throw new CloudMapProblem(
      "HealthCheckConfig, HealthCheckCustomConfig: a service can have one of them, not both",
    );
  }
  if (namespaceType === "DNS_PRIVATE") {
    throw new CloudMapProblem(
      "HealthCheckConfig: a service of a private DNS namespace cannot have Route 53 health " +
        "checks; use HealthCheckCustomConfig",
    );
  }
  if (dns?.records.some(({ type }) => type === "CNAME")) {
    throw new CloudMapProblem("HealthCheckConfig: a service with CNAME records cannot have it");
  }
  if (healthCheck.type === "TCP" && healthCheck.resourcePath !== undefined) {
    throw new CloudMapProblem("HealthCheckConfig.ResourcePath: a TCP health check has none");
  }
}

const combinations: ReadonlySet<string> = new Set(["A", "AAAA", "A,AAAA", "CNAME", "SRV"]);

function checkRecords(name: string, { routingPolicy, records }: ServiceDns): void {
  const types = records.map(({ type }) => type).toSorted();
  if (!combinations.has(types.join(","))) {
    throw new CloudMapProblem(
      `DnsConfig.DnsRecords: ${types.join(" and ") || "nothing"} cannot be the records of a ` +
        "service; A, AAAA, A and AAAA, CNAME or SRV can",
    );
  }
  if (types[0] !== "CNAME") return;
  if (routingPolicy !== "WEIGHTED") {
    throw new CloudMapProblem(
      "DnsConfig.RoutingPolicy: it must be WEIGHTED for a service with CNAME records",
    );
  }
  if (name !== ".") return;
  throw new CloudMapProblem("DnsConfig.DnsRecords: the namespace's own name cannot be a CNAME");
}

/**
 * The DNS settings that an update leaves a service with: TTLs can change, records can go.
 * @param records what the update names; absent: none stays
 * @throws CloudMapProblem
 */
export function updatedDns(
  before: ServiceDns | undefined,
  records: readonly ServiceRecord[] | undefined,
): ServiceDns | undefined {
  for (const { type } of records ?? []) {
    if (before?.records.some((record) => record.type === type)) continue;
    throw new CloudMapProblem(
      `DnsConfig.DnsRecords: the service has no ${type} records, and an update cannot add them`,
    );
  }
  if (!before || !records || records.length === 0) return undefined;
  return { ...before, records: [...records] };
}
