import type { MetricDataResult, ScanBy } from "@aws-sdk/client-cloudwatch";
import { metricExpressionDepthMax, statisticsPointCountMax } from "../../base/limits.ts";
import { Evaluator } from "../../metrics/math/evaluate-expression.ts";
import { ExpressionError, parseExpression } from "../../metrics/math/expression.ts";
import { UnknownFunctionError } from "../../metrics/math/functions.ts";
import type { Series, Value } from "../../metrics/math/series.ts";
import type { MetricsDesk, StatisticsResult } from "../../metrics/metrics-desk.ts";
import { askedOf } from "./metric-data-query.ts";
import type { GivenQuery } from "./metric-data-query.ts";
import type { Asked } from "./metric-data-page.ts";
import { firstPeriodMs, periodCount } from "./periods.ts";
import { notImplemented, validationFault } from "./refusals.ts";

type Times = { startMs: number; endMs: number; nowMs: number };
type MathOptions = { order: ScanBy; budget: number; times: Times };

/** Answers queries of which some are expressions over others: all at once, without pages. */
export async function answerMath(
  metrics: MetricsDesk,
  queries: readonly GivenQuery[],
  { order, budget, times }: MathOptions,
): Promise<MetricDataResult[]> {
  const asked = queries
    .filter(({ MetricStat }) => MetricStat !== undefined)
    .map((query) => askedOf(query, times));
  refuseSize(asked);
  const found = asked.length === 0 ? [] : await metrics.statistics(asked.map(({ query }) => query));
  const series = new Map(asked.map((each, i) => [each.id, seriesOf(each, found[i])] as const));
  const values = evaluateAll(queries, series, times);
  let left = budget;
  return queries
    .filter(({ ReturnData }) => ReturnData !== false)
    .flatMap(({ Id, Label }) =>
      listOf(values.get(Id)).map((each, _, all) => {
        const isOwn = series.get(Id) === each || all.length > 1;
        const label = Label ?? (isOwn ? each.label : Id);
        const result = resultOf(each, { id: Id, label, order, left });
        left -= result.Values?.length ?? 0;
        return result;
      }),
    );
}

function refuseSize(asked: readonly Asked[]): void {
  const count = asked.reduce(
    (sum, { query }) => sum + periodCount(query.startMs, query.endMs, query.periodSeconds),
    0,
  );
  if (count <= statisticsPointCountMax) return;
  throw validationFault(
    `You have requested up to ${count} datapoints for expressions, which exceeds the limit of ` +
      `${statisticsPointCountMax}. You may reduce the datapoints requested by increasing Period, ` +
      "or decreasing the time range.",
  );
}

/** Of data of several units the first one's: an expression has one value a time. */
function seriesOf({ label, query }: Asked, result: StatisticsResult | undefined): Series {
  const byTime = new Map<number, number>();
  for (const { atMs, values } of result?.points ?? []) {
    if (values[0] !== undefined && !byTime.has(atMs)) byTime.set(atMs, values[0]);
  }
  const { periodSeconds } = query;
  return { label, periodSeconds, times: [...byTime.keys()], values: [...byTime.values()] };
}

/** The values of all queries by id; an expression is evaluated when one that needs it is. */
function evaluateAll(
  queries: readonly GivenQuery[],
  series: ReadonlyMap<string, Series>,
  { startMs, endMs, nowMs }: Times,
): Map<string, Value> {
  const values = new Map<string, Value>(series);
  const expressions = new Map(queries.map(({ Id, Expression }) => [Id, Expression] as const));
  const underWay = new Set<string>();
  const evaluator = new Evaluator({
    valueOf,
    metrics: [...series].map(([id, each]) => ({ id, series: each })),
    startMs: (periodSeconds) => firstPeriodMs(startMs, { nowMs, periodSeconds }),
    endMs,
  });
  function valueOf(id: string): Value | undefined {
    const known = values.get(id);
    const text = expressions.get(id);
    if (known !== undefined || text === undefined) return known;
    if (underWay.has(id)) throw validationFault(`The expression ${id} leads back to itself.`);
    if (underWay.size >= metricExpressionDepthMax) {
      const most = `more than ${metricExpressionDepthMax} expressions`;
      throw validationFault(`The expression ${id} stands below ${most}.`);
    }
    underWay.add(id);
    const value = evaluated(evaluator, id, text);
    underWay.delete(id);
    values.set(id, value);
    return value;
  }
  for (const { Id } of queries) valueOf(Id);
  return values;
}

function evaluated(evaluator: Evaluator, id: string, text: string): Value {
  if (/^\s*SELECT\b/i.test(text)) throw notImplemented("A Metrics Insights query");
  try {
    return evaluator.evaluate(parseExpression(text));
  } catch (error) {
    if (error instanceof UnknownFunctionError) {
      throw notImplemented(`In the expression ${id} ${error.message}`);
    }
    if (!(error instanceof ExpressionError)) throw error;
    throw validationFault(`Error in expression '${id}': ${error.message}`);
  }
}

function listOf(value: Value | undefined): Series[] {
  if (value === undefined || typeof value === "number") {
    throw validationFault("An expression whose data is returned must give a time series.");
  }
  return Array.isArray(value) ? value : [value];
}

function resultOf(
  series: Series,
  of: { id: string; label: string; order: ScanBy; left: number },
): MetricDataResult {
  const newestFirst = of.order === "TimestampDescending";
  const times = newestFirst ? series.times.toReversed() : series.times;
  const values = newestFirst ? series.values.toReversed() : series.values;
  const count = Math.max(0, Math.min(of.left, values.length));
  return {
    Id: of.id,
    Label: of.label,
    Timestamps: times.slice(0, count).map((time) => new Date(time)),
    Values: values.slice(0, count),
    StatusCode: count < values.length ? "PartialData" : "Complete",
  };
}
