import { statisticsPointCountMax } from "../../base/limits.ts";
import type { StatisticsPoint } from "../../metrics/metrics-desk.ts";
import type { HandlerFamily, InputOf } from "./cloudwatch-handler.ts";
import { dimensionProblems, dimensionsOf } from "./dimensions.ts";
import { firstPeriodMs, isStatisticsPeriod, periodCount } from "./periods.ts";
import { invalidCombination, invalidValue } from "./refusals.ts";
import { isExtendedStatistic } from "./statistics.ts";

type Input = InputOf<"GetMetricStatistics">;

/** Data points of one answer, as at AWS. */
const pointCountMax = 1_440;

export const getMetricStatistics: HandlerFamily<"GetMetricStatistics"> = ({ metrics, clock }) => ({
  async GetMetricStatistics(input) {
    const statistics = statisticsOf(input);
    const { Period: periodSeconds } = input;
    if (!isStatisticsPeriod(periodSeconds)) {
      throw invalidValue("The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.");
    }
    const [problem] = dimensionProblems(input.Dimensions, "Dimensions");
    if (problem !== undefined) throw invalidValue(problem);
    const [result] = await metrics.statistics([
      {
        namespace: input.Namespace,
        metricName: input.MetricName,
        dimensions: dimensionsOf(input.Dimensions),
        ...(input.Unit === undefined ? {} : { unit: input.Unit }),
        ...timesOf(input, clock.nowMs()),
        periodSeconds,
        statistics,
        // Values of several units have points of their own.
        pointCountMax: statisticsPointCountMax,
        keep: "latest",
      },
    ]);
    const extended = input.ExtendedStatistics !== undefined;
    return {
      Label: input.MetricName,
      Datapoints: (result?.points ?? []).map((point) => pointView(point, statistics, extended)),
    };
  },
});

function statisticsOf({ Statistics, ExtendedStatistics }: Input): string[] {
  const names = "Statistics and ExtendedStatistics";
  if (!Statistics && !ExtendedStatistics) {
    throw invalidCombination(`At least one of the parameters ${names} must be specified.`);
  }
  if (Statistics && ExtendedStatistics) {
    const exclusive = "are mutually exclusive and you have specified both.";
    throw invalidCombination(`The parameters ${names} ${exclusive}`);
  }
  for (const [index, text] of (ExtendedStatistics ?? []).entries()) {
    if (isExtendedStatistic(text)) continue;
    const parameter = `ExtendedStatistics.member.${index + 1}`;
    throw invalidValue(`The value ${text} for parameter ${parameter} is not a valid statistic.`);
  }
  return [...new Set(Statistics ?? ExtendedStatistics)];
}

function timesOf({ StartTime, EndTime, Period }: Input, nowMs: number) {
  const startMs = firstPeriodMs(StartTime.getTime(), { nowMs, periodSeconds: Period });
  const endMs = EndTime.getTime();
  if (StartTime.getTime() >= endMs) {
    throw invalidValue("The parameter StartTime must be less than the parameter EndTime.");
  }
  const count = periodCount(startMs, endMs, Period);
  if (count > pointCountMax) {
    const asked = count.toLocaleString("en-US");
    throw invalidCombination(
      `You have requested up to ${asked} datapoints, which exceeds the limit of ` +
        `${pointCountMax.toLocaleString("en-US")}. You may reduce the datapoints requested by ` +
        "increasing Period, or decreasing the time range.",
    );
  }
  return { startMs, endMs };
}

function pointView(point: StatisticsPoint, statistics: readonly string[], extended: boolean) {
  const values: Record<string, number> = {};
  for (const [i, name] of statistics.entries()) {
    const value = point.values[i];
    if (value !== undefined) values[name] = value;
  }
  return {
    Timestamp: new Date(point.atMs),
    Unit: point.unit as "None",
    ...(extended ? { ExtendedStatistics: values } : values),
  };
}
