import { firewallAssociationCountMax } from "../../base/limits.ts";
import type { FirewallAssociation } from "../../control/model/firewall.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import type { StateReader } from "../../control/state/state-reader.ts";
import { commit } from "../commit/commit.ts";
import { createdEarlier, putCreatorRequest, removeCreatorRequest } from "./creator-requests.ts";
import { firewallPage } from "./firewall-page.ts";
import { conflict, invalid, limitExceeded } from "./firewall-refusals.ts";
import { associationType, requireAssociation, requireGroup, requireVpc } from "./firewall-rows.ts";
import type { ResolverContext } from "./resolver-context.ts";
import type { HandlerFamily, InputOf } from "./resolver-handler.ts";
import { drawResolverId, resolverArn } from "./resolver-ids.ts";
import { putFirstTags, removeResolverTags } from "./resolver-tags.ts";

const priorityMin = 100;
const priorityMax = 9_900;

export const firewallAssociations: HandlerFamily<
  | "AssociateFirewallRuleGroup"
  | "GetFirewallRuleGroupAssociation"
  | "ListFirewallRuleGroupAssociations"
  | "UpdateFirewallRuleGroupAssociation"
  | "DisassociateFirewallRuleGroup"
> = (context) => ({
  async AssociateFirewallRuleGroup(input) {
    const association = await commit(context, {
      action: "AssociateFirewallRuleGroup",
      plan: () => planAssociation(context, input),
    });
    return { FirewallRuleGroupAssociation: view(context, association) };
  },

  GetFirewallRuleGroupAssociation({ FirewallRuleGroupAssociationId }) {
    const association = requireAssociation(context.state, FirewallRuleGroupAssociationId);
    return { FirewallRuleGroupAssociation: view(context, association) };
  },

  ListFirewallRuleGroupAssociations(input) {
    const { FirewallRuleGroupId, VpcId, Priority, Status = "COMPLETE" } = input;
    const listing = {
      table: "firewallAssociation",
      keySize: 1,
      keep: ({ value }: { value: FirewallAssociation }) =>
        (FirewallRuleGroupId ?? value.groupId) === value.groupId &&
        (VpcId ?? value.vpcId) === value.vpcId &&
        (Priority ?? value.priority) === value.priority &&
        Status === "COMPLETE",
    } as const;
    const { values, ...next } = firewallPage<FirewallAssociation>(context.state, listing, input);
    return { FirewallRuleGroupAssociations: values.map((each) => view(context, each)), ...next };
  },

  async UpdateFirewallRuleGroupAssociation(input) {
    const association = await commit(context, {
      action: "UpdateFirewallRuleGroupAssociation",
      plan: () => planUpdate(context, input),
    });
    return { FirewallRuleGroupAssociation: view(context, association) };
  },

  async DisassociateFirewallRuleGroup({ FirewallRuleGroupAssociationId }) {
    const association = await commit(context, {
      action: "DisassociateFirewallRuleGroup",
      plan: () => planDisassociation(context.state, FirewallRuleGroupAssociationId),
    });
    const gone = { ...view(context, association), Status: "DELETING" as const };
    return { FirewallRuleGroupAssociation: gone };
  },
});

type Plan = { mutations: Mutation[]; result: FirewallAssociation };

function planAssociation(
  context: ResolverContext,
  input: InputOf<"AssociateFirewallRuleGroup">,
): Plan {
  const { state, clock, random } = context;
  const { FirewallRuleGroupId: groupId, VpcId: vpcId, Priority: priority, Name: name } = input;
  const mutationProtection = input.MutationProtection ?? "DISABLED";
  const { CreatorRequestId: creatorRequestId } = input;
  const earlier = createdEarlier(context, associationType, creatorRequestId);
  if (earlier !== undefined) {
    const made = requireAssociation(state, earlier);
    if (isSame(made, { groupId, vpcId, priority, name })) return { mutations: [], result: made };
    throw invalid(`The creator request id ${creatorRequestId} is that of ${earlier}.`);
  }
  requireGroup(state, groupId);
  requireVpc(context, vpcId);
  const others = associationsOf(state, vpcId);
  if (others.some((other) => other.groupId === groupId)) {
    throw conflict(`The rule group ${groupId} is associated with ${vpcId} already.`);
  }
  if (others.length >= firewallAssociationCountMax) {
    const limit = { limit: firewallAssociationCountMax, type: associationType };
    throw limitExceeded("rule groups on a VPC", limit);
  }
  requirePriority(priority, others);
  const id = drawResolverId("rslvr-frgassoc", random);
  const at = new Date(clock.nowMs()).toISOString();
  const association: FirewallAssociation = {
    ...{ id, groupId, vpcId, name, priority, mutationProtection },
    ...{ creatorRequestId, createdAt: at, modifiedAt: at },
  };
  const request = { what: "Rule group association", kind: associationType };
  const mutations: Mutation[] = [
    { put: "firewallAssociation", key: [id], value: association },
    { put: "firewallAssociationByVpc", key: [vpcId, id], value: true },
    { put: "firewallAssociationByGroup", key: [groupId, id], value: true },
    putCreatorRequest(context, { ...request, id, creatorRequestId }),
    ...putFirstTags({ kind: associationType, id }, input.Tags),
  ];
  return { mutations, result: association };
}

