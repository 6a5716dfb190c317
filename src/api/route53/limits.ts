import type { TableName } from "../../control/model/tables.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "./api-context.ts";
import type { LimitName } from "./quotas.ts";
import { quotaOf } from "./quotas.ts";
import { requireDelegationSet } from "./reusable-delegation-sets.ts";
import type { HandlerFamily } from "./route53-handler.ts";
import { requireZone } from "./zones.ts";

export const limits: HandlerFamily<
  "GetAccountLimit" | "GetHostedZoneLimit" | "GetReusableDelegationSetLimit"
> = (context) => ({
  GetAccountLimit: ({ Type }) => ({
    Limit: quotaOf(context, Type),
    Count: accountCount(context, Type),
  }),

  GetHostedZoneLimit: ({ Type, HostedZoneId }) =>
    context.state.read(() => {
      const zone = requireZone(context, HostedZoneId);
      if (Type === "MAX_RRSETS_BY_ZONE") {
        return { Limit: quotaOf(context, Type), Count: context.state.rrsetCount(zone.id) };
      }
      if (!zone.private) {
        throw new ServiceError(
          "HostedZoneNotPrivate",
          "The specified hosted zone is a public hosted zone, not a private hosted zone.",
        );
      }
      return { Limit: quotaOf(context, Type), Count: zone.vpcs.length };
    }),

  GetReusableDelegationSetLimit: ({ Type, DelegationSetId }) =>
    context.state.read(() => {
      const { id } = requireDelegationSet(context, DelegationSetId);
      const Count = context.state.count("zoneByDelegationSet", [id]);
      return { Limit: quotaOf(context, Type), Count };
    }),
});

const tableOf: Partial<Record<LimitName, TableName>> = {
  MAX_HOSTED_ZONES_BY_OWNER: "hostedZone",
  MAX_REUSABLE_DELEGATION_SETS_BY_OWNER: "delegationSet",
  MAX_HEALTH_CHECKS_BY_OWNER: "healthCheck",
  MAX_TRAFFIC_POLICIES_BY_OWNER: "trafficPolicy",
  MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER: "trafficPolicyInstance",
};

function accountCount(context: ApiContext, type: LimitName): number {
  const table = tableOf[type];
  return table === undefined ? 0 : context.state.count(table);
}
