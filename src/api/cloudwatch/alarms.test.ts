import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DeleteAlarmsCommand,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  DescribeAlarmsForMetricCommand,
  DisableAlarmActionsCommand,
  EnableAlarmActionsCommand,
  ListTagsForResourceCommand,
  PutCompositeAlarmCommand,
  PutMetricAlarmCommand,
  SetAlarmStateCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-cloudwatch";
import type {
  DescribeAlarmsCommandInput,
  PutCompositeAlarmCommandInput,
  PutMetricAlarmCommandInput,
} from "@aws-sdk/client-cloudwatch";
import { openCloudWatch, refusal } from "../../../test/support/cloudwatch-context.ts";
import type { AlarmHistoryItem } from "../../metrics/metrics-desk.ts";

const { client, clock, metrics, state } = await openCloudWatch();

const settings: PutMetricAlarmCommandInput = {
  AlarmName: "cpu",
  Namespace: "My/App",
  MetricName: "cpu",
  Statistic: "Average",
  Period: 60,
  EvaluationPeriods: 3,
  Threshold: 80,
  ComparisonOperator: "GreaterThanThreshold",
};
const putMetric = (changes: Partial<PutMetricAlarmCommandInput> = {}) =>
  client.send(new PutMetricAlarmCommand({ ...settings, ...changes }));
const putComposite = (input: PutCompositeAlarmCommandInput) =>
  client.send(new PutCompositeAlarmCommand(input));
const describe = (input: DescribeAlarmsCommandInput = {}) =>
  client.send(new DescribeAlarmsCommand(input));
const remove = (...AlarmNames: string[]) => client.send(new DeleteAlarmsCommand({ AlarmNames }));
const namesOf = (alarms: { AlarmName?: string | undefined }[] | undefined) =>
  (alarms ?? []).map(({ AlarmName }) => AlarmName);
const arn = (name: string) => `arn:aws:cloudwatch:us-east-1:000000000000:alarm:${name}`;
const topic = "arn:aws:sns:us-east-1:000000000000:ops";

test("PutMetricAlarm keeps what it is given; DescribeAlarms tells it again", async () => {
  await putMetric({
    AlarmDescription: "too hot",
    AlarmActions: [topic],
    Dimensions: [
      { Name: "b", Value: "2" },
      { Name: "a", Value: "1" },
    ],
    Unit: "Percent",
    DatapointsToAlarm: 2,
    TreatMissingData: "notBreaching",
    Tags: [{ Key: "team", Value: "dns" }],
  });
  const { MetricAlarms, CompositeAlarms } = await describe({ AlarmNames: ["cpu", "none"] });
  const now = new Date(clock.nowMs());
  assert.deepEqual(CompositeAlarms, []);
  assert.deepEqual(MetricAlarms, [
    {
      AlarmName: "cpu",
      AlarmArn: arn("cpu"),
      AlarmDescription: "too hot",
      AlarmConfigurationUpdatedTimestamp: now,
      ActionsEnabled: true,
      OKActions: [],
      AlarmActions: [topic],
      InsufficientDataActions: [],
      StateValue: "INSUFFICIENT_DATA",
      StateReason: "Unchecked: Initial alarm creation",
      StateUpdatedTimestamp: now,
      StateTransitionedTimestamp: now,
      Namespace: "My/App",
      MetricName: "cpu",
      Dimensions: [
        { Name: "a", Value: "1" },
        { Name: "b", Value: "2" },
      ],
      Statistic: "Average",
      Unit: "Percent",
      Period: 60,
      EvaluationPeriods: 3,
      DatapointsToAlarm: 2,
      Threshold: 80,
      ComparisonOperator: "GreaterThanThreshold",
      TreatMissingData: "notBreaching",
    },
  ]);
});

