import { firewallBatchCountMax } from "../../base/limits.ts";
import type { FirewallRule } from "../../control/model/firewall.ts";
import type { Planned } from "../commit/commit-entry.ts";
import { commit } from "../commit/commit.ts";
import { ServiceError } from "../protocol/service-error.ts";
import { firewallPage } from "./firewall-page.ts";
import { invalid } from "./firewall-refusals.ts";
import { planRuleCreation, planRuleDeletion, planRuleUpdate } from "./firewall-rule-plan.ts";
import { requireGroup } from "./firewall-rows.ts";
import type { ResolverContext } from "./resolver-context.ts";
import type { HandlerFamily } from "./resolver-handler.ts";

export const firewallRules: HandlerFamily<
  | "CreateFirewallRule"
  | "UpdateFirewallRule"
  | "DeleteFirewallRule"
  | "ListFirewallRules"
  | "ListFirewallRuleTypes"
> = (context) => ({
  CreateFirewallRule: async (input) => ({
    FirewallRule: await run(context, "CreateFirewallRule", () => planRuleCreation(context, input)),
  }),

  UpdateFirewallRule: async (input) => ({
    FirewallRule: await run(context, "UpdateFirewallRule", () => planRuleUpdate(context, input)),
  }),

  DeleteFirewallRule: async (input) => ({
    FirewallRule: await run(context, "DeleteFirewallRule", () => planRuleDeletion(context, input)),
  }),

  ListFirewallRules: (input) =>
    context.state.read(() => {
      const { FirewallRuleGroupId: groupId, Priority, Action } = input;
      requireGroup(context.state, groupId);
      const listing = {
        table: "firewallRule",
        prefix: [groupId],
        keySize: 3,
        keep: ({ value }: { value: FirewallRule }) =>
          (Priority ?? value.priority) === value.priority &&
          (Action ?? value.action) === value.action,
      } as const;
      const { values, ...next } = firewallPage<FirewallRule>(context.state, listing, input);
      return { FirewallRules: values.map(view), ...next };
    }),

  /** There are none: all of them are detectors and categories of AWS. */
  ListFirewallRuleTypes: () => ({ FirewallRuleTypes: [] }),
});

/** Several at once: each is done or refused for itself, in their order. */
export const firewallRuleBatches: HandlerFamily<
  "BatchCreateFirewallRule" | "BatchUpdateFirewallRule" | "BatchDeleteFirewallRule"
> = (context) => ({
  async BatchCreateFirewallRule({ CreateFirewallRuleEntries }) {
    const { done, refused } = await each(CreateFirewallRuleEntries, (entry) =>
      run(context, "CreateFirewallRule", () => planRuleCreation(context, entry)),
    );
    return { CreatedFirewallRules: done, CreateErrors: refused };
  },

  async BatchUpdateFirewallRule({ UpdateFirewallRuleEntries }) {
    const { done, refused } = await each(UpdateFirewallRuleEntries, (entry) =>
      run(context, "UpdateFirewallRule", () => planRuleUpdate(context, entry)),
    );
    return { UpdatedFirewallRules: done, UpdateErrors: refused };
  },

  async BatchDeleteFirewallRule({ DeleteFirewallRuleEntries }) {
    const { done, refused } = await each(DeleteFirewallRuleEntries, (entry) =>
      run(context, "DeleteFirewallRule", () => planRuleDeletion(context, entry)),
    );
    return { DeletedFirewallRules: done, DeleteErrors: refused };
  },
});

async function run(
  context: ResolverContext,
  action: string,
  plan: () => Planned<FirewallRule>,
): Promise<RuleView> {
  return view(await commit(context, { action, plan }));
}

type Refused<Entry> = { FirewallRule: Entry; Code: string; Message: string };

async function each<Entry>(
  entries: readonly Entry[],
  one: (entry: Entry) => Promise<RuleView>,
): Promise<{ done: RuleView[]; refused: Refused<Entry>[] }> {
  if (entries.length > firewallBatchCountMax) {
    throw invalid(`The batch has ${entries.length} entries, limit ${firewallBatchCountMax}.`);
  }
  const done: RuleView[] = [];
  const refused: Refused<Entry>[] = [];
  for (const entry of entries) {
    try {
      done.push(await one(entry));
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      refused.push({ FirewallRule: entry, Code: error.code, Message: error.message });
    }
  }
  return { done, refused };
}

type RuleView = ReturnType<typeof view>;

function view(rule: FirewallRule) {
  const { block } = rule;
  return {
    FirewallRuleGroupId: rule.groupId,
    FirewallDomainListId: rule.domainListId,
    Name: rule.name,
    Priority: rule.priority,
    Action: rule.action,
    ...(block ? { BlockResponse: block.response } : {}),
    ...(block?.response === "OVERRIDE"
      ? {
          BlockOverrideDomain: block.domain,
          BlockOverrideDnsType: "CNAME" as const,
          BlockOverrideTtl: block.ttlSeconds,
        }
      : {}),
    FirewallDomainRedirectionAction: rule.redirection,
    ...(rule.qtype === undefined ? {} : { Qtype: rule.qtype }),
    CreatorRequestId: rule.creatorRequestId,
    CreationTime: rule.createdAt,
    ModificationTime: rule.modifiedAt,
  };
}
