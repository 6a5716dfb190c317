import { commit } from "../commit/commit.ts";
import { configType } from "./query-log-rows.ts";
import type { ResolverContext } from "./resolver-context.ts";
import type { HandlerFamily } from "./resolver-handler.ts";
import { readResolverArn } from "./resolver-ids.ts";
import { invalidPolicy, unknownResource } from "./resolver-refusals.ts";
import { sharingPolicyProblem } from "./sharing-policy.ts";

const actions = [
  "route53resolver:AssociateResolverQueryLogConfig",
  "route53resolver:DisassociateResolverQueryLogConfig",
  "route53resolver:ListResolverQueryLogConfigs",
  "route53resolver:ListResolverQueryLogConfigAssociations",
  "route53resolver:GetResolverQueryLogConfig",
];

export const queryLogPolicies: HandlerFamily<
  "PutResolverQueryLogConfigPolicy" | "GetResolverQueryLogConfigPolicy"
> = (context) => ({
  async PutResolverQueryLogConfigPolicy({ Arn, ResolverQueryLogConfigPolicy: policy }) {
    await commit(context, {
      action: "PutResolverQueryLogConfigPolicy",
      plan() {
        const key = [configType, configOfArn(context, Arn)];
        const problem = sharingPolicyProblem(policy, { actions, arn: Arn });
        if (problem !== undefined) throw invalidPolicy(problem);
        const put = { put: "resolverPolicy", key, value: policy } as const;
        return { mutations: [put], result: undefined };
      },
    });
    return { ReturnValue: true };
  },

  GetResolverQueryLogConfigPolicy({ Arn }) {
    const id = configOfArn(context, Arn);
    const policy = context.state.get<string>("resolverPolicy", [configType, id]);
    if (policy === undefined) throw unknownResource(`There is no policy of ${Arn}.`);
    return { ResolverQueryLogConfigPolicy: policy };
  },
});

function configOfArn({ state }: ResolverContext, arn: string): string {
  const resource = readResolverArn(arn);
  const isConfig = resource?.kind === configType;
  if (isConfig && state.get("resolverQueryLogConfig", [resource.id])) return resource.id;
  throw unknownResource(`There is no query logging configuration ${arn}.`);
}