test("PutMetricAlarm again replaces all settings, and leaves the tags", async () => {
  clock.advanceMs(1_000);
  await putMetric({
    MetricName: "cpu2",
    Statistic: undefined,
    ExtendedStatistic: "p99",
    EvaluateLowSampleCountPercentile: "ignore",
    Tags: [{ Key: "other", Value: "ignored" }],
  });
  const { MetricAlarms } = await describe({ AlarmNames: ["cpu"] });
  const [alarm] = MetricAlarms ?? [];
  assert.equal(alarm?.AlarmDescription, undefined);
  assert.equal(alarm?.Statistic, undefined);
  assert.equal(alarm?.ExtendedStatistic, "p99");
  assert.equal(alarm?.EvaluateLowSampleCountPercentile, "ignore");
  assert.deepEqual(alarm?.Dimensions, []);
  const { Tags } = await client.send(new ListTagsForResourceCommand({ ResourceARN: arn("cpu") }));
  assert.deepEqual(Tags, [{ Key: "team", Value: "dns" }]);
  assert.deepEqual(
    state.list("alarmByMetric").map(({ key }) => key),
    [["My/App", "cpu2", "cpu"]],
  );
});

const refusals: [string, Partial<PutMetricAlarmCommandInput>, RegExp][] = [
  [
    "no name",
    { AlarmName: undefined as never },
    /^ValidationException: 1 validation error detected: Value null at 'alarmName' failed to satisfy constraint: Member must not be null$/,
  ],
  [
    "an empty name",
    { AlarmName: "" },
    /Value '' at 'alarmName' failed to satisfy constraint: Member must have length greater than or equal to 1$/,
  ],
  ["a name with a control character", { AlarmName: "a\nb" }, /control characters/],
  ["no metric", { MetricName: undefined }, /MetricName must be specified/],
  [
    "two statistics",
    { ExtendedStatistic: "p99" },
    /Exactly one of Statistic and ExtendedStatistic/,
  ],
  ["no statistic", { Statistic: undefined }, /Exactly one of Statistic and ExtendedStatistic/],
  [
    "an extended statistic that is none",
    { Statistic: undefined, ExtendedStatistic: "p101" },
    /p101/,
  ],
  [
    "a period between",
    { Period: 45 },
    /^ValidationException: Period must be 10, 20, 30 or a multiple of 60$/,
  ],
  ["no period", { Period: undefined }, /Period must be specified/],
  [
    "more than a day of minutes",
    { EvaluationPeriods: 1_441 },
    /^ValidationException: Metrics cannot be checked across more than a day \(EvaluationPeriods \* Period must be <= 86400\) for alarms using period < 3600$/,
  ],
  [
    "more than a week of hours",
    { Period: 3_600, EvaluationPeriods: 169 },
    /more than a week \(EvaluationPeriods \* Period must be <= 604800\) for alarms using period >= 3600$/,
  ],
  [
    "more data points than periods",
    { DatapointsToAlarm: 4 },
    /^ValidationException: DatapointsToAlarm must be less than or equal to EvaluationPeriods$/,
  ],
  ["no threshold", { Threshold: undefined }, /Threshold must be specified/],
  ["an infinite threshold", { Threshold: Infinity }, /Threshold must be a finite number/],
  [
    "an operator that is none",
    { ComparisonOperator: "Equals" as never },
    /Member must satisfy enum value set/,
  ],
  [
    "missing data that is treated strangely",
    { TreatMissingData: "zero" },
    /TreatMissingData must be one of \[breaching, notBreaching, ignore, missing\]/,
  ],
  [
    "a sample count without a percentile",
    { EvaluateLowSampleCountPercentile: "ignore" },
    /percentile/,
  ],
  [
    "an action that is no ARN",
    { AlarmActions: ["mail me"] },
    /^ValidationException: Invalid arn syntax: mail me$/,
  ],
  [
    "six actions",
    { OKActions: Array.from({ length: 6 }, () => topic) },
    /Member must have length less than or equal to 5/,
  ],
  ["a tag of AWS's", { AlarmName: "new", Tags: [{ Key: "aws:x", Value: "" }] }, /reserved/],
  [
    "a tag twice",
    {
      AlarmName: "new",
      Tags: [
        { Key: "a", Value: "" },
        { Key: "a", Value: "" },
      ],
    },
    /more than once/,
  ],
  ["metric math", { Metrics: [{ Id: "a" }] }, /^NotImplemented: Metrics is not implemented\.$/],
  ["anomaly detection", { ComparisonOperator: "LessThanLowerThreshold" }, /^NotImplemented/],
];
for (const [name, changes, refused] of refusals) {
  test(`PutMetricAlarm refuses ${name}`, async () =>
    assert.match(await refusal(putMetric(changes)), refused));
}

