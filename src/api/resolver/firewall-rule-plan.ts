import { firewallRuleCountMax } from "../../base/limits.ts";
import type { FirewallRule } from "../../control/model/firewall.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import type { StateReader } from "../../control/state/state-reader.ts";
import { invalid, limitExceeded, notFound } from "./firewall-refusals.ts";
import { groupType, requireGroup, requireList } from "./firewall-rows.ts";
import {
  readBlock,
  requireMatchSource,
  requireQtype,
  requireRulePriority,
} from "./firewall-rule-input.ts";
import type { ResolverContext } from "./resolver-context.ts";
import type { InputOf } from "./resolver-handler.ts";

type Plan = { mutations: Mutation[]; result: FirewallRule };

/** @throws ServiceError ResourceNotFoundException, ValidationException, LimitExceededException */
export function planRuleCreation(
  { state, clock }: ResolverContext,
  input: InputOf<"CreateFirewallRule">,
): Plan {
  const domainListId = requireMatchSource(input);
  const { FirewallRuleGroupId: groupId, Qtype, Action, Priority } = input;
  requireRulePriority(Priority);
  if (Qtype !== undefined) requireQtype(Qtype);
  const block = readBlock(Action, input);
  requireGroup(state, groupId);
  requireList(state, domainListId);
  const at = new Date(clock.nowMs()).toISOString();
  const rule: FirewallRule = {
    groupId,
    domainListId,
    ...(Qtype === undefined ? {} : { qtype: Qtype }),
    name: input.Name,
    priority: Priority,
    action: Action,
    ...(block ? { block } : {}),
    redirection: input.FirewallDomainRedirectionAction ?? "INSPECT_REDIRECTION_DOMAIN",
    creatorRequestId: input.CreatorRequestId,
    createdAt: at,
    modifiedAt: at,
  };
  const there = state.get<FirewallRule>("firewallRule", keyOf(rule));
  if (there && isSame(there, rule)) return { mutations: [], result: there };
  if (there) {
    const type = Qtype === undefined ? "" : ` and the query type ${Qtype}`;
    throw invalid(`The rule group ${groupId} has a rule for domain list ${domainListId}${type}.`);
  }
  if (state.count("firewallRule", [groupId]) >= firewallRuleCountMax) {
    throw limitExceeded("rules in a rule group", { limit: firewallRuleCountMax, type: groupType });
  }
  refusePriority(state, rule);
  return { mutations: written(rule), result: rule };
}

/** Whether a request was sent again. */
function isSame(there: FirewallRule, rule: FirewallRule): boolean {
  const { createdAt, modifiedAt } = there;
  return JSON.stringify(there) === JSON.stringify({ ...rule, createdAt, modifiedAt });
}

/** @throws ServiceError ResourceNotFoundException, ValidationException */
export function planRuleUpdate(
  { state, clock }: ResolverContext,
  input: InputOf<"UpdateFirewallRule">,
): Plan {
  const before = requireRule(state, input, "any");
  const { Priority: priority = before.priority, Action: action = before.action } = input;
  requireRulePriority(priority);
  const qtype = input.Qtype ?? before.qtype;
  if (qtype !== undefined) requireQtype(qtype);
  const { block: blockBefore, ...rest } = before;
  const block = readBlock(action, input, blockBefore);
  const rule: FirewallRule = {
    ...rest,
    ...(qtype === undefined ? {} : { qtype }),
    name: input.Name ?? before.name,
    priority,
    action,
    ...(block ? { block } : {}),
    redirection: input.FirewallDomainRedirectionAction ?? before.redirection,
    modifiedAt: new Date(clock.nowMs()).toISOString(),
  };
  refusePriority(state, rule, before);
  return { mutations: [...removed(before), ...written(rule)], result: rule };
}

/** @throws ServiceError ResourceNotFoundException, ValidationException */
export function planRuleDeletion(
  { state }: ResolverContext,
  input: InputOf<"DeleteFirewallRule">,
): Plan {
  const rule = requireRule(state, input, "exact");
  return { mutations: removed(rule), result: rule };
}

type RuleName = {
  FirewallRuleGroupId: string;
  FirewallDomainListId?: string | undefined;
  FirewallThreatProtectionId?: string | undefined;
  Qtype?: string | undefined;
};

/**
 * The rule of a group for a list and a query type. With `any` the only rule for the list is meant
 * whatever its type: that may be what is to change.
 */
function requireRule(state: StateReader, input: RuleName, qtype: "exact" | "any"): FirewallRule {
  const listId = requireMatchSource(input);
  const { FirewallRuleGroupId: groupId, Qtype = "" } = input;
  requireGroup(state, groupId);
  const exact = state.get<FirewallRule>("firewallRule", [groupId, listId, Qtype]);
  if (exact) return exact;
  const others = state.list<FirewallRule>("firewallRule", { prefix: [groupId, listId] });
  const only = others.length === 1 ? others[0]?.value : undefined;
  if (only && qtype === "any") return only;
  if (others.length === 0) throw notFound(listId, "firewall-rule");
  const types = others.map(({ value }) => value.qtype ?? "none");
  throw invalid(
    `The rule group ${groupId} has no rule for domain list ${listId} with ` +
      `${Qtype === "" ? "no query type" : `the query type ${Qtype}`}; it has: ${types.join(", ")}.`,
  );
}

/** Rules of a group are asked by their priority: no two have the same. */
function refusePriority(state: StateReader, rule: FirewallRule, before?: FirewallRule): void {
  const same = state
    .list<FirewallRule>("firewallRule", { prefix: [rule.groupId] })
    .map(({ value }) => value)
    .find(({ priority }) => priority === rule.priority);
  if (!same || (before && keyOf(same).join() === keyOf(before).join())) return;
  throw invalid(
    `The priority ${rule.priority} is that of the rule '${same.name}' in rule group ` +
      `${rule.groupId}. Provide a unique priority.`,
  );
}

function written(rule: FirewallRule): Mutation[] {
  const [groupId, listId, qtype] = keyOf(rule);
  return [
    { put: "firewallRule", key: keyOf(rule), value: rule },
    { put: "firewallRuleByList", key: [listId, groupId, qtype], value: true },
  ];
}

function removed(rule: FirewallRule): Mutation[] {
  const [groupId, listId, qtype] = keyOf(rule);
  return [
    { remove: "firewallRule", key: keyOf(rule) },
    { remove: "firewallRuleByList", key: [listId, groupId, qtype] },
  ];
}

function keyOf({ groupId, domainListId, qtype = "" }: FirewallRule): [string, string, string] {
  return [groupId, domainListId, qtype];
}
