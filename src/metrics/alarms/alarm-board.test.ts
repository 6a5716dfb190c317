import assert from "node:assert/strict";
import { test } from "node:test";
import { alarmHistoryCountMax } from "../../base/limits.ts";
import { compositeAlarmOf, metricAlarmOf } from "../testing/alarm.ts";
import { TestBoard, startMs } from "../testing/board.ts";

const created = "INSUFFICIENT_DATA";

test("AlarmBoard evaluates an average when its minute is over", () => {
  const test = new TestBoard([metricAlarmOf()]);
  assert.equal(test.board.status("alarm")?.reason, "Unchecked: Initial alarm creation");
  test.pass(5);
  test.put({ value: 9 });
  test.pass(54);
  assert.equal(test.state(), created);
  test.pass(1);
  assert.equal(test.state(), "ALARM");
  assert.deepEqual(test.takeEvents(), [`alarm ${created}>ALARM arn:alarm`]);
  assert.equal(
    test.board.status("alarm")?.reason,
    "Threshold Crossed: 1 out of the last 1 datapoints [9.0 (22/11/26 16:00:00)] was greater " +
      "than the threshold (5.0) (minimum 1 datapoint for OK -> ALARM transition).",
  );
  test.put({ value: 1 });
  test.pass(60);
  assert.equal(test.state(), "OK");
  assert.deepEqual(test.takeEvents(), ["alarm ALARM>OK arn:ok"]);
  // The newest data counts as long as it is in the evaluation range.
  test.pass(120);
  assert.equal(test.state(), "OK");
  test.pass(60);
  assert.equal(test.state(), created);
  assert.deepEqual(test.takeEvents(), [`alarm OK>${created} arn:insufficient`]);
});

test("AlarmBoard evaluates values of a minute that is over as soon as they come", () => {
  const test = new TestBoard([metricAlarmOf()]);
  test.pass(62);
  test.put({ value: 9, atMs: startMs + 30_000 });
  assert.equal(test.state(), "ALARM");
  test.put({ value: -9, atMs: startMs + 40_000 });
  assert.equal(test.state(), "OK");
});

test("AlarmBoard does not wait where more data cannot change the outcome", () => {
  const more = "GreaterThanThreshold";
  const less = "LessThanThreshold";
  const cases = [
    ["Maximum", more, [9], "ALARM"],
    ["Maximum", more, [1], created],
    ["Maximum", less, [9], "OK"],
    ["Maximum", less, [1], created],
    ["Minimum", less, [1], "ALARM"],
    ["Minimum", less, [9], created],
    ["Minimum", more, [1], "OK"],
    ["Sum", more, [3, 3], "ALARM"],
    ["Sum", more, [3], created],
    ["Sum", more, [-3, 9], created],
    ["SampleCount", more, [1, 1, 1, 1, 1, 1], "ALARM"],
    ["SampleCount", less, [1], created],
    ["Average", more, [9], created],
  ] as const;
  for (const [statistic, comparisonOperator, values, expected] of cases) {
    const test = new TestBoard([metricAlarmOf({ statistic, comparisonOperator })]);
    test.pass(5);
    for (const value of values) test.put({ value });
    assert.equal(test.state(), expected, `${statistic} ${comparisonOperator} ${values.join()}`);
  }
});

test("AlarmBoard slides long periods by the minute", () => {
  const test = new TestBoard([
    metricAlarmOf({
      statistic: "Sum",
      threshold: 10,
      periodSeconds: 300,
      comparisonOperator: "LessThanThreshold",
    }),
  ]);
  for (let minute = 0; minute < 6; minute++) {
    test.put({ value: minute === 0 ? 9 : 1 });
    test.pass(60);
  }
  // 16:01 to 16:06: 5, where 16:00 to 16:05 was 13.
  assert.deepEqual(test.takeEvents(), [
    `alarm ${created}>ALARM arn:alarm`,
    "alarm ALARM>OK arn:ok",
    "alarm OK>ALARM arn:alarm",
  ]);
});

test("AlarmBoard evaluates periods of 10 seconds every 10 seconds, on high resolution", () => {
  const test = new TestBoard([metricAlarmOf({ periodSeconds: 10 })]);
  test.pass(3);
  test.put({ value: 9, resolutionSeconds: 1 });
  test.pass(6);
  assert.equal(test.state(), created);
  test.pass(1);
  assert.equal(test.state(), "ALARM");
  const standard = new TestBoard([metricAlarmOf({ periodSeconds: 10 })]);
  standard.put({ value: 9, resolutionSeconds: 60 });
  standard.pass(60);
  assert.equal(standard.state(), created);
});

