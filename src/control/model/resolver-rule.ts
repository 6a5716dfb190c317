/** What becomes of queries that a resolver rule matches: a name or anything below it. */
export type ResolverRuleType = "FORWARD" | "SYSTEM" | "RECURSIVE" | "DELEGATE";

/** A row of the table `resolverRule`. */
export type ResolverRule = {
  /** `rslvr-rr-` and 17 hexadecimal digits. */
  id: string;
  creatorRequestId: string;
  /** With trailing dot, in lower case; `.` is every name. Of DELEGATE: the delegation record. */
  domainName: string;
  ruleType: ResolverRuleType;
  name?: string;
  /** FORWARD and DELEGATE. */
  endpointId?: string;
  /** FORWARD only: one or more. */
  targets?: ResolverTarget[];
  createdAt: string;
  modifiedAt: string;
};

/** A server that queries are forwarded to. */
export type ResolverTarget = {
  ip: string;
  port: number;
  protocol: "Do53" | "DoT" | "DoH";
  /** Name that its certificate must have; DoT and DoH. */
  serverName?: string;
  /** Of DoH; default `/dns-query`. */
  path?: string;
};
