import type * as Sdk from "../protocol/resolver-model.generated.ts";
import type {
  ResolverRule,
  ResolverRuleAssociation,
  ResolverTarget,
} from "../../control/model/resolver-rule.ts";
import type { ResolverContext } from "./resolver-context.ts";
import { resolverArn } from "./resolver-ids.ts";

/** Its type in ARNs; tags and policies are kept by it. */
export const ruleKind = "resolver-rule";

/** The rule that every VPC has: names that no other rule is for are looked up on the internet. */
export const internetResolver: Sdk.ResolverRule & { Id: string } = {
  Id: "rslvr-autodefined-rr-internet-resolver",
  CreatorRequestId: "",
  Arn: "arn:aws:route53resolver:us-east-1::autodefined-rule/rslvr-autodefined-rr-internet-resolver",
  DomainName: ".",
  Status: "COMPLETE",
  RuleType: "RECURSIVE",
  Name: "Internet Resolver",
  OwnerId: "Route 53 Resolver",
  ShareStatus: "NOT_SHARED",
};

export function ruleView(
  context: ResolverContext,
  rule: ResolverRule,
  {
    status = "COMPLETE",
    message = "",
  }: { status?: "COMPLETE" | "DELETING"; message?: string } = {},
): Sdk.ResolverRule {
  const { id, name, domainName, ruleType, endpointId, targets } = rule;
  const isShared = context.state.get("resolverPolicy", [ruleKind, id]) !== undefined;
  return {
    Id: id,
    CreatorRequestId: rule.creatorRequestId,
    Arn: resolverArn(context, { kind: ruleKind, id }),
    ...(ruleType === "DELEGATE" ? { DelegationRecord: domainName } : { DomainName: domainName }),
    Status: status,
    StatusMessage: message,
    RuleType: ruleType,
    ...(name === undefined ? {} : { Name: name }),
    ...(targets ? { TargetIps: targets.map(targetView) } : {}),
    ...(endpointId === undefined ? {} : { ResolverEndpointId: endpointId }),
    OwnerId: context.settings.accountId,
    ShareStatus: isShared ? "SHARED_BY_ME" : "NOT_SHARED",
    CreationTime: rule.createdAt,
    ModificationTime: rule.modifiedAt,
  };
}

function targetView({ ip, port, protocol, serverName }: ResolverTarget): Sdk.TargetAddress {
  return {
    ...(ip.includes(":") ? { Ipv6: ip } : { Ip: ip }),
    Port: port,
    Protocol: protocol as Sdk.TargetAddress["Protocol"], // DoT is not in AWS's model
    ...(serverName === undefined ? {} : { ServerNameIndication: serverName }),
  };
}

export function associationView(
  { id, ruleId, vpcId, name }: ResolverRuleAssociation,
  {
    status = "COMPLETE",
    message = "",
  }: { status?: "CREATING" | "COMPLETE" | "DELETING"; message?: string } = {},
): Sdk.ResolverRuleAssociation {
  return {
    Id: id,
    ResolverRuleId: ruleId,
    ...(name === undefined ? {} : { Name: name }),
    VPCId: vpcId,
    Status: status,
    StatusMessage: message,
  };
}

/** How the internet resolver is on a VPC. */
export function automaticAssociation(vpcId: string): ResolverRuleAssociation {
  return {
    id: `rslvr-autodefined-assoc-${vpcId}-internet-resolver`,
    ruleId: internetResolver.Id,
    vpcId,
    name: "System Rule Association",
    createdAt: "",
  };
}
