import { statisticsPointCountMax } from "../../base/limits.ts";
import type { Evaluator } from "./evaluate-expression.ts";
import { ExpressionError } from "./expression.ts";
import type { Expression } from "./expression.ts";
import { mapSeries, merge, shortestPeriod, valuesByTime } from "./series.ts";
import type { Series, Value } from "./series.ts";

/** There is such a function at CloudWatch, and not here. */
export class UnknownFunctionError extends ExpressionError {}

type Args = readonly Expression[];

/**
 * Calls a function of metric math.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 * @throws ExpressionError, UnknownFunctionError
 */
export function callFunction(evaluator: Evaluator, name: string, args: Args): Value {
  const f = functions.get(name);
  if (!f) throw new UnknownFunctionError(`the function ${name}`);
  const [least, most] = f.args;
  if (args.length < least || args.length > most) {
    throw new ExpressionError(`${name} has ${args.length} arguments, not ${f.args.join(" to ")}`);
  }
  return f.call(evaluator, args);
}

type MathFunction = {
  /** How many arguments, at least and at most. */
  args: readonly [least: number, most: number];
  call(evaluator: Evaluator, args: Args): Value;
};

const functions = new Map<string, MathFunction>(
  Object.entries({
    ABS: each((series) => mapSeries(series, Math.abs)),
    CEIL: each((series) => mapSeries(series, Math.ceil)),
    FLOOR: each((series) => mapSeries(series, Math.floor)),
    LOG: each((series) => mapSeries(series, Math.log)),
    LOG10: each((series) => mapSeries(series, Math.log10)),
    DIFF: each((series) => mapSeries(series, (value, i) => value - before(series, i))),
    RATE: each((series) =>
      mapSeries(series, (value, i) => {
        const seconds = ((series.times[i] ?? 0) - (series.times[i - 1] ?? Number.NaN)) / 1000;
        return (value - before(series, i)) / seconds;
      }),
    ),
    RUNNING_SUM: each((series) => {
      let sum = 0;
      return mapSeries(series, (value) => (sum += value));
    }),
    SUM: over((values) => values.reduce((sum, value) => sum + value, 0)),
    AVG: over(average),
    MIN: over((values) => values.reduce((least, value) => Math.min(least, value))),
    MAX: over((values) => values.reduce((most, value) => Math.max(most, value))),
    STDDEV: over((values) => {
      const mean = average(values);
      return Math.sqrt(average(values.map((value) => (value - mean) ** 2)));
    }),
    DATAPOINT_COUNT: over((values) => values.length),
    FIRST: { args: [1, 1], call: (evaluator, args) => element(evaluator, args, 0) },
    LAST: { args: [1, 1], call: (evaluator, args) => element(evaluator, args, -1) },
    METRIC_COUNT: { args: [1, 1], call: (evaluator, args) => listed(evaluator, args[0]).length },
    PERIOD: {
      args: [1, 1],
      call: (evaluator, args) => shortestPeriod(listed(evaluator, args[0])),
    },
    METRICS: { args: [0, 1], call: metrics },
    TIME_SERIES: { args: [1, 1], call: timeSeries },
    FILL: { args: [2, 2], call: fill },
    IF: { args: [2, 3], call: choose },
  } satisfies Record<string, MathFunction>),
);

/** A function of one series, or of each of an array. */
function each(f: (series: Series) => Series): MathFunction {
  return {
    args: [1, 1],
    call(evaluator, [argument]) {
      const value = evaluator.evaluate(argument as Expression);
      if (typeof value === "number") throw new ExpressionError("a time series is expected");
      return Array.isArray(value) ? value.map(f) : f(value);
    },
  };
}

