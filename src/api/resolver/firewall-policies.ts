import { commit } from "../commit/commit.ts";
import { invalid, notFound } from "./firewall-refusals.ts";
import { groupType, requireGroup } from "./firewall-rows.ts";
import type { ResolverContext } from "./resolver-context.ts";
import type { HandlerFamily } from "./resolver-handler.ts";
import { readResolverArn } from "./resolver-ids.ts";
import { sharingPolicyProblem } from "./sharing-policy.ts";

const actions = [
  "route53resolver:GetFirewallRuleGroup",
  "route53resolver:ListFirewallRuleGroups",
  "route53resolver:ListFirewallRules",
  "route53resolver:ListTagsForResource",
  "route53resolver:AssociateFirewallRuleGroup",
  "route53resolver:DisassociateFirewallRuleGroup",
  "route53resolver:GetFirewallRuleGroupAssociation",
  "route53resolver:ListFirewallRuleGroupAssociations",
  "route53resolver:UpdateFirewallRuleGroupAssociation",
];

export const firewallPolicies: HandlerFamily<
  "PutFirewallRuleGroupPolicy" | "GetFirewallRuleGroupPolicy"
> = (context) => ({
  async PutFirewallRuleGroupPolicy({ Arn, FirewallRuleGroupPolicy: policy }) {
    await commit(context, {
      action: "PutFirewallRuleGroupPolicy",
      plan() {
        const id = groupOfArn(context, Arn);
        const problem = sharingPolicyProblem(policy, { actions, arn: Arn });
        if (problem !== undefined) throw invalid(`The policy is not valid: ${problem}.`);
        return {
          mutations: [{ put: "resolverPolicy", key: [groupType, id], value: policy }],
          result: undefined,
        };
      },
    });
    return { ReturnValue: true };
  },

  GetFirewallRuleGroupPolicy({ Arn }) {
    const id = groupOfArn(context, Arn);
    const policy = context.state.get<string>("resolverPolicy", [groupType, id]);
    if (policy === undefined) throw notFound(Arn, "firewall-rule-group-policy");
    return { FirewallRuleGroupPolicy: policy };
  },
});

function groupOfArn({ state }: ResolverContext, arn: string): string {
  const resource = readResolverArn(arn);
  if (resource?.kind !== groupType) throw invalid(`The ARN '${arn}' is not of a rule group.`);
  return requireGroup(state, resource.id).id;
}
