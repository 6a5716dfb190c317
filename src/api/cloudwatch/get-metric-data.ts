import {
  metricDataQueryCountMax,
  statisticsPointCountMax,
  violationsShownMax,
} from "../../base/limits.ts";
import type { CloudWatchContext } from "./cloudwatch-context.ts";
import type { HandlerFamily, InputOf } from "./cloudwatch-handler.ts";
import { dimensionProblems, dimensionsOf } from "./dimensions.ts";
import { nextToken, readToken } from "./next-token.ts";
import { answerPage } from "./metric-data-page.ts";
import type { Asked, PageStart } from "./metric-data-page.ts";
import { firstPeriodMs, isStatisticsPeriod } from "./periods.ts";
import { notImplemented, validationFault } from "./refusals.ts";
import { isStatistic } from "./statistics.ts";

type Input = InputOf<"GetMetricData">;
type GivenQuery = Input["MetricDataQueries"][number];
type GivenStat = NonNullable<GivenQuery["MetricStat"]>;

/** In a token: the page begins with the first point of its query. */
const wholeQuery = -1;

export const getMetricData: HandlerFamily<"GetMetricData"> = (context) => ({
  async GetMetricData(input) {
    const asked = readQueries(input, context);
    const order = input.ScanBy ?? "TimestampDescending";
    const budget = pointsOf(input);
    const start = startOf(input);
    const { results, next } = await answerPage(context.metrics, asked, { order, budget, start });
    return {
      MetricDataResults: results,
      ...(next ? { NextToken: nextToken(["data", next.index, next.atMs ?? wholeQuery]) } : {}),
      Messages: [],
    };
  },
});

function readQueries(input: Input, { clock, accountId }: CloudWatchContext): Asked[] {
  const given = input.MetricDataQueries;
  if (given.length === 0) throw validationFault("The parameter MetricDataQueries is required.");
  if (given.length > metricDataQueryCountMax) {
    const max = metricDataQueryCountMax;
    throw validationFault(
      `The collection MetricDataQueries must not have a size greater than ${max}.`,
    );
  }
  if (input.StartTime.getTime() >= input.EndTime.getTime()) {
    throw validationFault("The parameter EndTime must be greater than StartTime.");
  }
  refuseQueries(given, accountId);
  const times = { startMs: input.StartTime.getTime(), endMs: input.EndTime.getTime() };
  return given
    .filter(({ ReturnData }) => ReturnData !== false)
    .map((query) => askedOf(query, times, clock.nowMs()));
}

/** @throws ServiceError with a line for each query that is wrong */
function refuseQueries(given: readonly GivenQuery[], accountId: string): void {
  const ids = given.map(({ Id }) => Id);
  if (new Set(ids).size < ids.length) {
    throw validationFault("The values for parameter id in MetricDataQueries are not unique.");
  }
  const problems = given.flatMap((query, index) =>
    problemsOf(query, `MetricDataQueries.member.${index + 1}`),
  );
  if (problems.length > 0) throw validationFault(problems.slice(0, violationsShownMax).join("\n"));
  for (const { Expression, Label, AccountId } of given) {
    if (Expression !== undefined) throw notImplemented("A query's Expression (metric math)");
    if (Label?.includes("${")) throw notImplemented("A Label with dynamic parts");
    if (AccountId !== undefined && AccountId !== accountId) {
      throw notImplemented("AccountId of another account");
    }
  }
}

function problemsOf({ Id, MetricStat, Expression }: GivenQuery, at: string): string[] {
  const problems: string[] = [];
  const pattern = /^[a-z][a-zA-Z0-9_]*$/;
  if (!pattern.test(Id)) {
    problems.push(`The value ${Id} for parameter ${at}.Id is not matching ${pattern.source}.`);
  }
  if ((MetricStat === undefined) === (Expression === undefined)) {
    problems.push(`Exactly one of ${at}.MetricStat and ${at}.Expression must be specified.`);
  }
  return MetricStat ? [...problems, ...statProblems(MetricStat, `${at}.MetricStat`)] : problems;
}

function statProblems({ Metric, Stat, Period }: GivenStat, at: string): string[] {
  const problems = dimensionProblems(Metric.Dimensions, `${at}.Metric.Dimensions`);
  for (const name of ["Namespace", "MetricName"] as const) {
    if (Metric[name] === undefined) {
      problems.push(`The parameter ${at}.Metric.${name} is required.`);
    }
  }
  if (!isStatistic(Stat)) {
    problems.push(`The value ${Stat} for parameter ${at}.Stat is not a valid statistic.`);
  }
  if (!isStatisticsPeriod(Period)) {
    problems.push(`The parameter ${at}.Period must be 1, 5, 10, 20, 30 or a multiple of 60.`);
  }
  return problems;
}

function askedOf(
  { Id, Label, MetricStat }: GivenQuery,
  times: { startMs: number; endMs: number },
  nowMs: number,
): Asked {
  const { Metric, Stat, Period: periodSeconds, Unit } = MetricStat as GivenStat;
  const { Namespace = "", MetricName = "" } = Metric;
  return {
    id: Id,
    label: Label ?? MetricName,
    query: {
      namespace: Namespace,
      metricName: MetricName,
      dimensions: dimensionsOf(Metric.Dimensions),
      ...(Unit === undefined ? {} : { unit: Unit }),
      startMs: firstPeriodMs(times.startMs, { nowMs, periodSeconds }),
      endMs: times.endMs,
      periodSeconds,
      statistics: [Stat],
      pointCountMax: statisticsPointCountMax,
      keep: "latest",
    },
  };
}

function pointsOf({ MaxDatapoints: count }: Input): number {
  if (count === undefined) return statisticsPointCountMax;
  if (count >= 1) return Math.min(count, statisticsPointCountMax);
  throw validationFault("The parameter MaxDatapoints must be greater than 0.");
}

/** Where the page begins, as `answerPage` left it. */
function startOf({ NextToken }: Input): PageStart {
  if (NextToken === undefined) return { index: 0 };
  const [, index, atMs] = readToken(NextToken, ["string", "number", "number"]).map(Number);
  return { index: Math.max(0, Math.trunc(index ?? 0)), ...(atMs === wholeQuery ? {} : { atMs }) };
}