test("PutCompositeAlarm takes rules over alarms that are there, without a cycle", async () => {
  await putMetric({ AlarmName: "disk" });
  const AlarmRule = `ALARM(cpu) AND NOT OK("${arn("disk")}")`;
  await putComposite({ AlarmName: "both", AlarmRule });
  await putComposite({
    AlarmName: "top",
    AlarmRule: "ALARM(both)",
    ActionsSuppressor: "disk",
    ActionsSuppressorWaitPeriod: 60,
    ActionsSuppressorExtensionPeriod: 0,
  });
  const { CompositeAlarms, MetricAlarms } = await describe({ AlarmTypes: ["CompositeAlarm"] });
  assert.deepEqual(namesOf(CompositeAlarms), ["both", "top"]);
  assert.deepEqual(MetricAlarms, []);
  assert.equal(CompositeAlarms?.[0]?.AlarmRule, AlarmRule);
  assert.equal(CompositeAlarms?.[1]?.ActionsSuppressorWaitPeriod, 60);
  const cases: [PutCompositeAlarmCommandInput, RegExp][] = [
    [
      { AlarmName: "x", AlarmRule: "ALARM(gone)" },
      /^ValidationException: Could not save the composite alarm as alarms \[gone\] in the alarm rule do not exist$/,
    ],
    [{ AlarmName: "x", AlarmRule: "ALARM(cpu) AND" }, /AlarmRule is not valid/],
    [
      { AlarmName: "x", AlarmRule: " ALARM(cpu)" },
      /AlarmRule must not contain leading or trailing whitespace or be null$/,
    ],
    [{ AlarmName: "both", AlarmRule: "ALARM(top)" }, /leads back to itself/],
    [{ AlarmName: "x", AlarmRule: "ALARM(x)" }, /leads back to itself/],
    [{ AlarmName: "cpu", AlarmRule: "TRUE" }, /There is a metric alarm with the name cpu already/],
    [
      { AlarmName: "x", AlarmRule: "TRUE", ActionsSuppressor: "cpu" },
      /are required with ActionsSuppressor/,
    ],
    [
      { AlarmName: "x", AlarmRule: "TRUE", ActionsSuppressorWaitPeriod: 1 },
      /ActionsSuppressor is required/,
    ],
  ];
  for (const [input, refused] of cases) assert.match(await refusal(putComposite(input)), refused);
  assert.match(await refusal(putMetric({ AlarmName: "top" })), /There is a composite alarm/);
});

test("DescribeAlarms finds children and parents, briefly", async () => {
  const children = await describe({ ChildrenOfAlarmName: "both" });
  const now = new Date(clock.nowMs());
  assert.deepEqual(children.MetricAlarms, [
    {
      AlarmName: "cpu",
      AlarmArn: arn("cpu"),
      StateValue: "INSUFFICIENT_DATA",
      StateUpdatedTimestamp: now,
    },
    {
      AlarmName: "disk",
      AlarmArn: arn("disk"),
      StateValue: "INSUFFICIENT_DATA",
      StateUpdatedTimestamp: now,
    },
  ]);
  const parents = await describe({ ParentsOfAlarmName: "disk" });
  assert.deepEqual(parents.CompositeAlarms, [
    { AlarmName: "both", AlarmArn: arn("both") },
    { AlarmName: "top", AlarmArn: arn("top") },
  ]);
  const paged = await describe({ ParentsOfAlarmName: "disk", MaxRecords: 1 });
  const rest = await describe({ ParentsOfAlarmName: "disk", NextToken: paged.NextToken });
  assert.deepEqual(namesOf(rest.CompositeAlarms), ["top"]);
  const both = describe({ ChildrenOfAlarmName: "both", StateValue: "OK" });
  assert.match(await refusal(both), /^ValidationException: /);
});

