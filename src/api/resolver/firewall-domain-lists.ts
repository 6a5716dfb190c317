import { firewallDomainListCountMax } from "../../base/limits.ts";
import type { FirewallDomainList } from "../../control/model/firewall.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { commit } from "../commit/commit.ts";
import { createdEarlier, putCreatorRequest, removeCreatorRequest } from "./creator-requests.ts";
import { firewallPage } from "./firewall-page.ts";
import { conflict, invalid, limitExceeded } from "./firewall-refusals.ts";
import { listType, requireList } from "./firewall-rows.ts";
import type { ResolverContext } from "./resolver-context.ts";
import type { HandlerFamily, InputOf } from "./resolver-handler.ts";
import { drawResolverId, resolverArn } from "./resolver-ids.ts";
import { putFirstTags, removeResolverTags } from "./resolver-tags.ts";

export const firewallDomainLists: HandlerFamily<
  | "CreateFirewallDomainList"
  | "GetFirewallDomainList"
  | "ListFirewallDomainLists"
  | "DeleteFirewallDomainList"
> = (context) => ({
  async CreateFirewallDomainList(input) {
    const list = await commit(context, {
      action: "CreateFirewallDomainList",
      plan: () => planCreation(context, input),
    });
    return { FirewallDomainList: view(context, list) };
  },

  GetFirewallDomainList: ({ FirewallDomainListId }) => ({
    FirewallDomainList: view(context, requireList(context.state, FirewallDomainListId)),
  }),

  ListFirewallDomainLists: (input) =>
    context.state.read(() => {
      const listing = { table: "firewallDomainList", keySize: 1 } as const;
      const { values, ...next } = firewallPage<FirewallDomainList>(context.state, listing, input);
      const lists = values.map((list) => ({
        Id: list.id,
        Arn: arnOf(context, list),
        Name: list.name,
        CreatorRequestId: list.creatorRequestId,
      }));
      return { FirewallDomainLists: lists, ...next };
    }),

  async DeleteFirewallDomainList({ FirewallDomainListId }) {
    const list = await commit(context, {
      action: "DeleteFirewallDomainList",
      plan: () => planDeletion(context, FirewallDomainListId),
    });
    return { FirewallDomainList: { ...view(context, list), Status: "DELETING" } };
  },
});

function planCreation(
  context: ResolverContext,
  { Name, CreatorRequestId, Tags }: InputOf<"CreateFirewallDomainList">,
): { mutations: Mutation[]; result: FirewallDomainList } {
  const { state, clock, random } = context;
  const earlier = createdEarlier(context, listType, CreatorRequestId);
  if (earlier !== undefined) {
    const list = requireList(state, earlier);
    if (list.name === Name) return { mutations: [], result: list };
    throw invalid(`The creator request id ${CreatorRequestId} is that of ${earlier}.`);
  }
  if (state.count("firewallDomainList") >= firewallDomainListCountMax) {
    throw limitExceeded("domain lists", { limit: firewallDomainListCountMax, type: listType });
  }
  const at = new Date(clock.nowMs()).toISOString();
  const list: FirewallDomainList = {
    id: drawResolverId("rslvr-fdl", random),
    name: Name,
    creatorRequestId: CreatorRequestId,
    domainCount: 0,
    version: 0,
    createdAt: at,
    modifiedAt: at,
  };
  const mutations: Mutation[] = [
    { put: "firewallDomainList", key: [list.id], value: list },
    putCreatorRequest(context, { what: "Firewall domain list", kind: listType, ...list }),
    ...putFirstTags({ kind: listType, id: list.id }, Tags),
  ];
  return { mutations, result: list };
}

function planDeletion(
  { state }: ResolverContext,
  id: string,
): { mutations: Mutation[]; result: FirewallDomainList } {
  const list = requireList(state, id);
  const ruleCount = state.count("firewallRuleByList", [id]);
  if (ruleCount > 0) {
    throw conflict(`The domain list ${id} can't be deleted: ${ruleCount} firewall rules use it.`);
  }
  const leaves = state.list("firewallDomains", { prefix: [id] });
  const mutations: Mutation[] = [
    { remove: "firewallDomainList", key: [id] },
    removeResolverTags({ kind: listType, id }),
    removeCreatorRequest(listType, list.creatorRequestId),
    ...leaves.map(({ key }): Mutation => ({ remove: "firewallDomains", key })),
  ];
  return { mutations, result: list };
}

function view(context: ResolverContext, list: FirewallDomainList) {
  return {
    Id: list.id,
    Arn: arnOf(context, list),
    Name: list.name,
    DomainCount: list.domainCount,
    Status: "COMPLETE" as const,
    StatusMessage: list.statusMessage ?? "Created Firewall Domain List",
    CreatorRequestId: list.creatorRequestId,
    CreationTime: list.createdAt,
    ModificationTime: list.modifiedAt,
  };
}

function arnOf(context: ResolverContext, { id }: FirewallDomainList): string {
  return resolverArn(context, { kind: listType, id });
}
