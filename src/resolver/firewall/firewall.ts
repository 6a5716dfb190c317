import type { Name } from "../../dns/wire/name.ts";
import type { NameFilter } from "./name-filter.ts";

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
  /** Whether names that the answer redirects to need no rule of their own. */
  trustsRedirections: boolean;
};

export type FirewallBlock =
  | { response: "NODATA" | "NXDOMAIN" }
  | { response: "OVERRIDE"; target: Name; ttlSeconds: number };

/** The rule groups of one VPC in order of priority, compiled. Names are lower case, wire form. */
export type Firewall = {
  /** Whether any rule could match a name. False: PASS, whatever the type. */
  mayMatch(name: Name): boolean;
  /**
   * The first rule that matches ends it.
   * @throws FirewallUnavailableError where a rule that comes to be asked cannot be evaluated
   */
  judge(name: Name, type: number): FirewallVerdict;
  /**
   * The same for a name that an answer redirects to (CNAME, DNAME), of the type that was asked:
   * only rules that inspect redirections are asked, and none where the rule that let the first name
   * pass trusts them.
   * @param first what judge() said of the name that the client asked for
   * @throws FirewallUnavailableError
   */
  judgeRedirection(first: FirewallVerdict, name: Name, type: number): FirewallVerdict;
  /** What to do where it cannot be evaluated: answer all the same, or SERVFAIL. */
  failOpen: boolean;
  /** What mayMatch() goes by, for other threads (filterMayMatch). */
  filter: NameFilter;
};

/** A rule cannot be evaluated; what is to be done then, `failOpen` says. */
export class FirewallUnavailableError extends Error {
  override name = "FirewallUnavailableError";
}
