import {
  metricDatumValueCountMax,
  metricFutureMaxMs,
  metricPastMaxMs,
  metricRequestDatumCountMax,
  metricValueMax,
  violationsShownMax,
} from "../../base/limits.ts";
import type { MetricDatum } from "../../metrics/metric.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { HandlerFamily, InputOf } from "./cloudwatch-handler.ts";
import { dimensionProblems, dimensionsOf, isPlain } from "./dimensions.ts";
import { invalidValue, missingParameter, notImplemented } from "./refusals.ts";

type Input = InputOf<"PutMetricData">;
type GivenDatum = NonNullable<Input["MetricData"]>[number];
type Problem = {
  code: "InvalidParameterValueException" | "InvalidParameterCombinationException";
  text: string;
};

export const putMetricData: HandlerFamily<"PutMetricData"> = ({ metrics }) => ({
  async PutMetricData(input, { receivedAtMs }) {
    const data = readData(input, receivedAtMs);
    await metrics.put(data);
    return {};
  },
});

/** @throws ServiceError for the first kind of problem there is, with all of that kind */
function readData(input: Input, nowMs: number): MetricDatum[] {
  if ((input.EntityMetricData ?? []).length > 0) throw notImplemented("EntityMetricData");
  refuseNamespace(input.Namespace);
  const given = input.MetricData ?? [];
  if (given.length === 0) throw missingParameter("The parameter MetricData is required.");
  if (given.length > metricRequestDatumCountMax) throw tooMany("MetricData", given.length);
  const problems: Problem[] = [];
  for (const [index, datum] of given.entries()) {
    problems.push(...problemsOf(datum, { at: `MetricData.member.${index + 1}`, nowMs }));
    if (problems.length >= violationsShownMax) break;
  }
  const [first] = problems;
  if (first) {
    const same = problems.filter(({ code }) => code === first.code);
    throw new ServiceError(first.code, same.map(({ text }) => text).join("\n"));
  }
  return given.map((datum) => toDatum(input.Namespace, datum, nowMs));
}

function refuseNamespace(namespace: string): void {
  if (namespace.startsWith("AWS/")) {
    throw invalidValue("The value AWS/ for parameter Namespace is invalid.");
  }
  if (!isPlain(namespace)) throw invalidValue("The value for parameter Namespace is invalid.");
}

function tooMany(parameter: string, count: number): ServiceError {
  const max = parameter === "MetricData" ? metricRequestDatumCountMax : metricDatumValueCountMax;
  const text = `The collection ${parameter} must not have a size greater than ${max}`;
  return invalidValue(`${text}: it has ${count}.`);
}

function problemsOf(datum: GivenDatum, { at, nowMs }: { at: string; nowMs: number }): Problem[] {
  const values = [
    ...dimensionProblems(datum.Dimensions, `${at}.Dimensions`),
    ...timeProblems(datum, { at, nowMs }),
    ...valueProblems(datum, at),
  ];
  return [
    ...combinationProblems(datum, at),
    ...values.map((text) => ({ code: "InvalidParameterValueException", text }) as const),
  ];
}

function combinationProblems(datum: GivenDatum, at: string): Problem[] {
  const given = (["Value", "Values", "StatisticValues"] as const).filter(
    (name) => datum[name] !== undefined,
  );
  const names = given.map((name) => `${at}.${name}`);
  const code = "InvalidParameterCombinationException";
  if (names.length === 1) return [];
  if (names.length === 0) {
    const either = `${at}.Value and ${at}.StatisticValues`;
    return [{ code, text: `At least one of the parameters ${either} must be specified.` }];
  }
  const [first, second] = names;
  const exclusive = "are mutually exclusive and you have specified both.";
  return [{ code, text: `The parameters ${first} and ${second} ${exclusive}` }];
}

function timeProblems(datum: GivenDatum, { at, nowMs }: { at: string; nowMs: number }): string[] {
  const atMs = datum.Timestamp?.getTime() ?? nowMs;
  const must = `The parameter ${at}.Timestamp must specify a time`;
  if (atMs < nowMs - metricPastMaxMs) return [`${must} within the past two weeks.`];
  if (atMs > nowMs + metricFutureMaxMs) return [`${must} no more than two hours in the future.`];
  return [];
}

