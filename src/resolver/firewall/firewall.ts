import type { Name } from "../../dns/wire/name.ts";

/** What the DNS Firewall of a VPC says of a name. */
export type FirewallVerdict =
  | { action: "PASS" }
  | FirewallMatch<"ALLOW" | "ALERT">
  | (FirewallMatch<"BLOCK"> & { block: FirewallBlock });

type FirewallMatch<Action> = {
  action: Action;
  ruleGroupId: string;
  /** Of the rule: its name and priority say which. */
  ruleName: string;
  domainListId: string;
};

export type FirewallBlock =
  | { response: "NODATA" | "NXDOMAIN" }
  | { response: "OVERRIDE"; target: Name; ttlSeconds: number };

/** The rule groups of one VPC in order of priority, compiled. */
export type Firewall = {
  /** Whether any rule could match a name; lower case, wire form. False: PASS, whatever the type. */
  mayMatch(name: Name): boolean;
  /** The first rule that matches ends it. */
  judge(name: Name, type: number): FirewallVerdict;
  /** Of names that an answer redirects to: only rules that inspect redirections are asked. */
  judgeRedirection(name: Name, type: number): FirewallVerdict;
  /** What to do where it cannot be evaluated: answer all the same, or SERVFAIL. */
  failOpen: boolean;
};
