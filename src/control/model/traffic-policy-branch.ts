import type { PolicyBranch, PolicyFormatVersion, PolicyRule } from "./traffic-policy-document.ts";
import { PolicyObject, PolicyProblem } from "./traffic-policy-object.ts";

/** What a branch leads to, by the id it has in the document; of a record extension: a set. */
export type Reference = { path: string; rule?: string; endpoint?: string; set?: string };

/** A rule whose branches lead nowhere yet: `references[i]` says where `rule.branches[i]` does. */
export type RuleDraft = { rule: PolicyRule; references: Reference[] };

/** What reading a rule needs to know, and the references it has come by. */
export type RuleContext = {
  formatVersion: PolicyFormatVersion;
  recordType: string;
  references: Reference[];
  /** Branches are record sets by their identifiers, which bring their own health. */
  leadsToSets?: boolean;
};

const healthCheckIdSizeMax = 64;

/** Stands in the place of a node until the rules are linked. */
const unlinked: PolicyBranch["node"] = { kind: "endpoint", type: "value", path: "", values: [] };

type BranchOptions = {
  /** Only endpoints may follow. */
  endpointsOnly?: boolean;
  /** For a branch that leads to a rule and does not say. */
  evaluatesRules?: boolean;
};

/** Reads what all branches have: where they lead, and what their health hangs on. */
export function readBranch(
  object: PolicyObject,
  context: RuleContext,
  options: BranchOptions = {},
): PolicyBranch {
  if (context.leadsToSets) {
    context.references.push({ path: object.path, set: object.text("SetIdentifier") });
    return { path: object.path, node: unlinked, evaluateTargetHealth: false };
  }
  const reference = readReference(object, options);
  const fallback = reference.rule !== undefined && options.evaluatesRules === true;
  const evaluateTargetHealth = object.flag("EvaluateTargetHealth", fallback);
  const healthCheckId = object.optionalText("HealthCheck");
  if (healthCheckId !== undefined && healthCheckId.length > healthCheckIdSizeMax) {
    throw object.problem("HealthCheck", `is longer than ${healthCheckIdSizeMax} characters`);
  }
  context.references.push(reference);
  return {
    path: object.path,
    node: unlinked,
    evaluateTargetHealth,
    ...(healthCheckId === undefined ? {} : { healthCheckId }),
  };
}

function readReference(object: PolicyObject, { endpointsOnly = false }: BranchOptions): Reference {
  const isRule = object.has("RuleReference");
  if (isRule && endpointsOnly) throw object.problem("RuleReference", "only endpoints may follow");
  if (isRule === object.has("EndpointReference")) {
    const message = "exactly one of EndpointReference and RuleReference is expected";
    throw new PolicyProblem(object.path, message);
  }
  const name = isRule ? "RuleReference" : "EndpointReference";
  const id = object.text(name);
  return { path: object.at(name), ...(isRule ? { rule: id } : { endpoint: id }) };
}

/** Reads a list of branches, each closed against members that nothing has asked for. */
export function readBranches<Choice>(
  object: PolicyObject,
  list: { name: string; countMax: number },
  read: (item: PolicyObject) => PolicyBranch<Choice>,
): PolicyBranch<Choice>[] {
  return object.list(list.name, list.countMax).map(([element, path]) => {
    const item = new PolicyObject(element, path);
    const branch = read(item);
    item.end();
    return branch;
  });
}

/** Refuses two branches of one rule that stand for the same. */
export function requireDistinct<Branch extends PolicyBranch>(
  branches: readonly Branch[],
  what: string,
  keyOf: (branch: Branch) => string,
): void {
  const paths = new Map<string, string>();
  for (const branch of branches) {
    const key = keyOf(branch);
    const other = paths.get(key);
    if (other !== undefined) {
      throw new PolicyProblem(branch.path, `has the same ${what} as ${other}`);
    }
    paths.set(key, branch.path);
  }
}
