import type { ResolverContext } from "../../src/api/resolver/resolver-context.ts";
import { openResolver } from "./resolver-context.ts";
import type { Resolver } from "./resolver-context.ts";

export const vpcId = "vpc-0a1b2c3d";
export const otherVpcId = "vpc-0a1b2c3e";

/** Route 53 Resolver's handlers, and two VPCs. */
export async function openFirewallApi(
  settings: Partial<ResolverContext["settings"]> = {},
): Promise<Resolver> {
  const resolver = await openResolver(settings);
  await resolver.addVpc(vpcId, { cidr: "10.0.0.0/16" });
  await resolver.addVpc(otherVpcId, { cidr: "10.1.0.0/16" });
  return resolver;
}

let requests = 0;

/** A creator request id that was not given before. */
export function newRequest(): string {
  return `request ${requests++}`;
}

/** Creates a domain list with these names and gives its id. */
export async function addList(resolver: Resolver, ...domains: string[]): Promise<string> {
  const request = { Name: "list", CreatorRequestId: newRequest() };
  const { FirewallDomainList } = await resolver.call("CreateFirewallDomainList", request);
  const FirewallDomainListId = FirewallDomainList?.Id ?? "";
  if (domains.length > 0) {
    const update = { FirewallDomainListId, Operation: "ADD", Domains: domains } as const;
    await resolver.call("UpdateFirewallDomains", update);
  }
  return FirewallDomainListId;
}

export async function addGroup(resolver: Resolver): Promise<string> {
  const request = { Name: "group", CreatorRequestId: newRequest() };
  const { FirewallRuleGroup } = await resolver.call("CreateFirewallRuleGroup", request);
  return FirewallRuleGroup?.Id ?? "";
}