test("AlarmBoard goes by the unit, and by percentiles", () => {
  const test = new TestBoard([
    metricAlarmOf({ name: "unit", unit: "Seconds", statistic: "Maximum" }),
    metricAlarmOf({ name: "p90", extendedStatistic: "p90" }),
    metricAlarmOf({ name: "p50", extendedStatistic: "p50" }),
  ]);
  test.put({ values: [1, 9], counts: [8, 2] });
  test.pass(60);
  assert.deepEqual(
    ["unit", "p90", "p50"].map((name) => test.state(name)),
    [created, "ALARM", "OK"],
  );
  test.put({ value: 9, unit: "Seconds" });
  assert.equal(test.state("unit"), "ALARM");
});

test("AlarmBoard ignores percentiles of few samples where it is told to", () => {
  const ignoring = {
    ...metricAlarmOf({ extendedStatistic: "p50" }),
    evaluateLowSampleCountPercentile: "ignore" as const,
  };
  const test = new TestBoard([ignoring]);
  test.put({ values: [9], counts: [19] });
  test.pass(60);
  assert.equal(test.state(), created);
  test.put({ values: [9], counts: [20] });
  test.pass(60);
  assert.equal(test.state(), "ALARM");
});

test("AlarmBoard.setState() holds until the next evaluation", () => {
  const test = new TestBoard([metricAlarmOf()]);
  test.put({ value: 1 });
  test.pass(60);
  test.takeEvents();
  test.board.setState(
    { name: "alarm", state: "ALARM", reason: "try", reasonData: "{}" },
    test.moment,
  );
  test.pass(59);
  const { state, reason, reasonData } = test.board.status("alarm") ?? {};
  assert.deepEqual(
    { state, reason, reasonData },
    { state: "ALARM", reason: "try", reasonData: "{}" },
  );
  assert.deepEqual(test.takeEvents(), ["alarm OK>ALARM arn:alarm"]);
  test.pass(1);
  assert.equal(test.state(), "OK");
  test.board.setState({ name: "alarm", state: "OK", reason: "again" }, test.moment);
  assert.equal(test.board.status("alarm")?.reason, "again");
  assert.deepEqual(test.takeEvents(), ["alarm ALARM>OK arn:ok"], "no actions for the same state");
  test.board.setState({ name: "nobody", state: "OK", reason: "" }, test.moment);
});

test("AlarmBoard takes no actions where they are disabled", () => {
  const test = new TestBoard([metricAlarmOf({ statistic: "Maximum", actionsEnabled: false })]);
  test.put({ value: 9 });
  assert.deepEqual(test.takeEvents(), [`alarm ${created}>ALARM`]);
});

test("AlarmBoard remembers states over a restart, and changes none for data it could not take", () => {
  const alarms = [
    metricAlarmOf({ name: "alarm", updatedAt: "2026-11-22T15:00:00.000Z" }),
    metricAlarmOf({
      name: "strict",
      treatMissingData: "breaching",
      updatedAt: "2026-11-22T15:00:00.000Z",
    }),
  ];
  const test = new TestBoard(alarms);
  test.put({ value: 1 });
  test.pass(60);
  test.takeEvents();
  test.restart(alarms, 1_800);
  test.pass(179);
  assert.deepEqual([test.state(), test.state("strict")], ["OK", "OK"]);
  assert.deepEqual(test.takeEvents(), []);
  test.pass(61);
  assert.deepEqual([test.state(), test.state("strict")], [created, "ALARM"]);
  const { items } = test.table.history({
    kinds: ["metric"],
    itemType: "ConfigurationUpdate",
    order: "oldest first",
    limit: 9,
  });
  assert.equal(items.length, 2, "created once");
});

test("AlarmBoard changes nothing because a clock jumps", () => {
  for (const seconds of [3_600, -3_600, 86_400]) {
    const alarm = metricAlarmOf({
      treatMissingData: "breaching",
      updatedAt: "2026-11-20T15:00:00.000Z",
    });
    const test = new TestBoard([alarm]);
    test.put({ value: 1 });
    test.pass(60);
    test.takeEvents();
    test.jump(seconds);
    test.pass(30);
    test.put({ value: 1 });
    test.pass(400);
    assert.deepEqual(test.takeEvents(), ["alarm OK>ALARM arn:alarm"], `${seconds}`);
  }
});

