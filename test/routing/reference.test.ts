import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../src/base/random.ts";
import { compareRandomly } from "./compare.ts";
import { describeDifference } from "./describe-case.ts";
import { kinds } from "./random-tree.ts";

/** Of each; all three together take some 10 seconds. */
const caseCount = 50_000;

const families = {
  "Route 53's policies through aliases": { inlineDepthMax: 0, failModes: false },
  "groups inside groups, with fail modes": {},
  "all rules, ours too": {
    kinds: [...kinds, "timeOfDay", "leastLoaded", "sticky", "nearby"] as const,
  },
};

for (const [name, tree] of Object.entries(families)) {
  test(`the packet path answers as the reference evaluator allows: ${name}`, () => {
    const random = seededRandom(2026);
    const { cases, differences } = compareRandomly({ random, caseCount, tree });
    assert.ok(differences.length === 0, differences.map(describeDifference).join("\n\n"));
    assert.ok(cases >= caseCount);
  });
}
