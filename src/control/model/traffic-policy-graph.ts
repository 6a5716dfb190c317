import { policyDepthMax, policyTreeSizeMax } from "../../base/limits.ts";
import type { Reference, RuleDraft } from "./traffic-policy-branch.ts";
import type { PolicyEndpoint, PolicyNode } from "./traffic-policy-document.ts";
import { PolicyProblem } from "./traffic-policy-object.ts";

export type PolicyParts = {
  start: Reference;
  endpoints: ReadonlyMap<string, PolicyEndpoint>;
  rules: ReadonlyMap<string, RuleDraft>;
};

/** Runs `f`; `undefined` where it has met a problem, which is kept. */
type Collect = <T>(f: () => T) => T | undefined;

/**
 * Joins branches to the rules and endpoints they name. Rules may share what they lead to; a rule
 * that leads back to itself, what is not there and what is too deep or too big is a problem.
 */
export function linkRules(
  parts: PolicyParts,
  collect: Collect,
): { start: PolicyNode | undefined } | undefined {
  const link = new Linking(parts);
  for (const { rule, references } of parts.rules.values()) {
    for (const [i, reference] of references.entries()) {
      const node = collect(() => link.nodeOf(reference));
      const branch = rule.branches[i];
      if (node && branch) branch.node = node;
      if (node) collect(() => link.checkTarget(rule, reference, node));
    }
  }
  const start = collect(() => link.nodeOf(parts.start));
  return collect(() => {
    for (const id of parts.rules.keys()) link.measure(id);
    if (parts.start.rule !== undefined) link.measure(parts.start.rule);
    return { start };
  });
}

/** What a rule comes to once every shared rule is written out. */
type Measure = { depth: number; size: number };

class Linking {
  readonly #parts: PolicyParts;
  readonly #measures = new Map<string, Measure | "open">();

  constructor(parts: PolicyParts) {
    this.#parts = parts;
  }

  nodeOf({ path, rule, endpoint }: Reference): PolicyNode {
    const { rules, endpoints } = this.#parts;
    const node = rule === undefined ? endpoints.get(endpoint ?? "") : rules.get(rule)?.rule;
    if (node) return node;
    const what = rule === undefined ? `endpoint '${endpoint}'` : `rule '${rule}'`;
    throw new PolicyProblem(path, `there is no ${what}`);
  }

  /** Multivalue answers are made of records, and aliases have none of their own. */
  checkTarget(rule: RuleDraft["rule"], { path }: Reference, node: PolicyNode): void {
    if (rule.kind !== "multivalue" || node.kind !== "endpoint" || node.type === "value") return;
    throw new PolicyProblem(path, "a multivalue answer has endpoints of type value only");
  }

  /** @throws PolicyProblem where the rule leads back to itself, is too deep or too big */
  measure(id: string): Measure {
    const draft = this.#parts.rules.get(id);
    if (!draft) return { depth: 0, size: 0 };
    const { path } = draft.rule;
    const known = this.#measures.get(id);
    if (known === "open") throw new PolicyProblem(path, "the rule leads back to itself");
    if (known) return known;
    this.#measures.set(id, "open");
    const measure = { depth: 1, size: 0 };
    for (const { rule } of draft.references) {
      const below = rule === undefined ? { depth: 0, size: 0 } : this.measure(rule);
      measure.depth = Math.max(measure.depth, below.depth + 1);
      measure.size += below.size + 1;
    }
    if (measure.depth > policyDepthMax) {
      throw new PolicyProblem(path, `more than ${policyDepthMax} rules follow one another`);
    }
    if (measure.size > policyTreeSizeMax) {
      const message = `more than ${policyTreeSizeMax} branches where shared rules are written out`;
      throw new PolicyProblem(path, message);
    }
    this.#measures.set(id, measure);
    return measure;
  }
}