test("AlarmBoard writes history: what is configured, what changes", () => {
  const test = new TestBoard([metricAlarmOf({ statistic: "Maximum" })]);
  test.put({ value: 9 });
  test.setAlarms([
    metricAlarmOf({ statistic: "Maximum", threshold: 6, updatedAt: "2026-11-22T16:30:00.000Z" }),
  ]);
  assert.equal(test.state(), "ALARM", "an update leaves the state");
  test.setAlarms([]);
  assert.equal(test.state(), undefined);
  const { items } = test.table.history({
    name: "alarm",
    kinds: ["metric"],
    order: "oldest first",
    limit: 9,
  });
  assert.deepEqual(
    items.map(({ type, summary }) => [type, summary]),
    [
      ["ConfigurationUpdate", 'Alarm "alarm" created'],
      ["StateUpdate", `Alarm updated from ${created} to ALARM`],
      ["ConfigurationUpdate", 'Alarm "alarm" updated'],
      ["ConfigurationUpdate", 'Alarm "alarm" deleted'],
    ],
  );
  const data = JSON.parse(items[1]?.data ?? "");
  assert.equal(data.newState.stateValue, "ALARM");
  assert.deepEqual(data.newState.stateReasonData.recentDatapoints, [9]);
  test.setAlarms([metricAlarmOf()]);
  assert.equal(test.board.status("alarm")?.reason, "Unchecked: Initial alarm creation");
});

test("history is paged, filtered and bounded", () => {
  const test = new TestBoard([metricAlarmOf()]);
  for (let i = 0; i < alarmHistoryCountMax + 50; i++) {
    const state = i % 2 === 0 ? "ALARM" : "OK";
    test.moment.wallMs += 1_000;
    test.board.setState({ name: "alarm", state, reason: String(i) }, test.moment);
  }
  const all = { kinds: ["metric" as const], limit: 600 };
  const first = test.table.history({ ...all, order: "newest first" });
  assert.ok(first.next !== undefined);
  const second = test.table.history({ ...all, order: "newest first", from: first.next });
  assert.equal(first.items.length + second.items.length, alarmHistoryCountMax);
  assert.equal(second.items[0]?.id, first.next);
  const range = { startMs: startMs + 1_049_000, endMs: startMs + 1_050_000 };
  assert.equal(test.table.history({ ...all, ...range, order: "oldest first" }).items.length, 1);
  assert.equal(
    test.table.history({ ...all, kinds: ["composite"], order: "oldest first" }).items.length,
    0,
  );
  test.table.prune(startMs + 20 * 24 * 3_600_000);
  assert.equal(test.table.history({ ...all, order: "oldest first" }).items.length, 0);
});

test("AlarmBoard goes on where states cannot be written", () => {
  const test = new TestBoard([metricAlarmOf({ statistic: "Maximum" })]);
  test.put({ value: 1 });
  test.pass(60);
  test.db.exec("PRAGMA query_only = 1");
  test.takeEvents();
  test.board.setState({ name: "alarm", state: "ALARM", reason: "" }, test.moment);
  assert.deepEqual(test.takeEvents(), ["alarm OK>ALARM arn:alarm"]);
  assert.match(String(test.problems), /readonly/);
});

test("AlarmBoard: composite alarms follow their children at once, one above the other", () => {
  const test = new TestBoard([
    metricAlarmOf({ statistic: "Maximum" }),
    compositeAlarmOf({ name: "inner", rule: "ALARM(alarm)" }),
    compositeAlarmOf({ name: "outer", rule: "ALARM(inner) AND NOT ALARM(missing)" }),
    compositeAlarmOf({ name: "always", rule: "TRUE" }),
  ]);
  assert.deepEqual(test.takeEvents(), [
    `inner ${created}>OK arn:ok`,
    `always ${created}>ALARM arn:alarm`,
    `outer ${created}>OK arn:ok`,
  ]);
  assert.match(
    test.board.status("inner")?.reason ?? "",
    /:inner was created and its alarm rule evaluates to OK$/,
  );
  test.put({ value: 9 });
  assert.deepEqual(test.takeEvents(), [
    `alarm ${created}>ALARM arn:alarm`,
    "inner OK>ALARM arn:alarm",
    "outer OK>ALARM arn:alarm",
  ]);
  assert.match(
    test.board.status("inner")?.reason ?? "",
    /:alarm transitioned to ALARM at Sunday 22 November, 2026 16:00:00 UTC$/,
  );
  // SetAlarmState holds until a child changes.
  test.board.setState({ name: "inner", state: "OK", reason: "try" }, test.moment);
  test.pass(90);
  assert.equal(test.state("inner"), "OK");
  assert.equal(test.state("outer"), "OK");
});

test("AlarmBoard: a composite alarm whose child goes", () => {
  const composite = compositeAlarmOf({ rule: "INSUFFICIENT_DATA(alarm)" });
  const test = new TestBoard([metricAlarmOf({ statistic: "Maximum" }), composite]);
  test.put({ value: 9 });
  assert.equal(test.state("composite"), "OK");
  test.setAlarms([composite]);
  assert.equal(test.state("composite"), "ALARM");
});

