import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Evaluator } from "./evaluate-expression.ts";
import { ExpressionError, parseExpression } from "./expression.ts";
import type { Series, Value } from "./series.ts";

const minute = 60_000;

/** A value a minute from 0 on; `undefined` where there is none. */
function series(label: string, ...values: (number | undefined)[]): Series {
  const known = values.flatMap((value, i) => (value === undefined ? [] : [{ value, i }]));
  return {
    label,
    periodSeconds: 60,
    times: known.map(({ i }) => i * minute),
    values: known.map(({ value }) => value),
  };
}

const metrics = [
  { id: "a", series: series("a", 1, 2, undefined, 4) },
  { id: "b", series: series("b", 10, 0, 30, 40) },
  { id: "none", series: series("none") },
];

function evaluate(text: string): Value {
  const evaluator = new Evaluator({
    valueOf: (id) => metrics.find((metric) => metric.id === id)?.series,
    metrics,
    startMs: () => 0,
    endMs: 4 * minute,
  });
  return evaluator.evaluate(parseExpression(text));
}

/** `1 2 - 4`: values by the minute; arrays have a bar between them. */
function shown(value: Value): string {
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) return value.map(shown).join(" | ");
  const byMinute = new Map(value.times.map((time, i) => [time / minute, value.values[i]]));
  return [0, 1, 2, 3].map((at) => byMinute.get(at) ?? "-").join(" ");
}

const cases: [expression: string, value: string][] = [
  ["1 + 2 * 3", "7"],
  ["(1 + 2) * 3", "9"],
  ["2 ^ 3 ^ 2", "512"],
  ["-2 ^ 2", "-4"],
  ["2 ^ -1", "0.5"],
  ["10 - 2 - 3", "5"],
  ["1.5e2", "150"],
  ["a", "1 2 - 4"],
  ["-a", "-1 -2 - -4"],
  ["a * 2 + 1", "3 5 - 9"],
  ["100 / a", "100 50 - 25"],
  ["a + b", "11 2 - 44"],
  ["a / b", "0.1 - - 0.1"],
  ["[a, b] * 2", "2 4 - 8 | 20 0 60 80"],
  ["a > 1", "0 1 - 1"],
  ["a > 1 AND b > 0", "0 0 - 1"],
  ["a > 1 || b > 5", "1 1 - 1"],
  ["b == 0", "0 1 0 0"],
  ["SUM(a)", "7"],
  ["SUM([a, b])", "11 2 30 44"],
  ["AVG([a, b])", "5.5 1 30 22"],
  ["MIN([a, b])", "1 0 30 4"],
  ["MAX(b)", "40"],
  ["STDDEV([a, b])", "4.5 1 0 18"],
  ["DATAPOINT_COUNT([a, b])", "2 2 1 2"],
  ["METRIC_COUNT(METRICS())", "3"],
  ["SUM(METRICS())", "11 2 30 44"],
  ['SUM(METRICS("b"))', "10 0 30 40"],
  ["FIRST([b, a])", "10 0 30 40"],
  ["LAST([b, a])", "1 2 - 4"],
  ["FILL(a, 0)", "1 2 0 4"],
  ["FILL(a, REPEAT)", "1 2 2 4"],
  ["FILL(none, 7)", "7 7 7 7"],
  ["FILL(none, REPEAT)", "- - - -"],
  ["FILL([a, none], 0)", "1 2 0 4 | 0 0 0 0"],
  ["FILL(a, MIN(b))", "1 2 0 4"],
  ["TIME_SERIES(5)", "5 5 5 5"],
  ["PERIOD(a)", "60"],
  ["SUM([a, b]) / PERIOD(a) * 60", "11 2 30 44"],
  ["DIFF(b)", "- -10 30 10"],
  ["RATE(b) * 60", "- -10 30 10"],
  ["RUNNING_SUM(a)", "1 3 - 7"],
  ["CEIL(a / 3)", "1 1 - 2"],
  ["ABS(a - 3)", "2 1 - 1"],
  ["FLOOR(LOG10(b))", "1 - 1 1"],
  ["IF(a > 1, b, 0)", "0 0 - 40"],
  ["IF(a > 1, b)", "- 0 - 40"],
  ["IF(1, a, b)", "1 2 - 4"],
  ["IF(0, a, b)", "10 0 30 40"],
  ["SUM([])", "- - - -"],
];
for (const [expression, value] of cases) {
  test(`${expression} is ${value}`, () => assert.equal(shown(evaluate(expression)), value));
}

const refusals: [expression: string, message: RegExp][] = [
  ["", /unexpected end/],
  ["a +", /unexpected end/],
  ["a b", /unexpected 'b'/],
  ["a # b", /unexpected '#' at character 3/],
  ["(a", /'\)' is expected, not the end|'\)' is expected, not 'the end'/],
  ["missing", /no query with the id missing/],
  ["[a] + [b]", /two arrays/],
  ["[1]", /time series only/],
  ["SUM()", /SUM has 0 arguments/],
  ["FILL(a, b)", /a number or REPEAT/],
  ["FILL(1, 2)", /takes a time series/],
  ["FIRST([])", /the array is empty/],
  ["'text'", /unexpected text/],
  ["IF([a], 1, 2)", /no arrays/],
  ["SEARCH('x', 'Sum')", /the function SEARCH/],
  ["constructor(1)", /the function constructor/],
  ["(".repeat(1_000), /nested more than 64/],
  ["-".repeat(1_000), /nested more than 64/],
];
for (const [expression, message] of refusals) {
  test(`refuses ${expression.slice(0, 30)}`, () =>
    assert.throws(
      () => evaluate(expression),
      (error) => {
        assert.ok(error instanceof ExpressionError, String(error));
        assert.match(error.message, message);
        return true;
      },
    ));
}

test("an Evaluator stops at its limit of points", () => {
  const long = series("long", ...Array.from({ length: 20_000 }, (_, i) => i));
  const scope = { valueOf: () => long, metrics: [], startMs: () => 0, endMs: 0 };
  const sum = Array.from({ length: 200 }, () => "a").join(" + ");
  const expression = parseExpression(sum);
  assert.throws(() => new Evaluator(scope).evaluate(expression), /more than 1000000 points/);
});

test("parseExpression() and Evaluator take or refuse whatever comes", () => {
  const piece = fc.constantFrom(
    "a",
    "b",
    "1",
    "+",
    "-",
    "/",
    "^",
    "(",
    ")",
    "[",
    "]",
    ",",
    "SUM",
    "FILL",
    "IF",
    "METRICS",
    "<",
    "AND",
    '"',
    "REPEAT",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      try {
        evaluate(pieces.join(" "));
      } catch (error) {
        assert.ok(error instanceof ExpressionError, String(error));
      }
    }),
    { numRuns: 3_000 },
  );
});
