import type { ResolverRule } from "../../control/model/resolver-rule.ts";
import type { ResolverContext } from "./resolver-context.ts";
import { invalidRequest, notFound } from "./resolver-refusals.ts";
import { internetResolver, ruleKind } from "./rule-view.ts";

/** @throws ServiceError ResourceNotFoundException */
export function requireRule({ state }: ResolverContext, id: string): ResolverRule {
  const rule = state.get<ResolverRule>("resolverRule", [id]);
  if (rule) return rule;
  throw notFound(`[RSLVR-00703] Resolver rule with ID "${id}" does not exist.`, ruleKind);
}

/**
 * A rule that may be changed.
 * @throws ServiceError InvalidRequestException for the automatic one; ResourceNotFoundException
 */
export function requireOwnRule(
  context: ResolverContext,
  id: string,
  action: "associate" | "delete" | "disassociate" | "update",
): ResolverRule {
  if (id === internetResolver.Id) {
    const code = action === "disassociate" ? "[RSLVR-00713] " : "";
    throw invalidRequest(`${code}Cannot ${action} Auto Defined Rule.`);
  }
  return requireRule(context, id);
}