test("DescribeAlarms narrows by prefix, state and action, page by page", async () => {
  for (let i = 0; i < 25; i++) {
    await putMetric({
      AlarmName: `page-${String(i).padStart(2, "0")}`,
      OKActions: i % 5 ? [] : [topic],
    });
  }
  const all: (string | undefined)[] = [];
  let NextToken: string | undefined;
  do {
    const page = await describe({ AlarmNamePrefix: "page-", MaxRecords: 10, NextToken });
    all.push(...namesOf(page.MetricAlarms));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  assert.equal(all.length, 25);
  assert.deepEqual(all, all.toSorted());
  const acting = await describe({ AlarmNamePrefix: "page-", ActionPrefix: "arn:aws:sns" });
  assert.equal(acting.MetricAlarms?.length, 5);
  for (const AlarmName of ["page-03", "page-17"]) {
    const alarm = { AlarmName, StateValue: "ALARM", StateReason: "a test" } as const;
    await client.send(new SetAlarmStateCommand(alarm));
  }
  const alarming = await describe({ StateValue: "ALARM" });
  assert.deepEqual(namesOf(alarming.MetricAlarms), ["page-03", "page-17"]);
  assert.equal(alarming.MetricAlarms?.[0]?.StateReason, "a test");
  const named = await describe({
    AlarmNames: ["page-17", "page-03", "cpu"],
    StateValue: "ALARM",
    MaxRecords: 1,
  });
  assert.deepEqual(namesOf(named.MetricAlarms), ["page-03"]);
  assert.match(await refusal(describe({ NextToken: "?" })), /^InvalidNextToken/);
  assert.match(await refusal(describe({ AlarmNames: ["a"], AlarmNamePrefix: "a" })), /together/);
});

test("DescribeAlarmsForMetric finds alarms of exactly that metric", async () => {
  const Dimensions = [{ Name: "host", Value: "a" }];
  await putMetric({ AlarmName: "of-host", MetricName: "load", Dimensions });
  await putMetric({ AlarmName: "of-all", MetricName: "load", Period: 300, Statistic: "Sum" });
  const find = async (more: object) => {
    const metric = { Namespace: "My/App", MetricName: "load", ...more };
    const { MetricAlarms } = await client.send(new DescribeAlarmsForMetricCommand(metric));
    return namesOf(MetricAlarms);
  };
  assert.deepEqual(await find({}), ["of-all"]);
  assert.deepEqual(await find({ Dimensions }), ["of-host"]);
  assert.deepEqual(await find({ Period: 60 }), []);
  assert.deepEqual(await find({ Period: 300, Statistic: "Sum" }), ["of-all"]);
  assert.deepEqual(await find({ MetricName: "none" }), []);
});

test("SetAlarmState refuses what it cannot set", async () => {
  const set = (changes: object) =>
    client.send(
      new SetAlarmStateCommand({ AlarmName: "cpu", StateValue: "OK", StateReason: "", ...changes }),
    );
  await set({ StateReasonData: '{"a": 1}' });
  assert.equal(metrics.states.get("cpu")?.reasonData, '{"a": 1}');
  assert.match(await refusal(set({ AlarmName: "none" })), /^ResourceNotFound: /);
  assert.match(await refusal(set({ StateReasonData: "{" })), /^InvalidFormatFault: /);
  assert.match(
    await refusal(set({ StateValue: "FINE" })),
    /Value 'FINE' at 'stateValue' failed to satisfy constraint: Member must satisfy enum value set: \[OK, ALARM, INSUFFICIENT_DATA\]/,
  );
});

test("DisableAlarmActions and EnableAlarmActions switch the actions of alarms", async () => {
  const enabled = async () =>
    (await describe({ AlarmNames: ["cpu"] })).MetricAlarms?.[0]?.ActionsEnabled;
  await client.send(new DisableAlarmActionsCommand({ AlarmNames: ["cpu", "none"] }));
  assert.equal(await enabled(), false);
  await client.send(new EnableAlarmActionsCommand({ AlarmNames: ["cpu"] }));
  assert.equal(await enabled(), true);
});

test("tags of alarms are added, replaced and taken off", async () => {
  const ResourceARN = arn("cpu");
  const Tags = [
    { Key: "team", Value: "net" },
    { Key: "a", Value: "" },
  ];
  await client.send(new TagResourceCommand({ ResourceARN, Tags }));
  await client.send(new UntagResourceCommand({ ResourceARN, TagKeys: ["a", "none"] }));
  const listed = await client.send(new ListTagsForResourceCommand({ ResourceARN }));
  assert.deepEqual(listed.Tags, [{ Key: "team", Value: "net" }]);
  const none = client.send(new ListTagsForResourceCommand({ ResourceARN: arn("none") }));
  assert.match(await refusal(none), /^ResourceNotFoundException: /);
  const text = client.send(new ListTagsForResourceCommand({ ResourceARN: "cpu" }));
  assert.match(await refusal(text), /^InvalidParameterValueException: /);
});

test("DeleteAlarms leaves what others depend on", async () => {
  assert.match(
    await refusal(remove("cpu")),
    /^ValidationException: Cannot delete cpu as there are composite alarm\(s\) depending on it\.$/,
  );
  assert.match(await refusal(remove("both", "top")), /At most one composite alarm/);
  assert.match(await refusal(remove("none")), /^ResourceNotFound: /);
  await remove("top", "none");
  await remove("both", "cpu", "disk");
  const left = await describe({
    AlarmTypes: ["MetricAlarm", "CompositeAlarm"],
    AlarmNames: ["cpu", "both", "disk", "top"],
  });
  assert.deepEqual([left.MetricAlarms, left.CompositeAlarms], [[], []]);
  assert.deepEqual(state.list("alarmByChild"), []);
  assert.equal(state.get("tag", ["alarm", "cpu"]), undefined);
});

test("DescribeAlarmHistory tells what the metrics thread has written down", async () => {
  const items = Array.from({ length: 5 }, (_, i): AlarmHistoryItem => {
    const kind = i === 4 ? "composite" : "metric";
    return {
      id: i + 1,
      atMs: i * 1000,
      name: "cpu",
      kind,
      type: i % 2 ? "StateUpdate" : "Action",
      summary: `no ${i}`,
      data: "{}",
    };
  });
  metrics.items.push(...items);
  const history = async (input: object) => {
    const answer = await client.send(new DescribeAlarmHistoryCommand(input));
    return {
      summaries: answer.AlarmHistoryItems?.map((item) => item.HistorySummary),
      next: answer.NextToken,
    };
  };
  const first = await history({ MaxRecords: 3 });
  assert.deepEqual(first.summaries, ["no 3", "no 2", "no 1"]);
  const second = await history({ NextToken: first.next });
  assert.deepEqual(second, { summaries: ["no 0"], next: undefined });
  const oldest = await history({
    ScanBy: "TimestampAscending",
    AlarmTypes: ["MetricAlarm", "CompositeAlarm"],
  });
  assert.deepEqual(oldest.summaries, ["no 0", "no 1", "no 2", "no 3", "no 4"]);
  assert.deepEqual((await history({ HistoryItemType: "StateUpdate" })).summaries, ["no 3", "no 1"]);
  const window = { StartDate: new Date(1000), EndDate: new Date(3000) };
  assert.deepEqual((await history(window)).summaries, ["no 2", "no 1"]);
  assert.match(await refusal(history({ AlarmTypes: ["LogAlarm"] })), /./);
});
