import assert from "node:assert/strict";
import { test } from "node:test";
import type { RoutingControlState } from "./routing-control.ts";
import { brokenRules, describeRule } from "./safety-rule.ts";
import type { SafetyRule } from "./safety-rule.ts";

const atLeastOne: SafetyRule = {
  name: "one-cell",
  kind: "assertion",
  controls: ["a", "b"],
  targets: [],
  type: "ATLEAST",
  threshold: 1,
  inverted: false,
};
const notBoth: SafetyRule = { ...atLeastOne, type: "AND", threshold: 2, inverted: true };
const gate: SafetyRule = {
  ...atLeastOne,
  kind: "gating",
  controls: ["gate"],
  targets: ["a", "b"],
};

function states(on: string): Map<string, RoutingControlState> {
  const all = ["a", "b", "gate", "other"];
  return new Map(all.map((arn) => [arn, on.split(" ").includes(arn) ? "On" : "Off"]));
}

const cases: [rule: SafetyRule, before: string, after: string, isBroken: boolean][] = [
  [atLeastOne, "a", "b", false],
  [atLeastOne, "a", "", true],
  [atLeastOne, "a b", "a", false],
  [atLeastOne, "", "a", false],
  // An assertion that does not hold is no concern of other controls.
  [atLeastOne, "", "other", false],
  [notBoth, "a", "a b", true],
  [notBoth, "a", "b", false],
  [notBoth, "a", "", false],
  [gate, "gate", "gate a", false],
  [gate, "", "a", true],
  // The gate is opened first, by itself.
  [gate, "", "gate a", true],
  [gate, "gate", "a", false],
  [gate, "", "gate", false],
  [{ ...gate, inverted: true }, "", "a", false],
  [{ ...gate, inverted: true }, "gate", "gate a", true],
];

test("brokenRules() finds the rules that forbid a change", () => {
  for (const [rule, before, after, isBroken] of cases) {
    const broken = brokenRules([rule], { before: states(before), after: states(after) });
    const what = `${rule.kind} ${rule.type}: ${before} → ${after}`;
    assert.deepEqual(broken, isBroken ? [rule] : [], what);
  }
});

test("describeRule() says what a rule wants", () => {
  const nameOf = (arn: string): string => `cell-${arn}`;
  assert.equal(describeRule(atLeastOne, nameOf), "at least 1 of cell-a, cell-b On");
  assert.equal(describeRule(notBoth, nameOf), "not all of cell-a, cell-b On");
});
