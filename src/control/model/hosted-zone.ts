import type { ResourceRecordSet } from "./resource-record-set.ts";

/** A row of the table `hostedZone`. */
export type HostedZone = {
  /** `Z` and 20 letters and digits. */
  id: string;
  /** Like `ResourceRecordSet.name`. */
  name: string;
  callerReference: string;
  comment?: string;
  /** ISO 8601. Of two public zones of one name the older is served. */
  createdAt: string;
  /** At least one for a private zone, none for a public one; also in `zoneByVpc`. */
  vpcs: Vpc[];
  private: boolean;
  /** Without trailing dots, as the API lists them. */
  nameServers: string[];
  /** The reusable delegation set, where the zone uses one; also in `zoneByDelegationSet`. */
  delegationSetId?: string;
  /** Set by UpdateHostedZoneFeatures; absent: never asked for. */
  acceleratedRecovery?: boolean;
  /** The service that made it and alone changes its record sets: Cloud Map. */
  linkedService?: LinkedService;
};

/** Who made a hosted zone or a health check, where that was no client of Route 53. */
export type LinkedService = {
  /** `servicediscovery.amazonaws.com` */
  servicePrincipal: string;
  /** The ARN of what it was made for. */
  description: string;
};

/** A VPC as a hosted zone or an authorization names it. */
export type Vpc = { id: string; region: string };

/** A row of the table `delegationSet`: a reusable one. */
export type DelegationSet = { id: string; callerReference: string; nameServers: string[] };

/** A row of the table `change`; `seq` and `at` are stamped by the store. */
export type ChangeRow = { zoneId?: string; comment?: string; seq: number; at: string };

/** TTLs that Route 53 gives a new zone's own sets. */
const nsTtlSeconds = 172_800;
const soaTtlSeconds = 900;

/** The NS and SOA sets that every hosted zone begins with and must keep. */
export function apexSets(
  zone: Pick<HostedZone, "name" | "nameServers">,
  hostmaster: string,
): ResourceRecordSet[] {
  const names = zone.nameServers.map((name) => `${name}.`);
  return [
    { name: zone.name, type: "NS", ttl: nsTtlSeconds, resourceRecords: names },
    {
      name: zone.name,
      type: "SOA",
      ttl: soaTtlSeconds,
      resourceRecords: [`${names[0]} ${hostmaster} ${soaTimers} 86400`],
    },
  ];
}

/** Serial, refresh, retry and expire as Route 53 gives them. */
const soaTimers = "1 7200 900 1209600";

/** An SOA set whose TTL is that of negative answers too (RFC 2308 §5). */
export function withNegativeTtl(soa: ResourceRecordSet, ttl: number): ResourceRecordSet {
  const values = soa.resourceRecords ?? [];
  return { ...soa, ttl, resourceRecords: values.map((value) => value.replace(/\d+$/, `${ttl}`)) };
}

/** Whether a set is one of those that the zone cannot be without. */
export function isApexSet(zone: Pick<HostedZone, "name">, rrset: ResourceRecordSet): boolean {
  return rrset.name === zone.name && (rrset.type === "NS" || rrset.type === "SOA");
}

/** Whether a name is the zone's or below it; both as in `ResourceRecordSet.name`. */
export function liesInZone(name: string, zoneName: string): boolean {
  // A dot inside a label is written \056, so the text tells.
  return name === zoneName || zoneName === "." || name.endsWith(`.${zoneName}`);
}
