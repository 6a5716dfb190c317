import type { ResourceRecordSet } from "./resource-record-set.ts";

/** The routing policy of a set. All sets of one name and type must have the same. */
export type RoutingPolicy =
  | "simple"
  | "weighted"
  | "latency"
  | "failover"
  | "geolocation"
  | "geoproximity"
  | "multivalue"
  | "cidr";

export function policyOf(rrset: ResourceRecordSet): RoutingPolicy {
  if (rrset.weight !== undefined) return "weighted";
  if (rrset.region !== undefined) return "latency";
  if (rrset.failover !== undefined) return "failover";
  if (rrset.geoLocation !== undefined) return "geolocation";
  if (rrset.geoProximityLocation !== undefined) return "geoproximity";
  if (rrset.multiValueAnswer === true) return "multivalue";
  if (rrset.cidrRoutingConfig !== undefined) return "cidr";
  return "simple";
}

/** What tells the sets of one name apart. */
export function rrsetKey(rrset: Pick<ResourceRecordSet, "type" | "setIdentifier">): string {
  return rrset.setIdentifier === undefined ? rrset.type : `${rrset.type} ${rrset.setIdentifier}`;
}
