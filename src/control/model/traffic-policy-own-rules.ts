import { formatCidr, networkOf, parseCidr } from "../../base/ip.ts";
import type { Cidr } from "../../base/ip.ts";
import { cidrBlockCountMax, loadMax, policyBranchCountMax } from "../../base/limits.ts";
import { continentOf } from "../../geo/places/continents.ts";
import { readBranch, readBranches } from "./traffic-policy-branch.ts";
import type { RuleContext } from "./traffic-policy-branch.ts";
import type {
  FailMode,
  LoadMetric,
  PolicyBlocks,
  PolicyBranch,
  PolicyRule,
  PolicySite,
} from "./traffic-policy-document.ts";
import { PolicyProblem } from "./traffic-policy-object.ts";
import type { PolicyObject } from "./traffic-policy-object.ts";
import { readLocation } from "./traffic-policy-places.ts";
import { readWindows, requireTimeZone } from "./traffic-policy-time.ts";

type RuleReader = (object: PolicyObject, context: RuleContext) => PolicyRule;

/** Rule types that only our own version of the format has. */
export const ownRuleReaders: Readonly<Record<string, RuleReader>> = {
  cidr: readCidrRule,
  load: readLoad,
  nearby: readNearby,
  sticky: readSticky,
  timeofday: readTimeOfDay,
};

/** What a rule answers where none of its branches is healthy. */
export function readFailMode(object: PolicyObject): FailMode {
  return object.oneOf("FailMode", ["open", "closed", "geofence"] as const);
}

/** Failover over any number of branches, in the order they are listed. */
export function readRanks(object: PolicyObject, context: RuleContext): PolicyRule {
  const list = { name: "Ranks", countMax: policyBranchCountMax };
  const branches = readBranches(object, list, (item) =>
    // A failover that does not look at health would never fail over.
    readBranch(item, context, { evaluatesRules: true }),
  );
  return { path: object.path, kind: "failover", branches };
}

const items = { name: "Items", countMax: policyBranchCountMax };

function readCidrRule(object: PolicyObject, context: RuleContext): PolicyRule {
  const seen = new Map<string, string>();
  const collectionId = object.optionalText("CollectionId");
  const branches = readBranches(object, items, (item): PolicyBranch<{ blocks: PolicyBlocks }> => {
    const branch = readBranch(item, context);
    if (isDefault(item)) return { ...branch, blocks: "default" };
    if (collectionId === undefined) return { ...branch, blocks: readBlocks(item, seen) };
    const locationName = readLocationName(item, seen);
    return { ...branch, blocks: { collectionId, locationName } };
  });
  requireOneDefault(branches, ({ blocks }) => blocks === "default");
  return { path: object.path, kind: "cidr", branches };
}

/** A location of the rule's collection; the default is said by `IsDefault`. */
function readLocationName(item: PolicyObject, seen: Map<string, string>): string {
  const name = item.text("LocationName");
  if (!/^[0-9A-Za-z_-]{1,16}$/.test(name)) {
    throw item.problem("LocationName", `'${name}' is no name of a CIDR location`);
  }
  const other = seen.get(name);
  if (other !== undefined) throw item.problem("LocationName", `is the same location as ${other}`);
  seen.set(name, item.path);
  return name;
}

/** Longest prefixes of blocks, as in CIDR collections. */
const prefixLengthMax = { ipv4: 24, ipv6: 48 } as const;

function readBlocks(item: PolicyObject, seen: Map<string, string>): Cidr[] {
  return item.list("Blocks", cidrBlockCountMax).map(([element, path]) => {
    const cidr = typeof element === "string" ? parseCidr(element) : undefined;
    const max = cidr?.address.length === 4 ? prefixLengthMax.ipv4 : prefixLengthMax.ipv6;
    const text = cidr && formatCidr(networkOf(cidr));
    if (!cidr || text !== formatCidr(cidr) || cidr.prefixLength < 1 || cidr.prefixLength > max) {
      const { ipv4, ipv6 } = prefixLengthMax;
      throw new PolicyProblem(path, `a CIDR block is expected, at most /${ipv4} or /${ipv6}`);
    }
    const other = seen.get(text);
    if (other !== undefined) throw new PolicyProblem(path, `is the same block as ${other}`);
    seen.set(text, path);
    return cidr;
  });
}

