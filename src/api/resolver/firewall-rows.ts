import type {
  FirewallAssociation,
  FirewallDomainList,
  FirewallRuleGroup,
} from "../../control/model/firewall.ts";
import type { StateReader } from "../../control/state/state-reader.ts";
import { notFound } from "./firewall-refusals.ts";
import type { ResolverContext } from "./resolver-context.ts";
import { isVpc } from "./resolver-vpcs.ts";

/** Types of resources as their ARNs have them; tags and policies are kept by them. */
export const listType = "firewall-domain-list";
export const groupType = "firewall-rule-group";
export const associationType = "firewall-rule-group-association";

/** @throws ServiceError ResourceNotFoundException */
export function requireList(state: StateReader, id: string): FirewallDomainList {
  return found(state.get<FirewallDomainList>("firewallDomainList", [id]), id, listType);
}

/** @throws ServiceError ResourceNotFoundException */
export function requireGroup(state: StateReader, id: string): FirewallRuleGroup {
  return found(state.get<FirewallRuleGroup>("firewallRuleGroup", [id]), id, groupType);
}

/** @throws ServiceError ResourceNotFoundException */
export function requireAssociation(state: StateReader, id: string): FirewallAssociation {
  return found(state.get<FirewallAssociation>("firewallAssociation", [id]), id, associationType);
}

/** @throws ServiceError ResourceNotFoundException for a VPC that Signpost was not told of */
export function requireVpc(context: ResolverContext, id: string): void {
  if (!isVpc(context, id)) throw notFound(id, "vpc");
}

function found<T>(row: T | undefined, id: string, type: string): T {
  if (row === undefined) throw notFound(id, type);
  return row;
}
