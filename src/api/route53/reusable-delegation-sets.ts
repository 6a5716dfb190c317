import type { DelegationSet, HostedZone } from "../../control/model/hosted-zone.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { drawNameServers } from "../../control/model/name-servers.ts";
import { drawResourceId } from "../../control/model/resource-id.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "./api-context.ts";
import { commit } from "./commit.ts";
import { delegationSetView } from "./hosted-zone-view.ts";
import { cutPage, pageSize } from "./pages.ts";
import { isFull } from "./quotas.ts";
import { bareId, locationOf } from "./resource-ids.ts";
import type { HandlerFamily } from "./route53-handler.ts";

const pageSizeMax = 100;

export const reusableDelegationSets: HandlerFamily<
  | "CreateReusableDelegationSet"
  | "GetReusableDelegationSet"
  | "DeleteReusableDelegationSet"
  | "ListReusableDelegationSets"
> = (context) => ({
  async CreateReusableDelegationSet(input) {
    const { result } = await commit(context, {
      action: "CreateReusableDelegationSet",
      plan() {
        refuseReuse(context, input.CallerReference);
        const zone = zoneToTakeFrom(context, input.HostedZoneId);
        const set: DelegationSet = {
          id: drawResourceId("N", context.random),
          callerReference: input.CallerReference,
          nameServers:
            zone?.nameServers ?? drawNameServers(context.settings.nameServers, context.random),
        };
        return { mutations: setMutations(set, zone), result: set };
      },
    });
    const DelegationSet = delegationSetView(result);
    return { DelegationSet, Location: locationOf(DelegationSet.Id) };
  },

  GetReusableDelegationSet: (input) => ({
    DelegationSet: delegationSetView(requireDelegationSet(context, input.Id)),
  }),

  async DeleteReusableDelegationSet(input) {
    await commit(context, {
      action: "DeleteReusableDelegationSet",
      plan() {
        const { id, callerReference } = requireDelegationSet(context, input.Id);
        if (context.state.count("zoneByDelegationSet", [id]) > 0) {
          throw new ServiceError(
            "DelegationSetInUse",
            "The specified delegation set contains associated hosted zones.",
          );
        }
        const mutations: Mutation[] = [
          { remove: "delegationSet", key: [id] },
          { remove: "delegationSetByCallerReference", key: [callerReference] },
        ];
        return { mutations, result: undefined };
      },
    });
    return {};
  },

  ListReusableDelegationSets(input) {
    const size = pageSize(input.MaxItems, pageSizeMax);
    const rows = context.state.list<DelegationSet>("delegationSet", {
      ...(input.Marker === undefined ? {} : { from: [bareId(input.Marker)] }),
      limit: size + 1,
    });
    const { page, next } = cutPage(rows, size);
    return {
      DelegationSets: page.map(({ value }) => delegationSetView(value)),
      Marker: input.Marker ?? "",
      IsTruncated: next !== undefined,
      ...(next ? { NextMarker: next.key[0] } : {}),
      MaxItems: size,
    };
  },
});

/**
 * The reusable delegation set with this id.
 * @throws ServiceError NoSuchDelegationSet
 */
export function requireDelegationSet(context: ApiContext, id: string): DelegationSet {
  const set = context.state.get<DelegationSet>("delegationSet", [bareId(id)]);
  if (set) return set;
  const message = `No reusable delegation set found with ID: ${bareId(id)}`;
  throw new ServiceError("NoSuchDelegationSet", message);
}

function refuseReuse(context: ApiContext, callerReference: string): void {
  const { state } = context;
  if (state.get("delegationSetByCallerReference", [callerReference]) !== undefined) {
    throw new ServiceError(
      "DelegationSetAlreadyCreated",
      "A delegation set with the same owner and caller reference combination " +
        "has already been created.",
    );
  }
  if (isFull(context, "MAX_REUSABLE_DELEGATION_SETS_BY_OWNER", state.count("delegationSet"))) {
    throw new ServiceError(
      "LimitsExceeded",
      "Limits Exceeded: MAX_REUSABLE_DELEGATION_SETS_BY_OWNER - " +
        "Cannot create more reusable delegation sets.",
    );
  }
}

/** The zone whose name servers are to become a reusable set. */
function zoneToTakeFrom(context: ApiContext, id: string | undefined): HostedZone | undefined {
  if (id === undefined) return undefined;
  const zone = context.state.get<HostedZone>("hostedZone", [bareId(id)]);
  if (!zone) {
    const message = `The specified HostedZone can't be found: ${bareId(id)}`;
    throw new ServiceError("HostedZoneNotFound", message);
  }
  if (zone.private) {
    throw new ServiceError(
      "InvalidArgument",
      "A private hosted zone has no delegation set that could be reused",
    );
  }
  if (zone.delegationSetId === undefined) return zone;
  throw new ServiceError(
    "DelegationSetAlreadyReusable",
    "The specified delegation set has already been marked as reusable.",
  );
}

function setMutations(set: DelegationSet, zone: HostedZone | undefined): Mutation[] {
  const mutations: Mutation[] = [
    { put: "delegationSet", key: [set.id], value: set },
    { put: "delegationSetByCallerReference", key: [set.callerReference], value: set.id },
  ];
  if (!zone) return mutations;
  const value = { ...zone, delegationSetId: set.id };
  mutations.push({ put: "hostedZone", key: [zone.id], value });
  mutations.push({ put: "zoneByDelegationSet", key: [set.id, zone.id], value: true });
  return mutations;
}
