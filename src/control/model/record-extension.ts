import { recordExtensionSizeMax } from "../../base/limits.ts";
import type { ResourceRecordSet } from "./resource-record-set.ts";
import { policyOf } from "./rrset-policy.ts";
import type { RuleContext } from "./traffic-policy-branch.ts";
import { cidrLocationsOf, loadMetricsOfRule } from "./traffic-policy-document.ts";
import type { CidrLocation, FailMode, LoadMetric, PolicyRule } from "./traffic-policy-document.ts";
import { PolicyObject, PolicyProblem } from "./traffic-policy-object.ts";
import { ownRuleReaders, readFailMode, readRanks } from "./traffic-policy-own-rules.ts";
import { parseJson, problemsText } from "./traffic-policy-parser.ts";

/**
 * What Signpost's own API adds to all record sets of one name and type: the rules that traffic
 * policies have beyond Route 53's, with record sets as their branches. Its text is a row of the
 * table `recordExtension`.
 */
export type RecordExtension = {
  /** Absent: open, as in Route 53. */
  failMode?: FailMode;
  /** Chooses in place of the sets' weights; a sticky one has no branches: it is by weight. */
  rule?: PolicyRule;
  /** The set that each branch of the rule is, by its identifier. */
  setIdentifiers: readonly string[];
};

/** A text that no extension can be made of; `message` names what is wrong, each with its path. */
export class InvalidRecordExtensionError extends Error {
  override name = "InvalidRecordExtensionError";
}

type RuleReader = (object: PolicyObject, context: RuleContext) => PolicyRule;

const ruleReaders: Readonly<Record<string, RuleReader>> = {
  ...ownRuleReaders,
  failover: readRanks,
  sticky: ({ path }) => ({ path, kind: "sticky", branches: [] }),
};

/** Reads an extension. @throws InvalidRecordExtensionError */
export function parseRecordExtension(text: string): RecordExtension {
  if (text.length > recordExtensionSizeMax) {
    const size = `${text.length} characters, the limit is ${recordExtensionSizeMax}`;
    throw new InvalidRecordExtensionError(`It has ${size}`);
  }
  const problems: string[] = [];
  try {
    const extension = readExtension(new PolicyObject(parseJson(text, problems), "$"));
    if (problems.length === 0) return extension;
  } catch (error) {
    if (!(error instanceof PolicyProblem)) throw error;
    problems.push(error.message);
  }
  throw new InvalidRecordExtensionError(problemsText(problems));
}

function readExtension(object: PolicyObject): RecordExtension {
  if (!object.has("RuleType") && !object.has("FailMode")) {
    throw new PolicyProblem(object.path, "RuleType, FailMode or both are expected");
  }
  const context: RuleContext = {
    formatVersion: "2026-11-22",
    recordType: "",
    references: [],
    leadsToSets: true,
  };
  const failMode = object.has("FailMode") ? readFailMode(object) : undefined;
  const rule = object.has("RuleType") ? readRule(object, context) : undefined;
  object.end();
  if (rule && failMode === "geofence" && rule.kind !== "cidr" && rule.kind !== "nearby") {
    throw object.problem("FailMode", "geofence is for rules cidr and nearby");
  }
  const seen = new Set<string>();
  const setIdentifiers = context.references.map(({ path, set = "" }) => {
    if (seen.has(set)) throw new PolicyProblem(path, `set '${set}' is there twice`);
    seen.add(set);
    return set;
  });
  return {
    ...(failMode === undefined ? {} : { failMode }),
    ...(rule === undefined ? {} : { rule }),
    setIdentifiers,
  };
}

function readRule(object: PolicyObject, context: RuleContext): PolicyRule {
  const type = object.oneOf("RuleType", Object.keys(ruleReaders));
  return (ruleReaders[type] as RuleReader)(object, context);
}

/** The load metrics that it goes by, each once. */
export function extensionMetrics({ rule }: RecordExtension): LoadMetric[] {
  return rule ? loadMetricsOfRule(rule) : [];
}

/** The locations of CIDR collections that it goes by, with their paths. */
export function extensionLocations({ rule }: RecordExtension): Map<string, CidrLocation> {
  return cidrLocationsOf(rule ? [rule] : []);
}

/** How an extension fits the sets there are, which AWS clients change as they like. */
export type ExtensionUse = {
  /** Why it has no effect; where it only has a rule without one, the fail mode holds all the same. */
  unused?: string;
  /** Sets that it names and that are not there. */
  missing: string[];
  /** Sets that are there and that its rule does not name: they do not answer. */
  leftOut: string[];
};

/** @param group all sets of the name and type; none: they are gone */
export function extensionUse(
  { rule, failMode, setIdentifiers }: RecordExtension,
  group: readonly ResourceRecordSet[],
): ExtensionUse {
  const [first] = group;
  const unused = (why: string): ExtensionUse => ({ unused: why, missing: [], leftOut: [] });
  if (!first) return unused("there are no such record sets");
  if (first.trafficPolicyInstanceId !== undefined) {
    return unused("they are a traffic policy instance's, whose document says how they answer");
  }
  if (!rule) {
    const problem = failModeProblem(failMode, group);
    return problem === undefined ? { missing: [], leftOut: [] } : unused(problem);
  }
  const policy = policyOf(first);
  if (policy !== "weighted") {
    return unused(`its rule is for weighted record sets, and these are ${policy}`);
  }
  if (rule.kind === "sticky") return { missing: [], leftOut: [] };
  const there = new Set(group.map(({ setIdentifier = "" }) => setIdentifier));
  const named = new Set(setIdentifiers);
  const missing = setIdentifiers.filter((id) => !there.has(id));
  if (missing.length === named.size) return { ...unused("none of its sets is there"), missing };
  return { missing, leftOut: [...there].filter((id) => !named.has(id)) };
}

/** A fail mode is for what can fail; a fence for what asks where the client is. */
function failModeProblem(
  failMode: FailMode | undefined,
  group: readonly ResourceRecordSet[],
): string | undefined {
  const canFail = group.some(({ healthCheckId, aliasTarget }) => {
    return healthCheckId !== undefined || aliasTarget?.evaluateTargetHealth === true;
  });
  if (!canFail) return "none of them has a health check or evaluates its target's health";
  const policy = policyOf(group[0] as ResourceRecordSet);
  if (failMode !== "geofence" || policy === "geolocation" || policy === "cidr") return undefined;
  return `a geofence is for geolocation and IP-based record sets, and these are ${policy}`;
}
