import type { RoutingControlState } from "./routing-control.ts";

/**
 * A row of the table `safetyRule`, by its name: what changes of routing controls must keep to.
 * https://docs.aws.amazon.com/r53recovery/latest/dg/routing-control.safety-rules.html
 */
export type SafetyRule = {
  name: string;
  /** ARNs of the controls that are counted. */
  controls: string[];
  /**
   * `assertion`: a change of any of `controls` must leave the rule kept.
   * `gating`: a change of any of `targets` needs the rule kept before it.
   */
  kind: "assertion" | "gating";
  /** ARNs; empty for assertions. */
  targets: string[];
  /** How many of `controls` must be on. */
  type: "ATLEAST" | "AND" | "OR";
  /** 1 to the number of controls; with AND all of them, with OR one. */
  threshold: number;
  /** The rule is kept when it otherwise would not be. */
  inverted: boolean;
};

/** State by ARN. */
export type ControlStates = ReadonlyMap<string, RoutingControlState>;

/** The rules that forbid going from one set of states to another. */
export function brokenRules(
  rules: readonly SafetyRule[],
  { before, after }: { before: ControlStates; after: ControlStates },
): SafetyRule[] {
  const isChanged = (arn: string): boolean => before.get(arn) !== after.get(arn);
  return rules.filter((rule) =>
    rule.kind === "assertion"
      ? rule.controls.some(isChanged) && !isKept(rule, after)
      : rule.targets.some(isChanged) && !isKept(rule, before),
  );
}

function isKept({ controls, threshold, inverted }: SafetyRule, states: ControlStates): boolean {
  const onCount = controls.filter((arn) => states.get(arn) === "On").length;
  return onCount >= threshold !== inverted;
}

/** `at least 1 of cell-1, cell-2 On` */
export function describeRule(rule: SafetyRule, nameOf: (arn: string) => string): string {
  const { controls, threshold, inverted } = rule;
  const names = controls.map(nameOf).join(", ");
  const wanted = threshold === controls.length ? `all of ${names}` : `${threshold} of ${names}`;
  const least = threshold === controls.length ? wanted : `at least ${wanted}`;
  return `${inverted ? "not " : ""}${least} On`;
}