type Given = Pick<FirewallAssociation, "groupId" | "vpcId" | "priority" | "name">;

/** Whether a request was sent again. */
function isSame(made: Given, given: Given): boolean {
  const members = ["groupId", "vpcId", "priority", "name"] as const;
  return members.every((member) => made[member] === given[member]);
}

function planUpdate(
  { state, clock }: ResolverContext,
  input: InputOf<"UpdateFirewallRuleGroupAssociation">,
): Plan {
  const before = requireAssociation(state, input.FirewallRuleGroupAssociationId);
  const { MutationProtection: mutationProtection = before.mutationProtection } = input;
  if (mutationProtection === "ENABLED") refuseProtected(before, "changed");
  const { Priority: priority = before.priority, Name: name = before.name } = input;
  const others = associationsOf(state, before.vpcId).filter(({ id }) => id !== before.id);
  requirePriority(priority, others);
  const modifiedAt = new Date(clock.nowMs()).toISOString();
  const association = { ...before, priority, name, mutationProtection, modifiedAt };
  const key = [before.id];
  return {
    mutations: [{ put: "firewallAssociation", key, value: association }],
    result: association,
  };
}

function planDisassociation(state: StateReader, id: string): Plan {
  const association = requireAssociation(state, id);
  refuseProtected(association, "removed");
  const { groupId, vpcId, creatorRequestId } = association;
  const mutations: Mutation[] = [
    { remove: "firewallAssociation", key: [id] },
    { remove: "firewallAssociationByVpc", key: [vpcId, id] },
    { remove: "firewallAssociationByGroup", key: [groupId, id] },
    removeResolverTags({ kind: associationType, id }),
    removeCreatorRequest(associationType, creatorRequestId),
  ];
  return { mutations, result: association };
}

/** Only a request that switches the protection off changes a protected association. */
function refuseProtected({ id, mutationProtection }: FirewallAssociation, what: string): void {
  if (mutationProtection === "DISABLED") return;
  throw conflict(
    `The rule group association ${id} can't be ${what}: its mutation protection is enabled.`,
  );
}

/** Rule groups on a VPC are asked by their priority: no two have the same. */
function requirePriority(priority: number, others: readonly FirewallAssociation[]): void {
  if (priority < priorityMin || priority > priorityMax) {
    throw invalid(
      "[RSLVR-02017] The priority value you provided is reserved. " +
        `Provide a number between '${priorityMin}' and '${priorityMax}'.`,
    );
  }
  const same = others.find((other) => other.priority === priority);
  if (!same) return;
  throw invalid(
    `The priority ${priority} is that of the association ${same.id} on ${same.vpcId}. ` +
      "Provide a unique priority.",
  );
}

function associationsOf(state: StateReader, vpcId: string): FirewallAssociation[] {
  return state
    .list("firewallAssociationByVpc", { prefix: [vpcId] })
    .map(({ key }) => requireAssociation(state, key[1] ?? ""));
}

function view(context: ResolverContext, association: FirewallAssociation) {
  const { id } = association;
  return {
    Id: id,
    Arn: resolverArn(context, { kind: associationType, id }),
    FirewallRuleGroupId: association.groupId,
    VpcId: association.vpcId,
    Name: association.name,
    Priority: association.priority,
    MutationProtection: association.mutationProtection,
    Status: "COMPLETE" as const,
    StatusMessage: "Finished rule group association update",
    CreatorRequestId: association.creatorRequestId,
    CreationTime: association.createdAt,
    ModificationTime: association.modifiedAt,
  };
}
