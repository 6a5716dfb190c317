import type { HostedZone } from "../../control/model/hosted-zone.ts";
import { isApexSet } from "../../control/model/hosted-zone.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { nameSortKey } from "../../control/model/name-sort-key.ts";
import { usesOf } from "../../control/model/rrset-uses.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "./api-context.ts";
import { commitChange } from "./commit.ts";
import { refuseLinked } from "./linked-service.ts";
import { removalOfExtensions } from "./record-extension-rows.ts";
import { bareId } from "./resource-ids.ts";
import type { HandlerFamily } from "./route53-handler.ts";
import { requireZone } from "./zones.ts";

export const deleteHostedZone: HandlerFamily<"DeleteHostedZone"> = (context) => ({
  async DeleteHostedZone(input) {
    const { changeInfo } = await commitChange(context, {
      action: "DeleteHostedZone",
      zoneId: bareId(input.Id),
      alsoAccount: true,
      plan() {
        const zone = requireZone(context, input.Id);
        refuseLinked("hostedzone", zone);
        requireEmpty(context, zone);
        return { mutations: removalOf(context, zone), result: undefined };
      },
    });
    return { ChangeInfo: changeInfo };
  },
});

function requireEmpty(context: ApiContext, zone: HostedZone): void {
  const { state } = context;
  if (state.rrsets(zone.id, undefined, 3).some((rrset) => !isApexSet(zone, rrset))) {
    throw new ServiceError(
      "HostedZoneNotEmpty",
      "The specified hosted zone contains non-required resource record sets " +
        "and so cannot be deleted.",
    );
  }
  if (state.list("trafficPolicyInstanceByZone", { prefix: [zone.id], limit: 1 }).length > 0) {
    throw new ServiceError(
      "HostedZoneNotEmpty",
      "The specified hosted zone contains traffic policy instances and so cannot be deleted.",
    );
  }
  if (state.count("rrsetProtection", [zone.id]) > 0) {
    throw new ServiceError(
      "HostedZoneNotEmpty",
      "The specified hosted zone contains resource record set protections " +
        "and so cannot be deleted.",
    );
  }
}

/** Everything that is the zone's, in all tables. */
export function removalOf(context: ApiContext, zone: HostedZone): Mutation[] {
  const { state } = context;
  const { id, delegationSetId } = zone;
  const mutations: Mutation[] = [
    { dropRRsets: id },
    { remove: "hostedZone", key: [id] },
    { remove: "zoneByName", key: [nameSortKey(zone.name), id] },
    { remove: "zoneByCallerReference", key: [zone.callerReference] },
    { remove: "tag", key: ["hostedzone", id] },
  ];
  for (const vpc of zone.vpcs) mutations.push({ remove: "zoneByVpc", key: [vpc.id, id] });
  if (delegationSetId !== undefined) {
    mutations.push({ remove: "zoneByDelegationSet", key: [delegationSetId, id] });
  }
  for (const { key } of state.list("vpcAuthorization", { prefix: [id] })) {
    mutations.push({ remove: "vpcAuthorization", key });
  }
  // Nothing but its NS and SOA is left of it.
  for (const rrset of state.rrsets(id, undefined, 2)) {
    mutations.push(...usesOf("remove", id, rrset));
  }
  mutations.push(...removalOfExtensions(context, id));
  const queryLogging = state.get<string>("queryLoggingByZone", [id]);
  if (queryLogging !== undefined) {
    mutations.push({ remove: "queryLogging", key: [queryLogging] });
    mutations.push({ remove: "queryLoggingByZone", key: [id] });
  }
  return mutations;
}