test("AlarmBoard evaluates a composite alarm when all it names have been", () => {
  const test = new TestBoard([
    metricAlarmOf({ statistic: "Maximum" }),
    // In the order of names the one above would come first.
    compositeAlarmOf({ name: "a", rule: "ALARM(b) AND NOT ALARM(c)" }),
    compositeAlarmOf({ name: "b", rule: "ALARM(alarm)" }),
    compositeAlarmOf({ name: "c", rule: "ALARM(b)" }),
  ]);
  test.takeEvents();
  test.put({ value: 9 });
  assert.deepEqual(test.takeEvents().slice(1), ["b OK>ALARM arn:alarm", "c OK>ALARM arn:alarm"]);
});

test("AlarmBoard leaves alone what goes round in a circle", () => {
  const test = new TestBoard([
    compositeAlarmOf({ name: "a", rule: "NOT ALARM(b)" }),
    compositeAlarmOf({ name: "b", rule: "ALARM(a)" }),
    compositeAlarmOf({ name: "above", rule: "ALARM(a)" }),
    compositeAlarmOf({ name: "other", rule: "TRUE" }),
  ]);
  test.pass(60);
  assert.deepEqual(test.takeEvents(), [`other ${created}>ALARM arn:alarm`]);
});

test("AlarmBoard holds actions back while a suppressor is in ALARM", () => {
  const test = new TestBoard([
    metricAlarmOf({ statistic: "Maximum" }),
    metricAlarmOf({ name: "maintenance", metricName: "Maintenance", statistic: "Maximum" }),
    compositeAlarmOf({
      rule: "ALARM(alarm)",
      actionsSuppressor: "arn:aws:cloudwatch:us-east-1:000000000000:alarm:maintenance",
      actionsSuppressorWaitPeriod: 60,
      actionsSuppressorExtensionPeriod: 30,
    }),
  ]);
  test.takeEvents();
  test.put({ value: 9 });
  assert.deepEqual(test.takeEvents(), [`alarm ${created}>ALARM arn:alarm`, "composite OK>ALARM"]);
  assert.deepEqual(test.board.status("composite")?.suppressed, {
    by: "WaitPeriod",
    reason: "Actions suppressed by WaitPeriod",
  });
  test.put({ metricName: "Maintenance", value: 9 });
  test.takeEvents();
  const suppressed = () => test.board.status("composite")?.suppressed?.by;
  assert.equal(suppressed(), "Alarm");
  const set = (name: string, state: "OK" | "ALARM") =>
    test.board.setState({ name, state, reason: "test" }, test.moment);
  test.pass(65);
  set("maintenance", "OK");
  assert.equal(suppressed(), "ExtensionPeriod");
  set("maintenance", "ALARM");
  set("maintenance", "OK");
  test.takeEvents();
  test.pass(29);
  assert.deepEqual(test.takeEvents(), []);
  test.pass(1);
  assert.deepEqual(test.takeEvents(), ["composite OK>ALARM arn:alarm"]);
  assert.equal(suppressed(), undefined);
});

test("AlarmBoard takes no actions for what was over while they were held back", () => {
  const test = new TestBoard([
    compositeAlarmOf({ name: "child", rule: "FALSE" }),
    compositeAlarmOf({
      rule: "ALARM(child)",
      actionsSuppressor: "nobody",
      actionsSuppressorWaitPeriod: 60,
    }),
  ]);
  test.takeEvents();
  test.board.setState({ name: "child", state: "ALARM", reason: "" }, test.moment);
  test.pass(30);
  test.board.setState({ name: "child", state: "OK", reason: "" }, test.moment);
  test.pass(60);
  assert.deepEqual(
    test.takeEvents().filter((text) => text.startsWith("composite")),
    ["composite OK>ALARM", "composite ALARM>OK"],
  );
});

test("AlarmBoard holds actions back over a restart", () => {
  const alarms = [
    compositeAlarmOf({ name: "child", rule: "FALSE" }),
    compositeAlarmOf({
      rule: "ALARM(child)",
      ...{ actionsSuppressor: "nobody", actionsSuppressorWaitPeriod: 60 },
    }),
  ];
  const test = new TestBoard(alarms);
  test.board.setState({ name: "child", state: "ALARM", reason: "" }, test.moment);
  test.takeEvents();
  test.restart(alarms, 10);
  test.pass(59);
  assert.deepEqual(test.takeEvents(), []);
  test.pass(1);
  assert.deepEqual(test.takeEvents(), ["composite OK>ALARM arn:alarm"]);
});
