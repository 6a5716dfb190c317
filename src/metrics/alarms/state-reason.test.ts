import assert from "node:assert/strict";
import { test } from "node:test";
import type { AlarmRule, AlarmState } from "../../control/model/alarm.ts";
import { evaluate } from "./evaluate.ts";
import { compositeReason, javaNumber, metricReason } from "./state-reason.ts";

const nowMs = Date.UTC(2026, 10, 22, 16, 1, 7, 985);

/** Reason and data for values of the last minutes, newest first. */
function reasonOf(rule: Partial<AlarmRule>, values: readonly (number | undefined)[]) {
  const whole: AlarmRule = {
    namespace: "Test",
    metricName: "M",
    dimensions: [],
    statistic: "Average",
    periodSeconds: 60,
    evaluationPeriods: 1,
    datapointsToAlarm: 1,
    threshold: 90,
    comparisonOperator: "GreaterThanOrEqualToThreshold",
    treatMissingData: "missing",
    ...rule,
  };
  const range = values.map((value, i) => ({
    atMs: Date.UTC(2026, 10, 22, 16, -i),
    value,
    sampleCount: value === undefined ? 0 : 4,
  }));
  const verdict = evaluate(whole, range);
  const state = verdict.state as AlarmState;
  return { state, ...metricReason(whole, { state, range, evaluated: verdict.evaluated, nowMs }) };
}

test("metricReason() words thresholds that are crossed, as CloudWatch does", () => {
  assert.equal(
    reasonOf({}, [99]).reason,
    "Threshold Crossed: 1 out of the last 1 datapoints [99.0 (22/11/26 16:00:00)] was greater " +
      "than or equal to the threshold (90.0) (minimum 1 datapoint for OK -> ALARM transition).",
  );
  assert.equal(
    reasonOf({ evaluationPeriods: 3, datapointsToAlarm: 2 }, [99, 12.25, 95]).reason,
    "Threshold Crossed: 2 out of the last 3 datapoints [99.0 (22/11/26 16:00:00), " +
      "95.0 (22/11/26 15:58:00)] were greater than or equal to the threshold (90.0) " +
      "(minimum 2 datapoints for OK -> ALARM transition).",
  );
  assert.equal(
    reasonOf({ evaluationPeriods: 3, datapointsToAlarm: 2 }, [9, 12.25, 95]).reason,
    "Threshold Crossed: 2 out of the last 3 datapoints [9.0 (22/11/26 16:00:00), " +
      "12.25 (22/11/26 15:59:00)] were not greater than or equal to the threshold (90.0) " +
      "(minimum 2 datapoints for ALARM -> OK transition).",
  );
});

test("metricReason() tells what missing data was taken for", () => {
  const none = [undefined, undefined, undefined, undefined];
  assert.equal(
    reasonOf({ treatMissingData: "breaching" }, none).reason,
    "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was " +
      "treated as [Breaching].",
  );
  const two = { evaluationPeriods: 2, datapointsToAlarm: 2 };
  assert.equal(
    reasonOf({ ...two, treatMissingData: "notBreaching" }, none).reason,
    "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were " +
      "treated as [NonBreaching].",
  );
  assert.equal(
    reasonOf({ ...two, treatMissingData: "breaching" }, [1, undefined, undefined, undefined])
      .reason,
    "Threshold Crossed: 1 out of the last 2 datapoints [1.0 (22/11/26 16:00:00)] was not greater " +
      "than or equal to the threshold (90.0) and 1 missing datapoint was treated as [Breaching] " +
      "(minimum 1 datapoint for ALARM -> OK transition).",
  );
  assert.equal(
    reasonOf({ evaluationPeriods: 3, datapointsToAlarm: 2, treatMissingData: "breaching" }, [
      ...none,
      1,
    ]).reason,
    "Threshold Crossed: 2 missing datapoints were treated as [Breaching] " +
      "(minimum 2 datapoints for OK -> ALARM transition).",
  );
  const five = { evaluationPeriods: 5, datapointsToAlarm: 5 };
  assert.equal(reasonOf(five, none).reason, "Insufficient Data: 5 datapoints were unknown.");
  assert.equal(reasonOf({}, none).reason, "Insufficient Data: 1 datapoint was unknown.");
});

test("metricReason() has the data as JSON, with Java's numbers", () => {
  const { reasonData = "" } = reasonOf({ evaluationPeriods: 2, unit: "Count" }, [99, 1.5]);
  assert.equal(
    reasonData,
    '{"version":"1.0","queryDate":"2026-11-22T16:01:07.985+0000",' +
      '"startDate":"2026-11-22T15:59:00.000+0000","unit":"Count","statistic":"Average",' +
      '"period":60,"recentDatapoints":[1.5,99.0],"threshold":90.0,"evaluatedDatapoints":[' +
      '{"timestamp":"2026-11-22T16:00:00.000+0000","sampleCount":4.0,"value":99.0},' +
      '{"timestamp":"2026-11-22T15:59:00.000+0000","sampleCount":4.0,"value":1.5}]}',
  );
  assert.deepEqual(JSON.parse(reasonOf({}, [undefined]).reasonData ?? ""), {
    version: "1.0",
    queryDate: "2026-11-22T16:01:07.985+0000",
    statistic: "Average",
    period: 60,
    recentDatapoints: [],
    threshold: 90,
    evaluatedDatapoints: [{ timestamp: "2026-11-22T16:00:00.000+0000" }],
  });
});

test("compositeReason() names the child that changed", () => {
  const arn = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:child";
  const own = { arn: "arn:own", state: "OK" as const, isNew: true };
  const { reason, reasonData } = compositeReason({ arn, state: "ALARM", atMs: nowMs }, own);
  assert.equal(reason, `${arn} transitioned to ALARM at Sunday 22 November, 2026 16:01:07 UTC`);
  const timestamp = "2026-11-22T16:01:07.985+0000";
  const triggeringAlarms = [{ arn, state: { value: "ALARM", timestamp } }];
  assert.deepEqual(JSON.parse(reasonData ?? ""), { triggeringAlarms });
  assert.deepEqual(compositeReason(undefined, own), {
    reason: "arn:own was created and its alarm rule evaluates to OK",
  });
});

test("javaNumber() prints as Java does", () => {
  const cases: [number, string][] = [
    [0, "0.0"],
    [99, "99.0"],
    [-1.5, "-1.5"],
    [9_999_999, "9999999.0"],
    [10_000_000, "1.0E7"],
    [123_456_789, "1.23456789E8"],
    [0.001, "0.001"],
    [0.00025, "2.5E-4"],
  ];
  for (const [value, text] of cases) assert.equal(javaNumber(value), text);
});
