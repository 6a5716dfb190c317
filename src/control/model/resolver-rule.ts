/** What becomes of queries that a resolver rule matches: a name or anything below it. */
export type ResolverRuleType = "FORWARD" | "SYSTEM" | "DELEGATE";

/** A row of the table `resolverRule`. (The one RECURSIVE rule is automatic and has no row.) */
export type ResolverRule = {
  /** `rslvr-rr-` and 17 hexadecimal digits. */
  id: string;
  creatorRequestId: string;
  /**
   * Like `ResourceRecordSet.name`; `.` is every name. FORWARD and SYSTEM: queries for it and what
   * is below. DELEGATE: the delegation record, a name at or below which name servers are that are
   * reached through the endpoint.
   */
  domainName: string;
  ruleType: ResolverRuleType;
  name?: string;
  /** FORWARD and DELEGATE: an outbound endpoint. */
  endpointId?: string;
  /** FORWARD only: one or more. */
  targets?: ResolverTarget[];
  /** ISO 8601. */
  createdAt: string;
  modifiedAt: string;
};

/** A server that queries are forwarded to. */
export type ResolverTarget = {
  /** IPv4 or IPv6, as `formatIp` writes it. */
  ip: string;
  port: number;
  /** DoT is ours: Route 53 Resolver has no such protocol. */
  protocol: ResolverTargetProtocol;
  /** Name that its certificate must have; DoT and DoH. */
  serverName?: string;
};

export type ResolverTargetProtocol = "Do53" | "DoT" | "DoH";

/** Where servers listen if nothing is said. */
export const protocolPorts: Readonly<Record<ResolverTargetProtocol, number>> = {
  Do53: 53,
  DoT: 853,
  DoH: 443,
};

/** A row of the table `resolverRuleAssociation`. */
export type ResolverRuleAssociation = {
  /** `rslvr-rrassoc-` and 17 hexadecimal digits. */
  id: string;
  ruleId: string;
  vpcId: string;
  name?: string;
  createdAt: string;
};

/**
 * Key in `resolverRuleByVpc`: a VPC has one rule of a name, and one delegation rule of a record.
 */
export function ruleOfVpcKey(
  vpcId: string,
  { ruleType, domainName }: Pick<ResolverRule, "ruleType" | "domainName">,
): string[] {
  return [vpcId, ruleType === "DELEGATE" ? "delegate" : "match", domainName];
}
