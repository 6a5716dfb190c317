import { geoLocationLabel } from "./geo-locations.ts";
import type { ResourceRecordSet } from "./resource-record-set.ts";
import { policyOf } from "./rrset-policy.ts";

/** `[name='n.', type='A', set-identifier='s']`, as in messages about one set. */
export function setLabel(rrset: ResourceRecordSet): string {
  const { name, type, setIdentifier } = rrset;
  const identifier = setIdentifier === undefined ? "" : `, set-identifier='${setIdentifier}'`;
  return `resource record set [name='${name}', type='${type}'${identifier}]`;
}

/** `RRSet with DNS name n., type A, SetIdentifier s, marked as primary`: a set of a group. */
export function memberLabel(rrset: ResourceRecordSet): string {
  const { name, type, setIdentifier } = rrset;
  const identifier = setIdentifier === undefined ? "" : `, SetIdentifier ${setIdentifier}`;
  return `RRSet with DNS name ${name}, type ${type}${identifier}${distinction(rrset)}`;
}

function distinction(rrset: ResourceRecordSet): string {
  if (rrset.region !== undefined) return `, and Region Name=${rrset.region}`;
  if (rrset.failover !== undefined) return `, marked as ${rrset.failover.toLowerCase()}`;
  if (rrset.geoLocation) return `, and routing to [${geoLocationLabel(rrset.geoLocation)}]`;
  return "";
}

/** Says that a set cannot join a group of another policy. */
export function otherPolicyMessage(rrset: ResourceRecordSet): string {
  const label = memberLabel(rrset);
  const already = "with the same name and type already exists";
  switch (policyOf(rrset)) {
    case "simple":
      return `${label} cannot be created as other RRSets exist with the same name and type.`;
    case "weighted":
      return `${label} cannot be created as a non-weighted set exists with the same name and type.`;
    case "multivalue":
      return (
        `${label} cannot be created because a non multivalue answer rrset exists ` +
        "with the same name and type."
      );
    case "latency":
      return `${label} cannot be created because a non-latency RRSet ${already}.`;
    case "failover":
      return `${label} cannot be created because a non-failover RRSet ${already}.`;
    case "geolocation":
      return `${label} cannot be created because a non-GEO RRSet ${already}.`;
    case "geoproximity":
      return `${label} cannot be created because a non-geoproximity RRSet ${already}.`;
    case "cidr":
      return `${label} cannot be created because a non-CIDR RRSet ${already}.`;
  }
}
