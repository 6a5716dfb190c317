import type { VPCRegion } from "@aws-sdk/client-route-53";
import type { DelegationSet, HostedZone } from "../../control/model/hosted-zone.ts";
import { ZoneDamagedError } from "../../control/state/state-reader.ts";
import type { ApiContext } from "./api-context.ts";
import { linkedServiceView } from "./linked-service.ts";
import { zonePath } from "./resource-ids.ts";

/** A hosted zone as answers have it. */
export function hostedZoneView(context: ApiContext, zone: HostedZone) {
  const { comment, acceleratedRecovery } = zone;
  return {
    Id: zonePath(zone.id),
    Name: zone.name,
    CallerReference: zone.callerReference,
    Config: {
      ...(comment === undefined ? {} : { Comment: comment }),
      PrivateZone: zone.private,
    },
    ...countOf(context, zone),
    ...linkedServiceView(zone),
    ...(acceleratedRecovery === undefined
      ? {}
      : { Features: { AcceleratedRecoveryStatus: recoveryStatus(acceleratedRecovery) } }),
  };
}

/** A damaged zone is listed with the others; only how much it holds is not known. */
function countOf(context: ApiContext, zone: HostedZone): { ResourceRecordSetCount?: number } {
  try {
    return { ResourceRecordSetCount: context.state.rrsetCount(zone.id) };
  } catch (error) {
    if (error instanceof ZoneDamagedError) return {};
    throw error;
  }
}

function recoveryStatus(enabled: boolean): "ENABLED" | "DISABLED" {
  return enabled ? "ENABLED" : "DISABLED";
}

/** The name servers of a public zone; with id and reference where the set is a reusable one. */
export function delegationSetOf(context: ApiContext, zone: HostedZone) {
  const { delegationSetId, nameServers } = zone;
  const set =
    delegationSetId === undefined
      ? undefined
      : context.state.get<DelegationSet>("delegationSet", [delegationSetId]);
  return set ? delegationSetView(set) : { NameServers: nameServers };
}

/** A reusable delegation set as answers have it. */
export function delegationSetView(set: DelegationSet) {
  return {
    Id: `/delegationset/${set.id}`,
    CallerReference: set.callerReference,
    NameServers: set.nameServers,
  };
}

/** A VPC as answers have it. */
export function vpcView(vpc: { id: string; region: string }) {
  return { VPCRegion: vpc.region as VPCRegion, VPCId: vpc.id };
}
