import { firewallAssociations } from "./firewall-associations.ts";
import { firewallConfigs } from "./firewall-configs.ts";
import { firewallDomainLists } from "./firewall-domain-lists.ts";
import { firewallDomains } from "./firewall-domains.ts";
import { firewallPolicies } from "./firewall-policies.ts";
import { firewallRuleGroups } from "./firewall-rule-groups.ts";
import { firewallRuleBatches, firewallRules } from "./firewall-rules.ts";
import { queryLogAssociations } from "./query-log-associations.ts";
import { queryLogConfigs } from "./query-log-configs.ts";
import { queryLogPolicies } from "./query-log-policies.ts";
import type { ResolverContext } from "./resolver-context.ts";

/** The operations of DNS Firewall and of query logging. */
export function firewallHandlers(context: ResolverContext) {
  return {
    ...firewallDomainLists(context),
    ...firewallDomains(context),
    ...firewallRuleGroups(context),
    ...firewallRules(context),
    ...firewallRuleBatches(context),
    ...firewallAssociations(context),
    ...firewallConfigs(context),
    ...firewallPolicies(context),
    ...queryLogConfigs(context),
    ...queryLogAssociations(context),
    ...queryLogPolicies(context),
  };
}
