import { commit } from "../commit/commit.ts";
import type { ResolverContext } from "./resolver-context.ts";
import type { HandlerFamily } from "./resolver-handler.ts";
import { readResolverArn } from "./resolver-ids.ts";
import { invalidParameter, invalidPolicy, unknownResource } from "./resolver-refusals.ts";
import { ruleKind } from "./rule-view.ts";
import { sharingPolicyProblem } from "./sharing-policy.ts";

const actions = [
  "route53resolver:GetResolverRule",
  "route53resolver:AssociateResolverRule",
  "route53resolver:DisassociateResolverRule",
  "route53resolver:ListResolverRules",
  "route53resolver:ListResolverRuleAssociations",
];

export const resolverRulePolicies: HandlerFamily<
  "GetResolverRulePolicy" | "PutResolverRulePolicy"
> = (context) => ({
  GetResolverRulePolicy({ Arn }) {
    const id = requireRuleOfArn(context, Arn);
    const policy = context.state.get<string>("resolverPolicy", [ruleKind, id]);
    if (policy !== undefined) return { ResolverRulePolicy: policy };
    throw unknownResource(`Resolver rule "${id}" has no policy.`);
  },

  async PutResolverRulePolicy({ Arn, ResolverRulePolicy: policy }) {
    await commit(context, {
      action: "PutResolverRulePolicy",
      plan() {
        const key = [ruleKind, requireRuleOfArn(context, Arn)];
        const problem = sharingPolicyProblem(policy, { actions, arn: Arn });
        if (problem !== undefined) throw invalidPolicy(problem);
        const put = { put: "resolverPolicy", key, value: policy } as const;
        return { mutations: [put], result: undefined };
      },
    });
    return { ReturnValue: true };
  },
});

function requireRuleOfArn({ state }: ResolverContext, arn: string): string {
  const resource = readResolverArn(arn);
  if (resource?.kind !== ruleKind) {
    throw invalidParameter(`"${arn}" is no ARN of a resolver rule.`, "Arn");
  }
  if (state.get("resolverRule", [resource.id])) return resource.id;
  throw unknownResource(`[RSLVR-00703] Resolver rule with ID "${resource.id}" does not exist.`);
}
