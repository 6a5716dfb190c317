import { firewallRuleGroupCountMax } from "../../base/limits.ts";
import type { FirewallRuleGroup } from "../../control/model/firewall.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { commit } from "../commit/commit.ts";
import { createdEarlier, putCreatorRequest, removeCreatorRequest } from "./creator-requests.ts";
import { firewallPage } from "./firewall-page.ts";
import { conflict, invalid, limitExceeded } from "./firewall-refusals.ts";
import { groupType, requireGroup } from "./firewall-rows.ts";
import type { ResolverContext } from "./resolver-context.ts";
import type { HandlerFamily, InputOf } from "./resolver-handler.ts";
import { drawResolverId, resolverArn } from "./resolver-ids.ts";
import { putFirstTags, removeResolverTags } from "./resolver-tags.ts";

export const firewallRuleGroups: HandlerFamily<
  | "CreateFirewallRuleGroup"
  | "GetFirewallRuleGroup"
  | "ListFirewallRuleGroups"
  | "DeleteFirewallRuleGroup"
> = (context) => ({
  async CreateFirewallRuleGroup(input) {
    const group = await commit(context, {
      action: "CreateFirewallRuleGroup",
      plan: () => planCreation(context, input),
    });
    return { FirewallRuleGroup: view(context, group) };
  },

  GetFirewallRuleGroup: ({ FirewallRuleGroupId }) =>
    context.state.read(() => ({
      FirewallRuleGroup: view(context, requireGroup(context.state, FirewallRuleGroupId)),
    })),

  ListFirewallRuleGroups: (input) =>
    context.state.read(() => {
      const listing = { table: "firewallRuleGroup", keySize: 1 } as const;
      const { values, ...next } = firewallPage<FirewallRuleGroup>(context.state, listing, input);
      return { FirewallRuleGroups: values.map((group) => metadata(context, group)), ...next };
    }),

  async DeleteFirewallRuleGroup({ FirewallRuleGroupId }) {
    const result = await commit(context, {
      action: "DeleteFirewallRuleGroup",
      plan: () => planDeletion(context, FirewallRuleGroupId),
    });
    return { FirewallRuleGroup: { ...result, Status: "DELETING" } };
  },
});

function planCreation(
  context: ResolverContext,
  { Name, CreatorRequestId, Tags }: InputOf<"CreateFirewallRuleGroup">,
): { mutations: Mutation[]; result: FirewallRuleGroup } {
  const { state, clock, random } = context;
  const earlier = createdEarlier(context, groupType, CreatorRequestId);
  if (earlier !== undefined) {
    const group = requireGroup(state, earlier);
    if (group.name === Name) return { mutations: [], result: group };
    throw invalid(`The creator request id ${CreatorRequestId} is that of ${earlier}.`);
  }
  if (state.count("firewallRuleGroup") >= firewallRuleGroupCountMax) {
    throw limitExceeded("rule groups", { limit: firewallRuleGroupCountMax, type: groupType });
  }
  const at = new Date(clock.nowMs()).toISOString();
  const group: FirewallRuleGroup = {
    id: drawResolverId("rslvr-frg", random),
    name: Name,
    creatorRequestId: CreatorRequestId,
    createdAt: at,
    modifiedAt: at,
  };
  const mutations: Mutation[] = [
    { put: "firewallRuleGroup", key: [group.id], value: group },
    putCreatorRequest(context, { what: "Firewall rule group", kind: groupType, ...group }),
    ...putFirstTags({ kind: groupType, id: group.id }, Tags),
  ];
  return { mutations, result: group };
}

function planDeletion(context: ResolverContext, id: string) {
  const { state } = context;
  const group = requireGroup(state, id);
  const rules = state.count("firewallRule", [id]);
  if (rules > 0) {
    throw conflict(
      `[RSLVR-02103] The rule group ${id} can't be deleted: it has ${rules} rules. ` +
        "Delete the rules first.",
    );
  }
  const associations = state.count("firewallAssociationByGroup", [id]);
  if (associations > 0) {
    throw conflict(
      `The rule group ${id} can't be deleted: it is associated with ${associations} VPCs. ` +
        "Disassociate it first.",
    );
  }
  const mutations: Mutation[] = [
    { remove: "firewallRuleGroup", key: [id] },
    removeResolverTags({ kind: groupType, id }),
    { remove: "resolverPolicy", key: [groupType, id] },
    removeCreatorRequest(groupType, group.creatorRequestId),
  ];
  return { mutations, result: view(context, group) };
}

function view(context: ResolverContext, group: FirewallRuleGroup) {
  return {
    ...metadata(context, group),
    RuleCount: context.state.count("firewallRule", [group.id]),
    Status: "COMPLETE" as const,
    StatusMessage: "Created Firewall Rule Group",
    CreationTime: group.createdAt,
    ModificationTime: group.modifiedAt,
  };
}

function metadata(context: ResolverContext, { id, name, creatorRequestId }: FirewallRuleGroup) {
  const shared = context.state.get("resolverPolicy", [groupType, id]) !== undefined;
  return {
    Id: id,
    Arn: resolverArn(context, { kind: groupType, id }),
    Name: name,
    OwnerId: context.settings.accountId,
    CreatorRequestId: creatorRequestId,
    ShareStatus: shared ? ("SHARED_BY_ME" as const) : ("NOT_SHARED" as const),
  };
}
