import type { ResolverHandlers } from "../protocol/resolver-service.ts";
import { resolverEndpointIpAddresses } from "./endpoint-ip-addresses.ts";
import { resolverEndpoints } from "./endpoints.ts";
import { firewallHandlers } from "./firewall-handlers.ts";
import { outpostResolvers } from "./outpost-resolvers.ts";
import { resolverConfigs } from "./resolver-configs.ts";
import type { ResolverContext } from "./resolver-context.ts";
import { resolverTags } from "./resolver-tags.ts";
import { resolverRuleAssociations } from "./rule-associations.ts";
import { resolverRulePolicies } from "./rule-policies.ts";
import { resolverRules } from "./rules.ts";

/** The operations of Route 53 Resolver; one left out answers that it is not implemented. */
export function resolverHandlers(context: ResolverContext): ResolverHandlers {
  return {
    ...resolverEndpoints(context),
    ...resolverEndpointIpAddresses(context),
    ...resolverRules(context),
    ...resolverRuleAssociations(context),
    ...resolverRulePolicies(context),
    ...resolverConfigs(context),
    ...resolverTags(context),
    ...outpostResolvers(context),
    ...firewallHandlers(context),
  };
}
