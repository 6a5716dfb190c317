import type { AlarmRule, AlarmState } from "../../control/model/alarm.ts";
import { breaches } from "./evaluate.ts";
import type { Datapoint } from "./evaluate.ts";

/** Why an alarm is in its state: StateReason and StateReasonData, worded as CloudWatch's are. */
export type StateReason = { reason: string; reasonData?: string };

export const initialReason: StateReason = { reason: "Unchecked: Initial alarm creation" };

export type Evaluated = {
  state: AlarmState;
  /** Newest first. */
  evaluated: readonly Datapoint[];
  /** The whole range, newest first. */
  range: readonly Datapoint[];
  /** When it was evaluated. */
  nowMs: number;
};

export function metricReason(rule: AlarmRule, outcome: Evaluated): StateReason {
  return { reason: reasonText(rule, outcome), reasonData: reasonData(rule, outcome) };
}

function reasonText(rule: AlarmRule, { state, evaluated }: Evaluated): string {
  const { evaluationPeriods: periods, treatMissingData } = rule;
  if (state === "INSUFFICIENT_DATA") {
    return `Insufficient Data: ${counted(periods, "datapoint")} unknown.`;
  }
  const isFilled = treatMissingData === "breaching" || treatMissingData === "notBreaching";
  const filled = isFilled ? periods - evaluated.length : 0;
  const treated = treatMissingData === "breaching" ? "Breaching" : "NonBreaching";
  const filling =
    filled === 0 ? "" : `${counted(filled, "missing datapoint")} treated as [${treated}]`;
  if (evaluated.length === 0) {
    const none = `no datapoints were received for ${plural(periods, "period")}`;
    return `Threshold Crossed: ${none} and ${filling}.`;
  }
  const crossing = crossingText(rule, { state, evaluated });
  const both = [crossing, filling].filter((text) => text !== "").join(" and ");
  return `Threshold Crossed: ${both} ${minimumText(rule, state)}.`;
}

/** The data points that speak for the state; empty where only missing ones do. */
function crossingText(
  rule: AlarmRule,
  { state, evaluated }: Pick<Evaluated, "state" | "evaluated">,
): string {
  const isAlarm = state === "ALARM";
  const told = evaluated.filter((datapoint) => breaches(rule, datapoint) === isAlarm);
  if (told.length === 0) return "";
  const values = told.map(({ atMs, value }) => `${javaNumber(value ?? NaN)} (${shortTime(atMs)})`);
  return (
    `${told.length} out of the last ${rule.evaluationPeriods} datapoints [${values.join(", ")}] ` +
    `${told.length === 1 ? "was" : "were"} ${isAlarm ? "" : "not "}` +
    `${comparisonText[rule.comparisonOperator]} the threshold (${javaNumber(rule.threshold)})`
  );
}

function minimumText(
  { evaluationPeriods, datapointsToAlarm }: AlarmRule,
  state: AlarmState,
): string {
  const isAlarm = state === "ALARM";
  const needed = isAlarm ? datapointsToAlarm : evaluationPeriods - datapointsToAlarm + 1;
  const change = isAlarm ? "OK -> ALARM" : "ALARM -> OK";
  return `(minimum ${plural(needed, "datapoint")} for ${change} transition)`;
}

/** `1 datapoint was`, `2 datapoints were` */
function counted(count: number, what: string): string {
  return `${plural(count, what)} ${count === 1 ? "was" : "were"}`;
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

const comparisonText = {
  GreaterThanOrEqualToThreshold: "greater than or equal to",
  GreaterThanThreshold: "greater than",
  LessThanThreshold: "less than",
  LessThanOrEqualToThreshold: "less than or equal to",
} as const;

/** Version 1.0 of CloudWatch's, whose numbers always have a point. */
function reasonData(rule: AlarmRule, outcome: Evaluated): string {
  const { evaluated, range, nowMs } = outcome;
  const oldest = evaluated.at(-1);
  const recent = evaluated.map(({ value }) => javaNumber(value ?? NaN)).toReversed();
  const listed = evaluated.length > 0 ? evaluated : range.slice(0, rule.evaluationPeriods);
  const members = [
    `"version":"1.0"`,
    `"queryDate":"${longTime(nowMs)}"`,
    ...(oldest ? [`"startDate":"${longTime(oldest.atMs)}"`] : []),
    ...(rule.unit === undefined ? [] : [`"unit":${JSON.stringify(rule.unit)}`]),
    `"statistic":${JSON.stringify(rule.statistic ?? rule.extendedStatistic ?? "")}`,
    `"period":${rule.periodSeconds}`,
    `"recentDatapoints":[${recent.join(",")}]`,
    `"threshold":${javaNumber(rule.threshold)}`,
    `"evaluatedDatapoints":[${listed.map(datapointText).join(",")}]`,
  ];
  return `{${members.join(",")}}`;
}

function datapointText({ atMs, value, sampleCount }: Datapoint): string {
  const time = `"timestamp":"${longTime(atMs)}"`;
  if (value === undefined) return `{${time}}`;
  return `{${time},"sampleCount":${javaNumber(sampleCount)},"value":${javaNumber(value)}}`;
}

/** Why a composite alarm is in its state: the last of its children that changed, by ARN. */
export function compositeReason(
  child: { arn: string; state: AlarmState; atMs: number } | undefined,
  own: { arn: string; state: AlarmState; isNew: boolean },
): StateReason {
  if (!child) {
    const done = own.isNew ? "created" : "updated";
    return { reason: `${own.arn} was ${done} and its alarm rule evaluates to ${own.state}` };
  }
  const state = { value: child.state, timestamp: longTime(child.atMs) };
  return {
    reason: `${child.arn} transitioned to ${child.state} at ${spokenTime(child.atMs)}`,
    reasonData: JSON.stringify({ triggeringAlarms: [{ arn: child.arn, state }] }),
  };
}

/** As Java prints doubles, and so CloudWatch: `99.0`, `1.0E10`. */
export function javaNumber(value: number): string {
  const size = Math.abs(value);
  if (value === 0 || (size >= 1e-3 && size < 1e7)) {
    return Number.isInteger(value) ? value.toFixed(1) : String(value);
  }
  const [digits = "", exponent = "0"] = value.toExponential().split("e");
  return `${digits.includes(".") ? digits : `${digits}.0`}E${Number(exponent)}`;
}

/** `22/11/26 16:00:00` */
function shortTime(atMs: number): string {
  const [, year, month, day, time] = /^\d\d(\d\d)-(\d\d)-(\d\d)T(.{8})/.exec(iso(atMs)) ?? [];
  return `${day}/${month}/${year} ${time}`;
}

/** `2026-11-22T16:00:00.000+0000` */
export function longTime(atMs: number): string {
  return iso(atMs).replace("Z", "+0000");
}

const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const months = ["January", "February", "March", "April", "May", "June", "July", "August"].concat([
  "September",
  "October",
  "November",
  "December",
]);

/** `Sunday 22 November, 2026 16:00:00 UTC` */
function spokenTime(atMs: number): string {
  const at = new Date(atMs);
  const day = String(at.getUTCDate()).padStart(2, "0");
  const month = months[at.getUTCMonth()];
  const time = iso(atMs).slice(11, 19);
  return `${days[at.getUTCDay()]} ${day} ${month}, ${at.getUTCFullYear()} ${time} UTC`;
}

function iso(atMs: number): string {
  return new Date(atMs).toISOString();
}
