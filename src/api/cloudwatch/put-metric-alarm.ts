import { putAlarm } from "../../control/model/alarm-mutations.ts";
import type { AlarmRule, MetricAlarm } from "../../control/model/alarm.ts";
import { commit } from "../commit/commit.ts";
import { replaced } from "./alarm-rows.ts";
import { commonSettings, firstTags } from "./alarm-settings.ts";
import type { HandlerFamily, InputOf } from "./cloudwatch-handler.ts";
import { dimensionProblems, dimensionsOf } from "./dimensions.ts";
import { notImplemented, refuseUnbuilt, validationFault } from "./refusals.ts";
import { isExtendedStatistic } from "./statistics.ts";

type Input = InputOf<"PutMetricAlarm">;

/** What alarms on expressions, anomalies and PromQL have. */
const unbuilt = [
  "Metrics",
  "ThresholdMetricId",
  "EvaluationCriteria",
  "EvaluationInterval",
  "EvaluationWindow",
  "WarmUpConfiguration",
  "ActionConfiguration",
] as const;

export const putMetricAlarm: HandlerFamily<"PutMetricAlarm"> = (context) => ({
  async PutMetricAlarm(input) {
    refuseUnbuilt(input, unbuilt);
    const alarm: MetricAlarm = {
      ...commonSettings(input, context.clock.nowMs()),
      kind: "metric",
      ...(input.DatapointsToAlarm === undefined ? {} : { datapointsGiven: true }),
      ...ruleOf(input),
    };
    await commit(context, {
      action: "PutMetricAlarm",
      plan() {
        const before = replaced(context, alarm);
        const mutations = [...putAlarm(before, alarm), ...firstTags(input, before)];
        return { mutations, result: undefined };
      },
    });
    return {};
  },
});

/** @throws ServiceError ValidationException, NotImplemented */
function ruleOf(input: Input): AlarmRule {
  const { MetricName: metricName, Namespace: namespace, Unit: unit } = input;
  if (metricName === undefined) throw validationFault("MetricName must be specified");
  if (namespace === undefined) throw validationFault("Namespace must be specified");
  const [problem] = dimensionProblems(input.Dimensions, "Dimensions");
  if (problem !== undefined) throw validationFault(problem);
  return {
    namespace,
    metricName,
    dimensions: dimensionsOf(input.Dimensions),
    ...(unit === undefined ? {} : { unit }),
    ...statisticOf(input),
    ...periodsOf(input),
    ...thresholdOf(input),
    treatMissingData: oneOf("TreatMissingData", input.TreatMissingData ?? "missing", [
      "breaching",
      "notBreaching",
      "ignore",
      "missing",
    ]),
    ...lowSampleCount(input),
  };
}

function statisticOf({ Statistic, ExtendedStatistic }: Input) {
  if ((Statistic === undefined) === (ExtendedStatistic === undefined)) {
    throw validationFault("Exactly one of Statistic and ExtendedStatistic must be specified");
  }
  if (Statistic !== undefined) return { statistic: Statistic };
  if (!isExtendedStatistic(ExtendedStatistic ?? "")) {
    const message = `The value ${ExtendedStatistic} for parameter ExtendedStatistic is not a valid statistic`;
    throw validationFault(message);
  }
  return { extendedStatistic: ExtendedStatistic ?? "" };
}

const day = 86_400;
const week = 7 * day;
const hour = 3_600;

function periodsOf({ Period, EvaluationPeriods, DatapointsToAlarm }: Input) {
  if (Period === undefined) throw validationFault("Period must be specified");
  if (EvaluationPeriods === undefined) throw validationFault("EvaluationPeriods must be specified");
  if (![10, 20, 30].includes(Period) && Period % 60 !== 0) {
    throw validationFault("Period must be 10, 20, 30 or a multiple of 60");
  }
  const total = Period * EvaluationPeriods;
  const longest = Period < hour ? day : week;
  if (total > longest) {
    const [span, periods] = Period < hour ? ["day", "< 3600"] : ["week", ">= 3600"];
    throw validationFault(
      `Metrics cannot be checked across more than a ${span} (EvaluationPeriods * Period must be ` +
        `<= ${longest}) for alarms using period ${periods}`,
    );
  }
  const datapointsToAlarm = DatapointsToAlarm ?? EvaluationPeriods;
  if (datapointsToAlarm > EvaluationPeriods) {
    throw validationFault("DatapointsToAlarm must be less than or equal to EvaluationPeriods");
  }
  return { periodSeconds: Period, evaluationPeriods: EvaluationPeriods, datapointsToAlarm };
}

function thresholdOf({ Threshold: threshold, ComparisonOperator }: Input) {
  if (ComparisonOperator === undefined) {
    throw validationFault("ComparisonOperator must be specified");
  }
  switch (ComparisonOperator) {
    case "LessThanLowerOrGreaterThanUpperThreshold":
    case "LessThanLowerThreshold":
    case "GreaterThanUpperThreshold":
      throw notImplemented(`ComparisonOperator ${ComparisonOperator}`);
    default:
  }
  if (threshold === undefined) throw validationFault("Threshold must be specified");
  if (!Number.isFinite(threshold)) throw validationFault("Threshold must be a finite number");
  return { threshold, comparisonOperator: ComparisonOperator };
}

function lowSampleCount({ EvaluateLowSampleCountPercentile: given, ExtendedStatistic }: Input) {
  if (given === undefined) return {};
  if (!/^p\d/i.test(ExtendedStatistic ?? "")) {
    throw validationFault(
      "EvaluateLowSampleCountPercentile needs an ExtendedStatistic that is a percentile",
    );
  }
  const values = ["evaluate", "ignore"] as const;
  return {
    evaluateLowSampleCountPercentile: oneOf("EvaluateLowSampleCountPercentile", given, values),
  };
}

function oneOf<T extends string>(name: string, given: string, values: readonly T[]): T {
  const value = values.find((known) => known === given);
  if (value !== undefined) return value;
  throw validationFault(`${name} must be one of [${values.join(", ")}], not ${given}`);
}
