import { memberLabel, otherPolicyMessage } from "./change-batch-messages.ts";
import type { ResourceRecordSet } from "./resource-record-set.ts";
import { policyOf } from "./rrset-policy.ts";

const unroutedTypes = new Set(["NS", "SOA", "DS"]);

/**
 * What is wrong with a changed set among all sets of its name and type, as they would be after
 * the batch. One message at most.
 * @param group all of them, the set itself included
 */
export function groupMessage(
  rrset: ResourceRecordSet,
  group: readonly ResourceRecordSet[],
): string | undefined {
  const policy = policyOf(rrset);
  if (policy !== "simple" && unroutedTypes.has(rrset.type)) return noPolicyMessage(rrset);
  if (policy === "multivalue" && rrset.type === "CNAME") return noPolicyMessage(rrset);
  const others = group.filter((other) => other !== rrset);
  if (others.some((other) => policyOf(other) !== policy)) return otherPolicyMessage(rrset);
  if (policy === "simple" || policy === "multivalue") return undefined;
  if (policy === "weighted") return weightedMessage(rrset, others);
  if (policy === "cidr") return cidrMessage(rrset, others);
  const place = placeOf(rrset);
  if (!others.some((other) => placeOf(other) === place)) return undefined;
  return sameMessage(rrset, whatIsSame[policy]);
}

function noPolicyMessage(rrset: ResourceRecordSet): string {
  const { name, type } = rrset;
  const policy = policyOf(rrset);
  return `RRSet of type ${type} with DNS name ${name} is not permitted with ${policy} routing.`;
}

const whatIsSame = {
  latency: "region",
  failover: "failover role",
  geolocation: "geolocation",
  geoproximity: "geoproximity location",
} as const;

function sameMessage(rrset: ResourceRecordSet, what: string): string {
  const label = memberLabel(rrset);
  return `${label} cannot be created as another RRSet exists with the same name, type and ${what}.`;
}

/** All weighted sets of a group share their TTL; an alias has none of its own. */
function weightedMessage(
  rrset: ResourceRecordSet,
  others: readonly ResourceRecordSet[],
): string | undefined {
  const { ttl } = rrset;
  if (ttl === undefined) return undefined;
  if (others.every((other) => other.ttl === undefined || other.ttl === ttl)) return undefined;
  return `${memberLabel(rrset)} cannot be created as weighted sets must contain the same TTL.`;
}

/** All sets of a group take their locations from one collection, each a different one. */
function cidrMessage(
  rrset: ResourceRecordSet,
  others: readonly ResourceRecordSet[],
): string | undefined {
  const collectionId = rrset.cidrRoutingConfig?.collectionId;
  if (others.some((other) => other.cidrRoutingConfig?.collectionId !== collectionId)) {
    return (
      `${memberLabel(rrset)} cannot be created as CIDR sets with the same name and type ` +
      "must use the same CIDR collection."
    );
  }
  const place = placeOf(rrset);
  if (!others.some((other) => placeOf(other) === place)) return undefined;
  return sameMessage(rrset, "CIDR location");
}

/** What no two sets of one group may share: a text made of the policy's own fields. */
function placeOf(rrset: ResourceRecordSet): string {
  const { geoLocation, geoProximityLocation } = rrset;
  if (geoLocation) {
    const { continentCode, countryCode, subdivisionCode } = geoLocation;
    return [continentCode, countryCode, subdivisionCode].join(" ");
  }
  if (geoProximityLocation) {
    const { awsRegion, localZoneGroup, coordinates } = geoProximityLocation;
    const point = coordinates && [Number(coordinates.latitude), Number(coordinates.longitude)];
    return [awsRegion, localZoneGroup, ...(point ?? [])].join(" ");
  }
  return rrset.region ?? rrset.failover ?? rrset.cidrRoutingConfig?.locationName ?? "";
}
