import { aliasWalkMax } from "../../base/limits.ts";
import { liesInZone } from "./hosted-zone.ts";
import type { AliasTarget, ResourceRecordSet } from "./resource-record-set.ts";

type AliasZone = {
  id: string;
  name: string;
  /** The sets at a name as they would be after the batch. */
  setsAt(name: string): readonly ResourceRecordSet[];
};

/** What is wrong with a changed alias set: Route 53 says all that is, so it may be two things. */
export function aliasMessages(rrset: ResourceRecordSet, zone: AliasZone): string[] {
  const { aliasTarget } = rrset;
  if (!aliasTarget) return [];
  if (rrset.type === "NS" || rrset.type === "SOA") {
    return [
      `RRSet of type ${rrset.type} with DNS name ${rrset.name} is not permitted as an alias.`,
    ];
  }
  if (rrset.multiValueAnswer) {
    return [
      `RRSet with DNS name ${rrset.name}, type ${rrset.type} cannot be both a multivalue ` +
        "answer RRSet and an alias.",
    ];
  }
  const { dnsName, hostedZoneId } = aliasTarget;
  const attempt =
    `Tried to create an alias that targets ${dnsName}, type ${rrset.type} ` +
    `in zone ${hostedZoneId}, but`;
  const notFound = `${attempt} that target was not found`;
  // Targets outside of this zone (load balancers, distributions, other zones) cannot be answered.
  if (hostedZoneId !== zone.id || !liesInZone(dnsName, zone.name)) {
    return [`${attempt} the alias target name does not lie within the target zone`, notFound];
  }
  if (dnsName === rrset.name || targets(aliasTarget, rrset.type, zone).length === 0) {
    return [notFound];
  }
  return leadsBack(rrset, zone) ? [`${attempt} that target leads back to the alias`] : [];
}

function targets(target: AliasTarget, type: string, zone: AliasZone): ResourceRecordSet[] {
  return zone.setsAt(target.dnsName).filter((rrset) => rrset.type === type);
}

/** Whether following aliases from `rrset` comes to its own name and type again. */
function leadsBack(rrset: ResourceRecordSet, zone: AliasZone): boolean {
  const seen = new Set<string>();
  const waiting = [rrset];
  for (let next = waiting.pop(); next && seen.size < aliasWalkMax; next = waiting.pop()) {
    const { aliasTarget } = next;
    if (!aliasTarget || seen.has(aliasTarget.dnsName)) continue;
    if (aliasTarget.dnsName === rrset.name) return true;
    seen.add(aliasTarget.dnsName);
    waiting.push(...targets(aliasTarget, rrset.type, zone));
  }
  return false;
}
