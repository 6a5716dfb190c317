import { commit } from "../commit/commit.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ResolverContext } from "./resolver-context.ts";
import type { HandlerFamily } from "./resolver-handler.ts";
import { readResolverArn } from "./resolver-ids.ts";
import { invalidParameter } from "./resolver-refusals.ts";

/**
 * Policies that share a rule with other accounts. There are none here: a policy is kept, shown and
 * tells in the rule's ShareStatus.
 */
export const resolverRulePolicies: HandlerFamily<
  "GetResolverRulePolicy" | "PutResolverRulePolicy"
> = (context) => ({
  GetResolverRulePolicy({ Arn }) {
    const id = requireRuleOfArn(context, Arn);
    const policy = context.state.get<string>("resolverRulePolicy", [id]);
    if (policy !== undefined) return { ResolverRulePolicy: policy };
    throw unknownResource(`Resolver rule "${id}" has no policy.`);
  },

  async PutResolverRulePolicy({ Arn, ResolverRulePolicy }) {
    checkPolicy(ResolverRulePolicy, Arn);
    await commit(context, {
      action: "PutResolverRulePolicy",
      plan() {
        const key = [requireRuleOfArn(context, Arn)];
        const put = { put: "resolverRulePolicy", key, value: ResolverRulePolicy } as const;
        return { mutations: [put], result: undefined };
      },
    });
    return { ReturnValue: true };
  },
});

function requireRuleOfArn({ state }: ResolverContext, arn: string): string {
  const resource = readResolverArn(arn);
  if (resource?.kind !== "resolver-rule") {
    throw invalidParameter(`"${arn}" is no ARN of a resolver rule.`, "Arn");
  }
  if (state.get("resolverRule", [resource.id])) return resource.id;
  throw unknownResource(`[RSLVR-00703] Resolver rule with ID "${resource.id}" does not exist.`);
}

function unknownResource(message: string): ServiceError {
  return new ServiceError("UnknownResourceException", message);
}

type Statement = { Resource?: unknown };

/** A policy is of the rule that it is put on. */
function checkPolicy(text: string, arn: string): void {
  const statements = [parse(text)["Statement"] ?? []].flat() as (Statement | null)[];
  if (statements.length === 0) throw invalidPolicy("it has no Statement");
  for (const statement of statements) {
    const resources = [statement?.Resource ?? []].flat();
    if (resources.length > 0 && resources.every((resource) => resource === arn)) continue;
    throw invalidPolicy(`a Resource of it is not ${arn}`);
  }
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw invalidPolicy("it is no JSON object");
}

function invalidPolicy(why: string): ServiceError {
  return new ServiceError("InvalidPolicyDocument", `The specified policy is invalid: ${why}.`);
}