/** A function of all values of a series; of an array, of the values it has at each time. */
function over(f: (values: readonly number[]) => number): MathFunction {
  return {
    args: [1, 1],
    call(evaluator, [argument]) {
      const value = evaluator.evaluate(argument as Expression);
      if (typeof value === "number") throw new ExpressionError("a time series is expected");
      if (Array.isArray(value)) return merge(value, f);
      return value.values.length === 0 ? 0 : f(value.values);
    },
  };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function before({ values }: Series, index: number): number {
  return values[index - 1] ?? Number.NaN;
}

function listed(evaluator: Evaluator, argument: Expression | undefined): Series[] {
  const value = evaluator.evaluate(argument as Expression);
  if (typeof value === "number") throw new ExpressionError("a time series is expected");
  return Array.isArray(value) ? value : [value];
}

function element(evaluator: Evaluator, args: Args, index: number): Value {
  const found = listed(evaluator, args[0]).at(index);
  if (!found) throw new ExpressionError("the array is empty");
  return found;
}

function metrics({ scope }: Evaluator, [filter]: Args): Value {
  if (filter && filter.kind !== "text") throw new ExpressionError("METRICS takes a text");
  const part = filter?.text ?? "";
  return scope.metrics.filter(({ id }) => id.includes(part)).map(({ series }) => series);
}

function timeSeries(evaluator: Evaluator, [argument]: Args): Value {
  const value = evaluator.evaluate(argument as Expression);
  if (typeof value !== "number") throw new ExpressionError("TIME_SERIES takes a number");
  const periodSeconds = shortestPeriod(evaluator.scope.metrics.map(({ series }) => series));
  const times = gridOf(evaluator, periodSeconds);
  return { label: "", periodSeconds, times, values: times.map(() => value) };
}

/** The begins of all periods of the time asked for. */
function gridOf({ scope }: Evaluator, periodSeconds: number): number[] {
  const step = periodSeconds * 1000;
  const startMs = scope.startMs(periodSeconds);
  const count = Math.max(0, Math.ceil((scope.endMs - startMs) / step));
  if (count > statisticsPointCountMax) throw new ExpressionError("the time is too long to fill");
  return Array.from({ length: count }, (_, i) => startMs + i * step);
}

function fill(evaluator: Evaluator, [argument, filler]: Args): Value {
  const value = evaluator.evaluate(argument as Expression);
  if (typeof value === "number") throw new ExpressionError("FILL takes a time series");
  const repeats = filler?.kind === "name" && filler.name === "REPEAT";
  const put = repeats ? undefined : evaluator.evaluate(filler as Expression);
  if (put !== undefined && typeof put !== "number") {
    throw new ExpressionError("FILL takes a number or REPEAT for what is missing");
  }
  const fillOne = (series: Series) => filled(evaluator, series, put);
  return Array.isArray(value) ? value.map(fillOne) : fillOne(value);
}

/** @param put in place of what is missing; `undefined`: the value before it, if there is one */
function filled(evaluator: Evaluator, series: Series, put: number | undefined): Series {
  const known = valuesByTime(series);
  const times = gridOf(evaluator, series.periodSeconds);
  let last: number | undefined;
  const whole = { ...series, times, values: times.map(() => 0) };
  return mapSeries(whole, (_, i) => {
    const value = known.get(times[i] ?? 0) ?? put ?? last;
    last = value;
    return value;
  });
}

/** `IF(condition, then, else)`: at each time, or once where the condition is a number. */
function choose(evaluator: Evaluator, args: Args): Value {
  const [condition, whenTrue, whenFalse] = args.map((argument) => evaluator.evaluate(argument));
  if (typeof condition === "number") {
    const chosen = condition === 0 ? whenFalse : whenTrue;
    if (chosen === undefined) throw new ExpressionError("IF of a number needs three arguments");
    return chosen;
  }
  if (!condition || [condition, whenTrue, whenFalse].some(Array.isArray)) {
    throw new ExpressionError("IF takes no arrays");
  }
  const series = condition as Series;
  const [yes, no] = [reader(whenTrue), reader(whenFalse)];
  return mapSeries(series, (value, i) => (value === 0 ? no : yes)(series.times[i] ?? 0));
}

function reader(value: Value | undefined): (time: number) => number | undefined {
  if (value === undefined || typeof value === "number") return () => value as number | undefined;
  const known = valuesByTime(value as Series);
  return (time) => known.get(time);
}
