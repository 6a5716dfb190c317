import { metricMathPointCountMax } from "../../base/limits.ts";
import { ExpressionError } from "./expression.ts";
import type { Expression, Operator } from "./expression.ts";
import { callFunction } from "./functions.ts";
import { mapSeries, shortestPeriod, valuesByTime } from "./series.ts";
import type { Series, Value } from "./series.ts";

/** What expressions of one request are about. */
export type MathScope = {
  /** The values of a query by its id; `undefined` where there is none. */
  valueOf(id: string): Value | undefined;
  /** All metrics of the request, in its order. */
  metrics: readonly { id: string; series: Series }[];
  /** The time asked for, which FILL and TIME_SERIES fill: the begin of its first period. */
  startMs(periodSeconds: number): number;
  endMs: number;
};

/**
 * Evaluates expressions over what a request asks for; the points that all of them make together
 * are limited.
 */
export class Evaluator {
  readonly scope: MathScope;
  #points = 0;

  constructor(scope: MathScope) {
    this.scope = scope;
  }

  /** @throws ExpressionError where it makes no sense, or costs too much */
  evaluate(expression: Expression): Value {
    const value = this.#value(expression);
    this.#points += countOf(value);
    if (this.#points > metricMathPointCountMax) {
      const message = `the expressions of the request make more than ${metricMathPointCountMax} points`;
      throw new ExpressionError(message);
    }
    return value;
  }

  #value(expression: Expression): Value {
    switch (expression.kind) {
      case "number":
        return expression.value;
      case "text":
        throw new ExpressionError(`unexpected text '${expression.text}'`);
      case "name":
        return this.#named(expression.name);
      case "array":
        return expression.items.flatMap((item) => seriesIn(this.evaluate(item)));
      case "negative":
        return operate("*", -1, this.evaluate(expression.operand));
      case "binary": {
        const { operator, left, right } = expression;
        return operate(operator, this.evaluate(left), this.evaluate(right));
      }
      case "call":
        return callFunction(this, expression.name, expression.args);
    }
  }

  #named(name: string): Value {
    const value = this.scope.valueOf(name);
    if (value === undefined) throw new ExpressionError(`there is no query with the id ${name}`);
    return value;
  }
}

function seriesIn(value: Value): Series[] {
  if (typeof value === "number") throw new ExpressionError("an array has time series only");
  return Array.isArray(value) ? value : [value];
}

function countOf(value: Value): number {
  if (typeof value === "number") return 1;
  if (!Array.isArray(value)) return value.values.length;
  return value.reduce((sum, { values }) => sum + values.length, value.length);
}

const operations: Record<Operator, (a: number, b: number) => number> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "^": (a, b) => a ** b,
  "==": (a, b) => Number(a === b),
  "!=": (a, b) => Number(a !== b),
  "<": (a, b) => Number(a < b),
  ">": (a, b) => Number(a > b),
  "<=": (a, b) => Number(a <= b),
  ">=": (a, b) => Number(a >= b),
  "&&": (a, b) => Number(a !== 0 && b !== 0),
  "||": (a, b) => Number(a !== 0 || b !== 0),
};

/** Two series give values where both have one; quotients by 0 are left out. */
function operate(operator: Operator, left: Value, right: Value): Value {
  const f = operations[operator];
  if (Array.isArray(left)) {
    if (Array.isArray(right)) throw new ExpressionError("two arrays have no operators");
    return left.map((series) => operate(operator, series, right) as Series);
  }
  if (Array.isArray(right)) return right.map((series) => operate(operator, left, series) as Series);
  if (typeof left === "number") {
    if (typeof right === "number") return f(left, right);
    return mapSeries(right, (value) => f(left, value));
  }
  if (typeof right === "number") return mapSeries(left, (value) => f(value, right));
  const others = valuesByTime(right);
  const both = mapSeries(left, (value, i) => {
    const other = others.get(left.times[i] ?? 0);
    return other === undefined ? undefined : f(value, other);
  });
  return { ...both, periodSeconds: shortestPeriod([left, right]) };
}
