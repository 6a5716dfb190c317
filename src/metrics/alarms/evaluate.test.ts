import assert from "node:assert/strict";
import { test } from "node:test";
import type { AlarmRule } from "../../control/model/alarm.ts";
import { breaches, evaluate, extraPeriods } from "./evaluate.ts";
import type { Datapoint } from "./evaluate.ts";

type Outcome = "OK" | "ALARM" | "INSUFFICIENT_DATA" | "retain";
/** Newest on the right: 0 does not breach, X does, - is missing. Then by treatment of missing. */
type Row = [
  range: string,
  missing: Outcome,
  ignore: Outcome,
  breaching: Outcome,
  notBreaching: Outcome,
];

const treatments = ["missing", "ignore", "breaching", "notBreaching"] as const;
const insufficient = "INSUFFICIENT_DATA";

function rangeOf(text: string): Datapoint[] {
  const values: Record<string, number | undefined> = { "0": 0, X: 10, "-": undefined };
  return [...text.replaceAll(" ", "")].toReversed().map((mark, i) => ({
    atMs: -60_000 * i,
    value: values[mark],
    sampleCount: mark === "-" ? 0 : 1,
  }));
}

function ruleOf(
  datapointsToAlarm: number,
  evaluationPeriods: number,
): Omit<AlarmRule, "treatMissingData"> {
  return {
    namespace: "Test",
    metricName: "M",
    dimensions: [],
    statistic: "Average",
    periodSeconds: 300,
    evaluationPeriods,
    datapointsToAlarm,
    threshold: 5,
    comparisonOperator: "GreaterThanThreshold",
  };
}

function check(rule: Omit<AlarmRule, "treatMissingData">, rows: readonly Row[]): void {
  for (const [text, ...outcomes] of rows) {
    treatments.forEach((treatMissingData, i) => {
      const range = rangeOf(text);
      const { state } = evaluate({ ...rule, treatMissingData }, range);
      assert.equal(state, outcomes[i], `${text}, ${treatMissingData}`);
    });
  }
}

test("evaluate() 3 of 3: the documented table", () => {
  assert.equal(3 + extraPeriods, 5);
  check(ruleOf(3, 3), [
    ["0 - X - X", "OK", "OK", "OK", "OK"],
    ["0 - - - -", "OK", "OK", "OK", "OK"],
    ["- - - - -", insufficient, "retain", "ALARM", "OK"],
    ["0 X X - X", "ALARM", "ALARM", "ALARM", "ALARM"],
    ["- - X - -", "ALARM", "retain", "ALARM", "OK"],
  ]);
});

test("evaluate() 2 of 3: the documented table", () => {
  check(ruleOf(2, 3), [
    ["0 - X - X", "ALARM", "ALARM", "ALARM", "ALARM"],
    ["0 0 X 0 X", "ALARM", "ALARM", "ALARM", "ALARM"],
    ["0 - X - -", "OK", "OK", "ALARM", "OK"],
    ["- - - - 0", "OK", "OK", "ALARM", "OK"],
    ["- - - X -", "ALARM", "retain", "ALARM", "OK"],
  ]);
});

test("evaluate() rows of the documentation's older tables, and its text on premature alarms", () => {
  check(ruleOf(3, 3), [
    ["- - - - X", insufficient, "retain", "ALARM", "OK"],
    ["X - - - -", "ALARM", "retain", "ALARM", "OK"],
    ["- - - X -", insufficient, "retain", "ALARM", "OK"],
    ["- - - X 0", "OK", "OK", "OK", "OK"],
    ["- - X - 0", "OK", "OK", "OK", "OK"],
  ]);
  check(ruleOf(2, 3), [["- - - - X", insufficient, "retain", "ALARM", "OK"]]);
});

test("evaluate() looks at the newest periods alone where none is missing", () => {
  check(ruleOf(3, 3), [
    ["0 0 X X X", "ALARM", "ALARM", "ALARM", "ALARM"],
    ["X X X X 0", "OK", "OK", "OK", "OK"],
  ]);
  check(ruleOf(1, 1), [
    ["0 0 X", "ALARM", "ALARM", "ALARM", "ALARM"],
    ["X X 0", "OK", "OK", "OK", "OK"],
    ["X - -", "ALARM", "ALARM", "ALARM", "ALARM"],
    ["- - -", insufficient, "retain", "ALARM", "OK"],
  ]);
  check(ruleOf(3, 5), [
    ["- - X 0 0 X X", "ALARM", "ALARM", "ALARM", "ALARM"],
    ["X X X 0 0 X 0", "OK", "OK", "OK", "OK"],
    ["- - - - 0 X X", "OK", "OK", "ALARM", "OK"],
  ]);
});

test("breaches() knows the four comparisons", () => {
  const cases = [
    ["GreaterThanOrEqualToThreshold", [false, true, true]],
    ["GreaterThanThreshold", [false, false, true]],
    ["LessThanThreshold", [true, false, false]],
    ["LessThanOrEqualToThreshold", [true, true, false]],
  ] as const;
  for (const [comparisonOperator, expected] of cases) {
    const found = [4, 5, 6].map((value) =>
      breaches({ threshold: 5, comparisonOperator }, { value }),
    );
    assert.deepEqual(found, expected, comparisonOperator);
  }
});
