/** Rows of the DNS Firewall; AWS's members in camelCase. Times are ISO 8601. */

/** A row of the table `firewallDomainList`; its names are in `firewallDomains`. */
export type FirewallDomainList = {
  /** `rslvr-fdl-` and 17 hexadecimal digits. */
  id: string;
  name: string;
  creatorRequestId: string;
  domainCount: number;
  /** Another one whenever the names have changed. */
  version: number;
  /** What became of the last change; AWS's words. */
  statusMessage?: string;
  createdAt: string;
  modifiedAt: string;
};

/** A row of the table `firewallRuleGroup`. */
export type FirewallRuleGroup = {
  /** `rslvr-frg-` and 17 hexadecimal digits. */
  id: string;
  name: string;
  creatorRequestId: string;
  createdAt: string;
  modifiedAt: string;
};

/** A row of the table `firewallRule`: what becomes of queries for the names of a domain list. */
export type FirewallRule = {
  groupId: string;
  domainListId: string;
  /** The type asked for, as it was given: `AAAA`, `TYPE28`; absent: every type. */
  qtype?: string;
  name: string;
  /** Unique in the group; the lowest is looked at first. */
  priority: number;
  action: "ALLOW" | "ALERT" | "BLOCK";
  /** Of BLOCK only. */
  block?: FirewallBlockResponse;
  redirection: FirewallRedirection;
  creatorRequestId: string;
  createdAt: string;
  modifiedAt: string;
};

export type FirewallBlockResponse =
  | { response: "NODATA" | "NXDOMAIN" }
  /** A CNAME to `domain`; TTL 0–604,800. */
  | { response: "OVERRIDE"; domain: string; ttlSeconds: number };

/** Whether the names of a CNAME or DNAME chain are looked at too, or the first one only. */
export type FirewallRedirection = "INSPECT_REDIRECTION_DOMAIN" | "TRUST_REDIRECTION_DOMAIN";

/** A row of the table `firewallAssociation`: a rule group on a VPC. */
export type FirewallAssociation = {
  /** `rslvr-frgassoc-` and 17 hexadecimal digits. */
  id: string;
  groupId: string;
  vpcId: string;
  name: string;
  /** 100–9900, unique on the VPC; the lowest is looked at first. */
  priority: number;
  /** ENABLED: it is neither changed nor removed. */
  mutationProtection: "ENABLED" | "DISABLED";
  creatorRequestId: string;
  createdAt: string;
  modifiedAt: string;
};

/** A row of the table `firewallConfig`; a VPC without one fails closed. */
export type FirewallConfig = { failOpen: "ENABLED" | "DISABLED" };
