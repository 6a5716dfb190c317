import { resolverRuleCountMax } from "../../base/limits.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import type { ResolverEndpoint } from "../../control/model/resolver-endpoint.ts";
import type { ResolverRule } from "../../control/model/resolver-rule.ts";
import type { Planned } from "../commit/commit-entry.ts";
import { commit } from "../commit/commit.ts";
import { putCreatorRequest, removeCreatorRequest } from "./creator-requests.ts";
import { requireEndpoint } from "./endpoint-rows.ts";
import type { ResolverContext } from "./resolver-context.ts";
import { filterOf } from "./resolver-filters.ts";
import type { HandlerFamily, InputOf } from "./resolver-handler.ts";
import { drawResolverId, traced } from "./resolver-ids.ts";
import { ruleName } from "./resolver-names.ts";
import { listPage } from "./resolver-pages.ts";
import type { PageRequest } from "./resolver-pages.ts";
import { inUse, invalidParameter, invalidRequest, limitExceeded } from "./resolver-refusals.ts";
import { putFirstTags, removeResolverTags } from "./resolver-tags.ts";
import { refuseLoops } from "./rule-associations.ts";
import { requireOwnRule, requireRule } from "./rule-rows.ts";
import { checkEndpoint, readTargets } from "./rule-targets.ts";
import { internetResolver, ruleKind, ruleView } from "./rule-view.ts";

export const resolverRules: HandlerFamily<
  | "CreateResolverRule"
  | "DeleteResolverRule"
  | "GetResolverRule"
  | "ListResolverRules"
  | "UpdateResolverRule"
> = (context) => ({
  async CreateResolverRule(input, { requestId }) {
    const plan = () => planCreation(context, input);
    const rule = await commit(context, { action: "CreateResolverRule", plan });
    const message = traced(requestId, "Successfully created Resolver Rule.");
    return { ResolverRule: ruleView(context, rule, { message }) };
  },

  async DeleteResolverRule({ ResolverRuleId }, { requestId }) {
    const plan = () => planDeletion(context, ResolverRuleId, requestId);
    return { ResolverRule: await commit(context, { action: "DeleteResolverRule", plan }) };
  },

  GetResolverRule: ({ ResolverRuleId }) => {
    if (ResolverRuleId === internetResolver.Id) return { ResolverRule: internetResolver };
    return context.state.read(() => ({
      ResolverRule: ruleView(context, requireRule(context, ResolverRuleId)),
    }));
  },

  ListResolverRules: ({ Filters, ...page }) => listRules(context, Filters, page),

  async UpdateResolverRule({ ResolverRuleId, Config }, { requestId }) {
    const plan = () => planUpdate(context, ResolverRuleId, Config);
    const rule = await commit(context, { action: "UpdateResolverRule", plan });
    const message = traced(requestId, "Successfully updated Resolver Rule.");
    return { ResolverRule: ruleView(context, rule, { message }) };
  },
});

function planCreation(
  context: ResolverContext,
  input: InputOf<"CreateResolverRule">,
): Planned<ResolverRule> {
  const count = context.state.count("resolverRule");
  if (count >= resolverRuleCountMax) {
    throw limitExceeded(`${count} resolver rules, limit ${resolverRuleCountMax}`, ruleKind);
  }
  const created = newRule(context, input);
  const { id, creatorRequestId } = created;
  const request = { what: "Resolver rule", kind: ruleKind, creatorRequestId, id };
  return {
    mutations: [
      putCreatorRequest(context, request),
      ...putRule(created),
      ...putFirstTags({ kind: ruleKind, id }, input.Tags),
    ],
    result: created,
  };
}

/** The view is made while the rule's policy is still there. */
function planDeletion(
  context: ResolverContext,
  wanted: string,
  requestId: string,
): Planned<ReturnType<typeof ruleView>> {
  const found = requireOwnRule(context, wanted, "delete");
  const { id, endpointId, creatorRequestId } = found;
  if (context.state.count("resolverRuleAssociationByRule", [id]) > 0) {
    const message = "Please disassociate this resolver rule from VPC first before deleting";
    throw inUse(`${message}: "${id}"`, ruleKind);
  }
  const mutations: Mutation[] = [
    { remove: "resolverRule", key: [id] },
    { remove: "resolverPolicy", key: [ruleKind, id] },
    removeCreatorRequest(ruleKind, creatorRequestId),
    removeResolverTags({ kind: ruleKind, id }),
  ];
  if (endpointId !== undefined) {
    mutations.push({ remove: "resolverRuleByEndpoint", key: [endpointId, id] });
  }
  const message = traced(requestId, "Deleting Resolver Rule.");
  return { mutations, result: ruleView(context, found, { status: "DELETING", message }) };
}

function planUpdate(
  context: ResolverContext,
  wanted: string,
  config: InputOf<"UpdateResolverRule">["Config"],
): Planned<ResolverRule> {
  const before = requireOwnRule(context, wanted, "update");
  const after = changedRule(context, before, config);
  const mutations = putRule(after);
  if (before.endpointId !== undefined && before.endpointId !== after.endpointId) {
    mutations.push({ remove: "resolverRuleByEndpoint", key: [before.endpointId, after.id] });
  }
  return { mutations, result: after };
}

/** What filters and views go by: rules of ours, and the automatic one. */
const ruleFilters = {
  CreatorRequestId: ({ CreatorRequestId }) => CreatorRequestId,
  DomainName: ({ DomainName }) => DomainName,
  Name: ({ Name }) => Name,
  ResolverEndpointId: ({ ResolverEndpointId }) => ResolverEndpointId,
  Status: ({ Status }) => Status,
  Type: ({ RuleType }) => RuleType,
} satisfies Record<string, (rule: ReturnType<typeof ruleView>) => string | undefined>;

