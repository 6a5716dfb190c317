import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  HealthExpressionError,
  evaluateHealthExpression,
  namesOf,
  parseHealthExpression,
} from "./health-expression.ts";
import type { HealthExpression } from "./health-expression.ts";

/** Monday, 10:30. */
const mondayMorning = 10 * 60 + 30;

function evaluate(text: string, healthy: readonly string[], minute = mondayMorning): boolean {
  return evaluateHealthExpression(parseHealthExpression(text), {
    isHealthy: (name) => healthy.includes(name),
    minuteOfWeek: (zone) =>
      zone === "America/New_York" ? (minute + 10_080 - 300) % 10_080 : minute,
  });
}

test("evaluateHealthExpression() follows the words", () => {
  const cases: readonly [text: string, healthy: string, expected: boolean][] = [
    ["api", "api", true],
    ["api", "", false],
    ["NOT api", "", true],
    ["not not api", "api", true],
    ["api AND (db OR cache)", "api cache", true],
    ["api AND (db OR cache)", "db cache", false],
    ["api AND db OR cache", "cache", true],
    ["api OR db AND cache", "db", false],
    ["NOT api AND db", "db", true],
    ["all(a, b,c)", "a b c", true],
    ["all(a, b,c)", "a b", false],
    ["atleast(2; a,b,c)", "a c", true],
    ["atleast(2; a,b,c)", "c", false],
    ["atleast(1; a AND b, c)", "a", false],
    ['"my api" and "AND"', "AND", false],
    ["0b9c2a4e-7d6f-4c1a-9b58-3f2e1d0c9b8a OR x", "0b9c2a4e-7d6f-4c1a-9b58-3f2e1d0c9b8a", true],
  ];
  for (const [text, healthy, expected] of cases) {
    assert.equal(evaluate(text, healthy.split(" ")), expected, `${text} with ${healthy}`);
  }
});

test("evaluateHealthExpression() knows windows of the week", () => {
  const tuesday = 24 * 60;
  const cases: readonly [window: string, minute: number, expected: boolean][] = [
    ["09:00-17:00", mondayMorning, true],
    ["Mon-Fri 10:30-17:00", mondayMorning, true],
    ["Mon-Fri 09:00-10:30", mondayMorning, false],
    ["Tue,Thu 00:00-24:00 UTC", mondayMorning, false],
    ["Sat-Mon 00:00-24:00", mondayMorning, true],
    ["Mon-Fri 09:00-17:00 America/New_York", mondayMorning, false],
    ["Mon-Fri 05:00-06:00 America/New_York", mondayMorning, true],
    ["Mon 22:00-02:00", tuesday + 60, true],
    ["Mon 22:00-02:00", tuesday + 120, false],
    ["Mon 22:00-02:00", 60, false],
    ["Sun 22:00-02:00", 60, true],
  ];
  for (const [window, minute, expected] of cases) {
    assert.equal(evaluate(`a AND DURING "${window}"`, ["a"], minute), expected, window);
  }
  const peak = 'a AND (all(b, c) OR NOT DURING "Mon-Fri 09:00-17:00")';
  assert.equal(evaluate(peak, ["a"], 0), true);
  assert.equal(evaluate(peak, ["a"]), false);
  assert.equal(evaluate(peak, ["a", "b", "c"]), true);
});

test("parseHealthExpression() says what is wrong and where", () => {
  const cases: readonly [text: string, message: RegExp][] = [
    ["", /a check is expected at the end/],
    ["a AND", /a check is expected at the end/],
    ["a b", /AND, OR or the end is expected before 'b' \(character 2\)/],
    ["a & b", /nothing can begin with " & b"/],
    ["(a OR b", /\) is expected at the end/],
    ["all a", /\( is expected before 'a'/],
    ["atleast(0; a)", /a number from 1/],
    ["atleast(3; a, b)", /at least 3 of 2 can never be/],
    ["a OR OR b", /a check is expected before 'OR'/],
    ['DURING "09:00-17:00"', /it names no check/],
    ["a AND DURING always", /a window such as/],
    ['a AND DURING "Mo 09:00-17:00"', /has no days/],
    ['a AND DURING "Mon 9-17"', /has no times/],
    ['a AND DURING "09:00-09:00"', /is empty/],
    ['a AND DURING "09:00-17:00 Mars/Olympus"', /unknown time zone 'Mars\/Olympus'/],
    ['a AND DURING "09:00-17:00 +01:00"', /not an offset/],
    ["(".repeat(40) + "a" + ")".repeat(40), /nested deeper than 32/],
    [Array.from({ length: 256 }, (_, i) => `c${i}`).join(" OR "), /names 256 checks, limit 255/],
    ["a OR ".repeat(4_000) + "a", /characters, limit/],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => parseHealthExpression(text), { name: "HealthExpressionError", message });
  }
});

test("namesOf() names each check once", () => {
  const expression = parseHealthExpression("a AND (b OR NOT a) OR atleast(1; c, b)");
  assert.deepEqual(namesOf(expression), ["a", "b", "c"]);
});

const anyExpression = fc.letrec<{ tree: HealthExpression }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom("a", "b", "c", "d").map((name): HealthExpression => ({ kind: "check", name })),
    tie("tree").map((operand): HealthExpression => ({ kind: "not", operand })),
    fc
      .tuple(fc.nat(3), fc.array(tie("tree"), { minLength: 1, maxLength: 4 }))
      .map(([n, operands]): HealthExpression => {
        return { kind: "atLeast", count: 1 + (n % operands.length), operands };
      }),
  ),
})).tree;

function written(expression: HealthExpression): string {
  if (expression.kind === "check") return expression.name;
  if (expression.kind === "not") return `NOT (${written(expression.operand)})`;
  if (expression.kind === "during") return "";
  return `atleast(${expression.count}; ${expression.operands.map(written).join(", ")})`;
}

test("parseHealthExpression() reads back what a tree is written as", () => {
  fc.assert(
    fc.property(anyExpression, fc.subarray(["a", "b", "c", "d"]), (tree, healthy) => {
      const facts = { isHealthy: (name: string) => healthy.includes(name), minuteOfWeek: () => 0 };
      const read = parseHealthExpression(written(tree));
      assert.equal(evaluateHealthExpression(read, facts), evaluateHealthExpression(tree, facts));
    }),
  );
});

test("parseHealthExpression() takes any text, or refuses it by its own error", () => {
  const word = fc.constantFrom(
    "a",
    "AND",
    "OR",
    "NOT",
    "(",
    ")",
    ",",
    ";",
    "all",
    '"',
    "DURING",
    "2",
  );
  fc.assert(
    fc.property(
      fc.array(word).map((words) => words.join(" ")),
      (text) => {
        try {
          parseHealthExpression(text);
        } catch (error) {
          assert(error instanceof HealthExpressionError);
        }
      },
    ),
  );
});
