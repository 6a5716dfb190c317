import type { Mutation } from "./mutation.ts";
import type { ResourceRecordSet } from "./resource-record-set.ts";
import { rrsetKey } from "./rrset-policy.ts";
import type { TableName } from "./tables.ts";

/** Keeps the indexes of which sets use a CIDR location or a health check. */
export function usesOf(
  verb: "put" | "remove",
  zoneId: string,
  rrset: ResourceRecordSet,
): Mutation[] {
  const { cidrRoutingConfig, healthCheckId } = rrset;
  if (!cidrRoutingConfig && healthCheckId === undefined) return [];
  const mutations: Mutation[] = [];
  const use = (table: TableName, used: readonly string[]): void => {
    const key = [...used, zoneId, rrset.name, rrsetKey(rrset)];
    mutations.push(verb === "put" ? { put: table, key, value: true } : { remove: table, key });
  };
  if (cidrRoutingConfig) {
    const { collectionId, locationName } = cidrRoutingConfig;
    use("cidrLocationUse", [collectionId, locationName]);
  }
  if (healthCheckId !== undefined) use("healthCheckUse", [healthCheckId]);
  return mutations;
}
