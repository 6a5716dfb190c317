import type { AlarmRule, AlarmState } from "../../control/model/alarm.ts";

/** One period of an alarm's evaluation range. */
export type Datapoint = {
  /** The begin of the period, milliseconds since 1970. */
  atMs: number;
  /** `undefined`: the period has no data. */
  value: number | undefined;
  sampleCount: number;
};

/** What an evaluation came to. */
export type Verdict = {
  /** `retain`: missing data is to be ignored, the alarm stays as it is. */
  state: AlarmState | "retain";
  /** The data points that were there and counted, newest first. */
  evaluated: Datapoint[];
};

type Rule = Pick<
  AlarmRule,
  | "evaluationPeriods"
  | "datapointsToAlarm"
  | "threshold"
  | "comparisonOperator"
  | "treatMissingData"
>;

/**
 * Periods beyond the evaluation periods that are looked at for data in place of what is missing:
 * AWS's examples look at 5 where 3 are evaluated, and it says no more than that.
 */
export const extraPeriods = 2;

/**
 * The state of an alarm by the periods of its evaluation range, newest first.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export function evaluate(rule: Rule, range: readonly Datapoint[]): Verdict {
  const { evaluationPeriods, datapointsToAlarm, treatMissingData } = rule;
  const real = range.filter(({ value }) => value !== undefined);
  // What is there is taken before what is missing, however old: it only has to be in the range.
  const evaluated = real.slice(0, evaluationPeriods);
  const breaching = evaluated.filter((datapoint) => breaches(rule, datapoint)).length;
  const missing = evaluationPeriods - evaluated.length;
  const filled = breaching + (treatMissingData === "breaching" ? missing : 0);
  if (filled >= datapointsToAlarm) return { state: "ALARM", evaluated };
  const decidedByData = missing === 0 || breaching < evaluated.length || fillsIn(treatMissingData);
  if (decidedByData) return { state: "OK", evaluated };
  // All there is breaches, and it is too little.
  if (treatMissingData === "ignore") return { state: "retain", evaluated };
  const oldest = range.findLastIndex(({ value }) => value !== undefined);
  return { state: oldest + 1 >= datapointsToAlarm ? "ALARM" : "INSUFFICIENT_DATA", evaluated };
}

function fillsIn(treatMissingData: AlarmRule["treatMissingData"]): boolean {
  return treatMissingData === "breaching" || treatMissingData === "notBreaching";
}

export function breaches(
  { threshold, comparisonOperator }: Pick<Rule, "threshold" | "comparisonOperator">,
  { value }: Pick<Datapoint, "value">,
): boolean {
  if (value === undefined) return false;
  switch (comparisonOperator) {
    case "GreaterThanOrEqualToThreshold":
      return value >= threshold;
    case "GreaterThanThreshold":
      return value > threshold;
    case "LessThanThreshold":
      return value < threshold;
    case "LessThanOrEqualToThreshold":
      return value <= threshold;
  }
}