function listRules(
  context: ResolverContext,
  filters: InputOf<"ListResolverRules">["Filters"],
  page: PageRequest,
) {
  const passes = filterOf(filters, ruleFilters);
  return context.state.read(() => {
    const viewOf = (rule: ResolverRule | typeof internetResolver) =>
      "Id" in rule ? rule : ruleView(context, rule);
    const { values, ...next } = listPage<ResolverRule | typeof internetResolver>(
      context.state,
      {
        table: "resolverRule",
        keySize: 1,
        automatic: [{ key: [internetResolver.Id], value: internetResolver }],
        keep: ({ value }) => passes(viewOf(value)),
      },
      page,
    );
    const MaxResults = page.MaxResults ?? values.length;
    return { ResolverRules: values.map(viewOf), MaxResults, ...next };
  });
}

function putRule(rule: ResolverRule): Mutation[] {
  const { id, endpointId } = rule;
  const put: Mutation = { put: "resolverRule", key: [id], value: rule };
  if (endpointId === undefined) return [put];
  return [put, { put: "resolverRuleByEndpoint", key: [endpointId, id], value: true }];
}

function newRule(context: ResolverContext, input: InputOf<"CreateResolverRule">): ResolverRule {
  const { RuleType, Name } = input;
  if (RuleType === "RECURSIVE") {
    throw invalidRequest("[RSLVR-00718] Cannot create a rule with type RECURSIVE");
  }
  const createdAt = new Date(context.clock.nowMs()).toISOString();
  return {
    id: drawResolverId("rslvr-rr", context.random),
    creatorRequestId: input.CreatorRequestId,
    ruleType: RuleType,
    ...(Name === undefined ? {} : { name: Name }),
    ...(RuleType === "DELEGATE" ? delegation(context, input) : matching(context, input)),
    createdAt,
    modifiedAt: createdAt,
  };
}

type Routing = Pick<ResolverRule, "domainName" | "endpointId" | "targets">;

function matching(context: ResolverContext, input: InputOf<"CreateResolverRule">): Routing {
  const { RuleType, DomainName, DelegationRecord, TargetIps, ResolverEndpointId } = input;
  refuseGiven({ DelegationRecord }, RuleType);
  if (DomainName === undefined) throw missing("DomainName", RuleType);
  const domainName = ruleName(DomainName, "DomainName");
  if (RuleType === "SYSTEM") {
    refuseGiven({ TargetIps, ResolverEndpointId }, RuleType);
    return { domainName };
  }
  if (!TargetIps) throw missing("TargetIps", RuleType);
  const endpoint = outboundEndpoint(context, ResolverEndpointId);
  const targets = readTargets(TargetIps, { endpoint, machine: context.machine });
  return { domainName, ...(endpoint ? { endpointId: endpoint.id } : {}), targets };
}

function delegation(context: ResolverContext, input: InputOf<"CreateResolverRule">): Routing {
  const { DomainName, DelegationRecord, TargetIps, ResolverEndpointId } = input;
  refuseGiven({ DomainName, TargetIps }, "DELEGATE");
  if (DelegationRecord === undefined) {
    throw invalidRequest("Delegate resolver rules need to specify a nameserver name");
  }
  const endpoint = outboundEndpoint(context, ResolverEndpointId);
  if (!endpoint) throw missing("ResolverEndpointId", "DELEGATE");
  return { domainName: ruleName(DelegationRecord, "DelegationRecord"), endpointId: endpoint.id };
}

function missing(field: string, type: string | undefined) {
  return invalidParameter(`Resolver rules of type ${type} need a ${field}.`, field);
}

function refuseGiven(members: Record<string, unknown>, type: string | undefined): void {
  const given = Object.keys(members).find((name) => members[name] !== undefined);
  if (given === undefined) return;
  throw invalidParameter(`Resolver rules of type ${type} cannot have a ${given}.`, given);
}

function outboundEndpoint(
  context: ResolverContext,
  id: string | undefined,
): ResolverEndpoint | undefined {
  if (id === undefined) return undefined;
  const endpoint = requireEndpoint(context, id);
  if (endpoint.direction === "OUTBOUND") return endpoint;
  throw invalidRequest(
    "[RSLVR-00700] Resolver rules can only be associated to OUTBOUND resolver endpoints.",
  );
}

function changedRule(
  context: ResolverContext,
  before: ResolverRule,
  { Name, TargetIps, ResolverEndpointId }: InputOf<"UpdateResolverRule">["Config"],
): ResolverRule {
  const { ruleType, targets: targetsBefore } = before;
  if (ruleType !== "FORWARD") refuseGiven({ TargetIps }, ruleType);
  if (ruleType === "SYSTEM") refuseGiven({ ResolverEndpointId }, ruleType);
  const endpoint = outboundEndpoint(context, ResolverEndpointId ?? before.endpointId);
  if (targetsBefore && !TargetIps) checkEndpoint(targetsBefore, endpoint);
  const targets = TargetIps
    ? readTargets(TargetIps, { endpoint, machine: context.machine })
    : targetsBefore;
  const after: ResolverRule = {
    ...before,
    ...(Name === undefined ? {} : { name: Name }),
    ...(endpoint ? { endpointId: endpoint.id } : {}),
    ...(targets ? { targets } : {}),
    modifiedAt: new Date(context.clock.nowMs()).toISOString(),
  };
  const associated = context.state.list("resolverRuleAssociationByRule", { prefix: [before.id] });
  for (const { key } of associated) refuseLoops(context, after, key[1] ?? "");
  return after;
}
