import type { AlarmRule } from "../../control/model/alarm.ts";
import type { Aggregate } from "../aggregate.ts";
import { metricKey } from "../metric-key.ts";
import { readerOf } from "../statistic.ts";
import type { StatisticReader } from "../statistic.ts";
import { sumPeriods } from "../store/metric-store.ts";
import type { MetricStore } from "../store/metric-store.ts";
import { unitNumber } from "../unit.ts";
import { breaches, evaluate, extraPeriods } from "./evaluate.ts";
import type { Datapoint, Verdict } from "./evaluate.ts";

export type WatchedRule = {
  rule: AlarmRule;
  /** Of its metric. */
  key: string;
  read: StatisticReader;
  needsDistribution: boolean;
  /** How often it is evaluated: each minute, and each 10 seconds where its periods are shorter. */
  stepMs: number;
};

export function watch(rule: AlarmRule): WatchedRule {
  const { statistic, extendedStatistic, periodSeconds } = rule;
  // What is no statistic has no data; the API lets none by.
  const read = readerOf(statistic ?? extendedStatistic ?? "") ?? (() => undefined);
  return {
    rule,
    key: metricKey(rule),
    read,
    needsDistribution: statistic === undefined,
    stepMs: Math.min(periodSeconds < 60 ? 10 : 60, periodSeconds) * 1000,
  };
}

type PeriodPoint = Datapoint & { aggregate?: Aggregate | undefined };

export type Evaluation = Verdict & {
  /** Newest first. */
  range: PeriodPoint[];
  /** Whether a period without data had to be taken into account that began before this time. */
  missedBefore(timeMs: number): boolean;
};

/**
 * Evaluates over the periods that end with the last full step; and over those that end with the
 * step under way where what is still to come cannot change how its newest period compares (a sum
 * that is too high stays so), so that such an alarm need not wait for the end of the minute.
 */
export function evaluateNow(watched: WatchedRule, store: MetricStore, nowMs: number): Evaluation {
  const { rule, stepMs } = watched;
  const endMs = Math.floor(nowMs / stepMs) * stepMs;
  const coming = rangeOf(watched, store, endMs + stepMs);
  const range = isSettled(rule, coming[0]) ? coming : rangeOf(watched, store, endMs);
  const verdict = evaluate(rule, range);
  const missing = verdict.evaluated.length < rule.evaluationPeriods;
  return {
    ...withFewSamples(rule, verdict),
    range,
    missedBefore: (timeMs) =>
      missing && range.some(({ value, atMs }) => value === undefined && atMs < timeMs),
  };
}

/** The periods of the evaluation range that ends at a time, newest first. */
export function rangeOf(watched: WatchedRule, store: MetricStore, endMs: number): PeriodPoint[] {
  const { rule, key, read, needsDistribution } = watched;
  const period = rule.periodSeconds;
  const count = rule.evaluationPeriods + extraPeriods;
  const to = Math.round(endMs / 1000);
  const from = to - count * period;
  const known = store.catalogue.find(key);
  const unit = rule.unit === undefined ? {} : { unit: unitNumber(rule.unit) };
  const query = { from, to, withDistribution: needsDistribution, ...unit };
  const sums = known ? sumPeriods(store.read(known, query), { from, period, perUnit: false }) : [];
  const byTime = new Map(sums.map(({ at, aggregate }) => [at, aggregate]));
  return Array.from({ length: count }, (_, i) => {
    const at = to - (i + 1) * period;
    const aggregate = byTime.get(at);
    const value = aggregate && read(aggregate);
    return { atMs: at * 1000, value, sampleCount: aggregate?.sampleCount ?? 0, aggregate };
  });
}

/**
 * Whether more data cannot change how the newest period compares: maxima only grow, minima only
 * shrink, counts grow, and sums do where nothing has been negative.
 */
function isSettled(rule: AlarmRule, newest: PeriodPoint | undefined): boolean {
  if (newest?.value === undefined) return false;
  const isBreach = breaches(rule, newest);
  const growsIntoIt = rule.comparisonOperator.startsWith("Greater") === isBreach;
  switch (rule.statistic) {
    case "Maximum":
    case "SampleCount":
      return growsIntoIt;
    case "Sum":
      return growsIntoIt && (newest.aggregate?.minimum ?? -1) >= 0;
    case "Minimum":
      return !growsIntoIt;
    default:
      return false;
  }
}

/** `EvaluateLowSampleCountPercentile` `ignore`: too few samples for a percentile change nothing. */
function withFewSamples(rule: AlarmRule, verdict: Verdict): Verdict {
  const percentile = /^p(\d+(?:\.\d+)?)$/i.exec(rule.extendedStatistic ?? "");
  if (!percentile || rule.evaluateLowSampleCountPercentile !== "ignore") return verdict;
  const share = Number(percentile[1]) / 100;
  const needed = 10 / (share >= 0.5 ? 1 - share : share);
  const samples = verdict.evaluated.reduce((sum, { sampleCount }) => sum + sampleCount, 0);
  return samples < needed ? { ...verdict, state: "retain" } : verdict;
}
