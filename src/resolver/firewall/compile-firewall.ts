import type { FirewallRule } from "../../control/model/firewall.ts";
import { parseOverrideDomain } from "../../control/model/firewall-domain.ts";
import { firewallQtypeNumber } from "../../control/model/firewall-qtype.ts";
import { assert } from "../../base/assert.ts";
import type { Name } from "../../dns/wire/name.ts";
import type { DomainSet } from "./domain-set.ts";
import { FirewallUnavailableError } from "./firewall.ts";
import type { Firewall, FirewallBlock, FirewallVerdict } from "./firewall.ts";
import { makeNameFilter, suffixesMayMatch } from "./name-filter.ts";
import type { NameFilter } from "./name-filter.ts";
import { SuffixHashes } from "./suffix-hashes.ts";

/** A rule with its list; without one the list cannot be read. */
export type RuleWithDomains = { rule: FirewallRule; domains: DomainSet | undefined };

type CompiledRule = {
  domains: DomainSet | undefined;
  domainListId: string;
  /** 0: every type. */
  type: number;
  inspectsRedirections: boolean;
  verdict: FirewallVerdict;
};

/** A rule whose list cannot be read could match any name. */
const everyName: NameFilter = { matchesAll: true, words: new Uint32Array(1) };
const pass: FirewallVerdict = { action: "PASS" };

/** What a firewall is besides its rules. */
type FirewallOptions = {
  failOpen: boolean;
  /** The filter of these lists, each of which is there once; default: a new one. */
  filterOf?: (sets: readonly DomainSet[]) => NameFilter;
};

/** @param rules in the order in which they are looked at */
export function compileFirewall(
  rules: readonly RuleWithDomains[],
  { failOpen, filterOf = makeNameFilter }: FirewallOptions,
): Firewall {
  const compiled = rules.map(compileRule);
  const sets = new Set(compiled.flatMap(({ domains }) => domains ?? []));
  const isUnreadable = compiled.some(({ domains }) => domains === undefined);
  const filter = isUnreadable ? everyName : filterOf([...sets]);
  const suffixes = new SuffixHashes();
  const judge = (name: Name, type: number, isRedirection: boolean): FirewallVerdict => {
    suffixes.fill(name);
    if (!suffixesMayMatch(filter, suffixes)) return pass;
    return firstMatch(compiled, { suffixes, type, isRedirection });
  };
  return {
    failOpen,
    filter,
    mayMatch(name) {
      suffixes.fill(name);
      return suffixesMayMatch(filter, suffixes);
    },
    judge: (name, type) => judge(name, type, false),
    judgeRedirection(first, name, type) {
      if (first.action !== "PASS" && first.trustsRedirections) return pass;
      return judge(name, type, true);
    },
  };
}

function firstMatch(
  rules: readonly CompiledRule[],
  asked: { suffixes: SuffixHashes; type: number; isRedirection: boolean },
): FirewallVerdict {
  for (const rule of rules) {
    if (rule.type !== 0 && rule.type !== asked.type) continue;
    if (asked.isRedirection && !rule.inspectsRedirections) continue;
    if (!rule.domains) {
      throw new FirewallUnavailableError(`Cannot read domain list ${rule.domainListId}`);
    }
    if (rule.domains.matches(asked.suffixes)) return rule.verdict;
  }
  return pass;
}

function compileRule({ rule, domains }: RuleWithDomains): CompiledRule {
  const type = rule.qtype === undefined ? 0 : firewallQtypeNumber(rule.qtype);
  assert(type !== undefined, `Rule ${rule.name} has the query type ${rule.qtype}`);
  return {
    domains,
    domainListId: rule.domainListId,
    type,
    inspectsRedirections: rule.redirection === "INSPECT_REDIRECTION_DOMAIN",
    verdict: verdictOf(rule),
  };
}

function verdictOf(rule: FirewallRule): FirewallVerdict {
  const match = {
    ruleGroupId: rule.groupId,
    ruleName: rule.name,
    domainListId: rule.domainListId,
    trustsRedirections: rule.redirection === "TRUST_REDIRECTION_DOMAIN",
  };
  if (rule.action !== "BLOCK") return { action: rule.action, ...match };
  assert(rule.block, `Rule ${rule.name} blocks without a response`);
  return { action: "BLOCK", ...match, block: compileBlock(rule.block) };
}

function compileBlock(block: NonNullable<FirewallRule["block"]>): FirewallBlock {
  if (block.response !== "OVERRIDE") return block;
  const { domain, ttlSeconds } = block;
  return { response: "OVERRIDE", target: parseOverrideDomain(domain), ttlSeconds };
}
