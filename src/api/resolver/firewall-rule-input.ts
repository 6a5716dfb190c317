import {
  FirewallDomainError,
  normaliseOverrideDomain,
} from "../../control/model/firewall-domain.ts";
import { firewallQtypeNumber } from "../../control/model/firewall-qtype.ts";
import type { FirewallBlockResponse, FirewallRule } from "../../control/model/firewall.ts";
import { invalid } from "./firewall-refusals.ts";

type Action = FirewallRule["action"];

type BlockInput = {
  BlockResponse?: FirewallBlockResponse["response"] | undefined;
  BlockOverrideDomain?: string | undefined;
  BlockOverrideDnsType?: "CNAME" | undefined;
  BlockOverrideTtl?: number | undefined;
};

type MatchSource = {
  FirewallDomainListId?: string | undefined;
  FirewallThreatProtectionId?: string | undefined;
  DnsThreatProtection?: string | undefined;
  ConfidenceThreshold?: string | undefined;
  FirewallRuleType?: object | undefined;
};

/**
 * The domain list that a rule is about.
 * @throws ServiceError ValidationException for rules that only AWS's own detectors could evaluate
 */
export function requireMatchSource(source: MatchSource): string {
  const advanced = (
    [
      "DnsThreatProtection",
      "ConfidenceThreshold",
      "FirewallRuleType",
      "FirewallThreatProtectionId",
    ] as const
  ).find((name) => source[name] !== undefined);
  if (advanced !== undefined) {
    throw invalid(
      `${advanced} is of DNS Firewall Advanced rules, which Signpost cannot evaluate: it has no ` +
        "threat detectors and no managed categories. A rule here is about a domain list " +
        "(FirewallDomainListId).",
    );
  }
  if (source.FirewallDomainListId !== undefined) return source.FirewallDomainListId;
  throw invalid("FirewallDomainListId is missing: a rule is about a domain list.");
}

/**
 * How a rule blocks; `before` is what it does where the input does not say.
 * @returns `undefined` for actions that let queries pass
 * @throws ServiceError ValidationException
 */
export function readBlock(
  action: Action,
  input: BlockInput,
  before?: FirewallBlockResponse,
): FirewallBlockResponse | undefined {
  if (action !== "BLOCK") {
    const given = namesGiven(input);
    if (given.length === 0) return undefined;
    throw invalid(`${given.join(", ")} can only be given with the action BLOCK, not ${action}.`);
  }
  const response = input.BlockResponse ?? before?.response;
  if (response === undefined) {
    throw invalid("[RSLVR-02016] BlockResponse is required for the action BLOCK.");
  }
  if (response === "OVERRIDE") return readOverride(input, before);
  const given = namesGiven(input).filter((name) => name !== "BlockResponse");
  if (given.length === 0) return { response };
  throw invalid(`${given.join(", ")} can only be given with the block response OVERRIDE.`);
}

function readOverride(input: BlockInput, before?: FirewallBlockResponse): FirewallBlockResponse {
  const kept = before?.response === "OVERRIDE" ? before : undefined;
  const ttlSeconds = input.BlockOverrideTtl ?? kept?.ttlSeconds;
  if (ttlSeconds === undefined) throw missing("BlockOverrideTtl");
  if (!kept && input.BlockOverrideDnsType === undefined) throw missing("BlockOverrideDnsType");
  if (input.BlockOverrideDomain === undefined) {
    if (!kept) throw missing("BlockOverrideDomain");
    return { response: "OVERRIDE", domain: kept.domain, ttlSeconds };
  }
  try {
    const domain = normaliseOverrideDomain(input.BlockOverrideDomain);
    return { response: "OVERRIDE", domain, ttlSeconds };
  } catch (error) {
    if (!(error instanceof FirewallDomainError)) throw error;
    throw invalid(`BlockOverrideDomain '${input.BlockOverrideDomain}': ${error.message}.`);
  }
}

function missing(name: string) {
  return invalid(`${name} is required for the block response OVERRIDE.`);
}

function namesGiven(input: BlockInput): string[] {
  const names = [
    "BlockResponse",
    "BlockOverrideDomain",
    "BlockOverrideDnsType",
    "BlockOverrideTtl",
  ] as const;
  return names.filter((name) => input[name] !== undefined);
}

/** @throws ServiceError ValidationException */
export function requireQtype(text: string): void {
  if (firewallQtypeNumber(text) !== undefined) return;
  throw invalid(
    `Qtype '${text}' is none of A, AAAA, CAA, CNAME, DS, MX, NAPTR, NS, PTR, SOA, SPF, SRV, TXT ` +
      "and TYPE1 to TYPE65534.",
  );
}

/** @throws ServiceError ValidationException */
export function requireRulePriority(priority: number): void {
  if (priority >= 1) return;
  throw invalid(`The priority ${priority} of a rule must be 1 or more.`);
}