function valueProblems(datum: GivenDatum, at: string): string[] {
  const { Value, Values, Counts, StatisticValues, StorageResolution } = datum;
  const problems: string[] = [];
  const check = (value: number | undefined, name: string) => {
    if (value === undefined || Math.abs(value) <= metricValueMax) return;
    problems.push(`The value ${value} for parameter ${at}.${name} is invalid.`);
  };
  if (!isPlain(datum.MetricName)) problems.push(`The parameter ${at}.MetricName is invalid.`);
  check(Value, "Value");
  for (const [index, value] of (Values ?? []).entries()) check(value, `Values.member.${index + 1}`);
  if (StatisticValues) problems.push(...statisticProblems(StatisticValues, at, check));
  problems.push(...countProblems(Values, Counts, at));
  if (StorageResolution !== undefined && StorageResolution !== 1 && StorageResolution !== 60) {
    problems.push(`The parameter ${at}.StorageResolution must be a value in the set [ 1, 60 ].`);
  }
  return problems;
}

function statisticProblems(
  set: NonNullable<GivenDatum["StatisticValues"]>,
  at: string,
  check: (value: number, name: string) => void,
): string[] {
  const names = ["SampleCount", "Sum", "Minimum", "Maximum"] as const;
  for (const name of names) check(set[name], `StatisticValues.${name}`);
  const problems: string[] = [];
  const within = `${at}.StatisticValues`;
  if (set.Maximum < set.Minimum) {
    problems.push(`The parameter ${within}.Maximum must be greater than ${within}.Minimum.`);
  }
  if (set.SampleCount <= 0) {
    problems.push(`The parameter ${within}.SampleCount must be greater than 0.`);
  }
  return problems;
}

function countProblems(
  values: readonly number[] | undefined,
  counts: readonly number[] | undefined,
  at: string,
): string[] {
  if (!values) return counts ? [`The parameter ${at}.Counts requires ${at}.Values.`] : [];
  if (values.length > metricDatumValueCountMax) {
    return [tooMany(`${at}.Values`, values.length).message];
  }
  if (values.length === 0) return [`The parameter ${at}.Values must not be empty.`];
  if (!counts) return [];
  if (counts.length !== values.length) {
    return [`The parameters ${at}.Values and ${at}.Counts must be of the same size.`];
  }
  return counts.flatMap((count, index) => {
    if (count > 0 && count <= metricValueMax) return [];
    return [`The value ${count} for parameter ${at}.Counts.member.${index + 1} is invalid.`];
  });
}

function toDatum(namespace: string, datum: GivenDatum, nowMs: number): MetricDatum {
  return {
    namespace,
    metricName: datum.MetricName,
    dimensions: dimensionsOf(datum.Dimensions),
    atMs: datum.Timestamp?.getTime() ?? nowMs,
    resolutionSeconds: datum.StorageResolution === 1 ? 1 : 60,
    ...(datum.Unit === undefined ? {} : { unit: datum.Unit }),
    ...measured(datum),
  };
}

function measured({ Value, Values = [], Counts, StatisticValues }: GivenDatum) {
  if (StatisticValues) {
    const { SampleCount, Sum, Minimum, Maximum } = StatisticValues;
    const statistics = { sampleCount: SampleCount, sum: Sum, minimum: Minimum, maximum: Maximum };
    return { statistics };
  }
  if (Value !== undefined) {
    return { statistics: { sampleCount: 1, sum: Value, minimum: Value, maximum: Value } };
  }
  const counts = Counts ?? Values.map(() => 1);
  const statistics = {
    sampleCount: counts.reduce((total, count) => total + count, 0),
    sum: Values.reduce((total, value, i) => total + value * (counts[i] ?? 0), 0),
    minimum: Math.min(...Values),
    maximum: Math.max(...Values),
  };
  return { statistics, values: [...Values], counts };
}
