import { statisticsPointCountMax, violationsShownMax } from "../../base/limits.ts";
import type { InputOf } from "./cloudwatch-handler.ts";
import { dimensionProblems, dimensionsOf } from "./dimensions.ts";
import type { Asked } from "./metric-data-page.ts";
import { firstPeriodMs, isStatisticsPeriod } from "./periods.ts";
import { notImplemented, validationFault } from "./refusals.ts";
import { isStatistic } from "./statistics.ts";

export type GivenQuery = InputOf<"GetMetricData">["MetricDataQueries"][number];
type GivenStat = NonNullable<GivenQuery["MetricStat"]>;

/** @throws ServiceError with a line for each query that is wrong */
export function refuseQueries(given: readonly GivenQuery[], accountId: string): void {
  const ids = given.map(({ Id }) => Id);
  if (new Set(ids).size < ids.length) {
    throw validationFault("The values for parameter id in MetricDataQueries are not unique.");
  }
  const problems = given.flatMap((query, index) =>
    problemsOf(query, `MetricDataQueries.member.${index + 1}`),
  );
  if (problems.length > 0) throw validationFault(problems.slice(0, violationsShownMax).join("\n"));
  for (const { Label, AccountId } of given) {
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

/**
 * The question to the metrics desk that a query with MetricStat is.
 * @param times the time asked for, and now
 */
export function askedOf(
  { Id, Label, MetricStat }: GivenQuery,
  times: { startMs: number; endMs: number; nowMs: number },
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
      startMs: firstPeriodMs(times.startMs, { nowMs: times.nowMs, periodSeconds }),
      endMs: times.endMs,
      periodSeconds,
      statistics: [Stat],
      pointCountMax: statisticsPointCountMax,
      keep: "latest",
    },
  };
}