function isDefault(item: PolicyObject): boolean {
  return item.flag("IsDefault", false);
}

function requireOneDefault<Branch extends PolicyBranch>(
  branches: readonly Branch[],
  isDefaultBranch: (branch: Branch) => boolean,
): void {
  const second = branches.filter(isDefaultBranch)[1];
  if (second) throw new PolicyProblem(second.path, "is a second default");
}

function readTimeOfDay(object: PolicyObject, context: RuleContext): PolicyRule {
  const timeZone = requireTimeZone(object);
  const branches = readBranches(object, items, (item) => ({
    ...readBranch(item, context),
    windows: isDefault(item) ? ("default" as const) : readWindows(item),
  }));
  requireOneDefault(branches, ({ windows }) => windows === "default");
  return { path: object.path, kind: "timeOfDay", timeZone, branches };
}

/** Loads and their marks are whole numbers of one scale: requests a second, per cent, … */
const loadRange = { min: 0, max: loadMax };

function readLoad(object: PolicyObject, context: RuleContext): PolicyRule {
  const branches = readBranches(object, items, (item) => {
    const branch = readBranch(item, context);
    const low = item.wholeNumber("LowWatermark", loadRange);
    const high = item.wholeNumber("HighWatermark", loadRange);
    if (low > high) throw item.problem("LowWatermark", "is above HighWatermark");
    return { ...branch, metric: readMetric(item), low, high };
  });
  return { path: object.path, kind: "leastLoaded", branches };
}

const dimensionCountMax = 10;
const metricTextSizeMax = 255;

/** A metric as PutMetricData names it. */
function readMetric(item: PolicyObject): LoadMetric {
  const object = item.object("Metric");
  const text = (name: string): string => {
    const value = object.text(name);
    if (value.length <= metricTextSizeMax) return value;
    throw object.problem(name, `is longer than ${metricTextSizeMax} characters`);
  };
  const namespace = text("Namespace");
  const name = text("MetricName");
  const dimensions = object.map("Dimensions").map(([dimension, value, path]) => {
    const fits = typeof value === "string" && value !== "" && value.length <= metricTextSizeMax;
    if (!fits) throw new PolicyProblem(path, `a text of 1 to ${metricTextSizeMax} characters`);
    return { name: dimension, value };
  });
  if (dimensions.length > dimensionCountMax) {
    throw object.problem("Dimensions", `has more than ${dimensionCountMax} members`);
  }
  object.end();
  dimensions.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { namespace, name, dimensions };
}

function readSticky(object: PolicyObject, context: RuleContext): PolicyRule {
  const branches = readBranches(object, items, (item) => ({
    ...readBranch(item, context),
    weight: item.wholeNumber("Weight", { min: 0, max: 255 }, 1),
  }));
  return { path: object.path, kind: "sticky", branches };
}

function readNearby(object: PolicyObject, context: RuleContext): PolicyRule {
  const branches = readBranches(object, items, (item) => {
    return { ...readBranch(item, context), ...readSite(item) };
  });
  return { path: object.path, kind: "nearby", branches };
}

function readSite(item: PolicyObject): PolicySite {
  const country = item.text("Country");
  if (continentOf(country) === undefined) {
    throw item.problem("Country", `unknown country '${country}'`);
  }
  const city = item.optionalText("City");
  return {
    where: readLocation(item),
    country,
    ...(city === undefined ? {} : { city }),
    ...(item.has("Metric") ? { metric: readMetric(item) } : {}),
  };
}
