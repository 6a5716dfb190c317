import { geoproximityBranchCountMax, policyBranchCountMax } from "../../base/limits.ts";
import { readBranch, readBranches, requireDistinct } from "./traffic-policy-branch.ts";
import type { RuleContext, RuleDraft } from "./traffic-policy-branch.ts";
import type { PolicyRule } from "./traffic-policy-document.ts";
import type { PolicyObject } from "./traffic-policy-object.ts";
import { ownRuleReaders, readFailMode, readRanks } from "./traffic-policy-own-rules.ts";
import {
  placeKey,
  readFlatPlace,
  readGeoLocation,
  readLocation,
  readRegion,
} from "./traffic-policy-places.ts";

export type RuleReader = (object: PolicyObject, context: RuleContext) => PolicyRule;

/** Rule types of Route 53, by the name they have in documents. */
const ruleReaders: Readonly<Record<string, RuleReader>> = {
  failover: readFailover,
  geo: readGeo,
  geoproximity: readGeoproximity,
  latency: readLatency,
  multivalue: readMultivalue,
  weighted: readWeighted,
};

/** Reads a rule; its branches are linked later. @throws PolicyProblem */
export function readRule(
  object: PolicyObject,
  format: Pick<RuleContext, "formatVersion" | "recordType">,
): RuleDraft {
  const isOurs = format.formatVersion === "2026-11-22";
  const readers = isOurs ? { ...ruleReaders, ...ownRuleReaders } : ruleReaders;
  const type = object.oneOf("RuleType", Object.keys(readers));
  const context: RuleContext = { ...format, references: [] };
  const rule = (readers[type] as RuleReader)(object, context);
  if (isOurs && object.has("FailMode")) rule.failMode = readFailMode(object);
  object.end();
  return { rule, references: context.references };
}

function readFailover(object: PolicyObject, context: RuleContext): PolicyRule {
  const { path } = object;
  // A failover that does not look at health would never fail over.
  const options = { evaluatesRules: true };
  if (context.formatVersion === "2026-11-22" && object.has("Ranks")) {
    return readRanks(object, context);
  }
  const branches = ["Primary", "Secondary"].map((name) => {
    const member = object.object(name);
    const branch = readBranch(member, context, options);
    member.end();
    return branch;
  });
  return { path, kind: "failover", branches };
}

function readGeo(object: PolicyObject, context: RuleContext): PolicyRule {
  const list = { name: "Locations", countMax: policyBranchCountMax };
  const branches = readBranches(object, list, (item) => {
    return { ...readBranch(item, context), place: readGeoLocation(item) };
  });
  requireDistinct(branches, "location", ({ place }) => Object.entries(place).join());
  return { path: object.path, kind: "geolocation", branches };
}

function readGeoproximity(object: PolicyObject, context: RuleContext): PolicyRule {
  const readPlace = context.formatVersion === "2015-10-01" ? readFlatPlace : readLocation;
  const list = { name: "GeoproximityLocations", countMax: geoproximityBranchCountMax };
  const branches = readBranches(object, list, (item) => ({
    ...readBranch(item, context),
    where: readPlace(item),
    bias: item.wholeNumber("Bias", { min: -99, max: 99 }, 0),
  }));
  requireDistinct(branches, "location", ({ where }) => placeKey(where));
  return { path: object.path, kind: "geoproximity", branches };
}

function readLatency(object: PolicyObject, context: RuleContext): PolicyRule {
  const list = { name: "Regions", countMax: policyBranchCountMax };
  const branches = readBranches(object, list, (item) => {
    return { ...readBranch(item, context), region: readRegion(item) };
  });
  requireDistinct(branches, "region", ({ region }) => region);
  return { path: object.path, kind: "latency", branches };
}

function readMultivalue(object: PolicyObject, context: RuleContext): PolicyRule {
  if (context.recordType === "CNAME") {
    throw object.problem("RuleType", "multivalue answers cannot be of type CNAME");
  }
  const list = { name: "Items", countMax: policyBranchCountMax };
  const branches = readBranches(object, list, (item) => {
    return readBranch(item, context, { endpointsOnly: true });
  });
  return { path: object.path, kind: "multivalue", branches };
}

function readWeighted(object: PolicyObject, context: RuleContext): PolicyRule {
  const list = { name: "Items", countMax: policyBranchCountMax };
  const branches = readBranches(object, list, (item) => ({
    ...readBranch(item, context),
    weight: item.wholeNumber("Weight", { min: 0, max: 255 }),
  }));
  return { path: object.path, kind: "weighted", branches };
}
