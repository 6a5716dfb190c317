import assert from "node:assert/strict";
import { test } from "node:test";
import {
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  PutMetricDataCommand,
} from "@aws-sdk/client-cloudwatch";
import type { GetMetricStatisticsCommandInput, MetricDatum } from "@aws-sdk/client-cloudwatch";
import { openCloudWatch, refusal } from "../../../test/support/cloudwatch-context.ts";
import { MetricsUnavailableError } from "../../metrics/metrics-desk.ts";
import { readerOf } from "../../metrics/statistic.ts";
import { isExtendedStatistic, isStatistic } from "./statistics.ts";

const { client, clock, metrics } = await openCloudWatch();
const now = clock.nowMs();
const minutes = (count: number) => new Date(Date.UTC(2026, 0, 20, 3, 0) + count * 60_000);

const put = (MetricData: MetricDatum[] | undefined, Namespace = "My/App") =>
  client.send(new PutMetricDataCommand({ Namespace, MetricData }));

test("PutMetricData hands values on as they are kept", async () => {
  const Dimensions = [
    { Name: "b", Value: "2" },
    { Name: "a", Value: "1" },
  ];
  await put([
    { MetricName: "single", Value: 0, Dimensions },
    { MetricName: "set", StatisticValues: { SampleCount: 4, Sum: 10, Minimum: 1, Maximum: 4 } },
    { MetricName: "many", Values: [1, 5], Counts: [3, 2], Unit: "Count", StorageResolution: 1 },
    { MetricName: "old", Values: [2], Timestamp: minutes(-60) },
  ]);
  const [single, set, many, old] = metrics.data.splice(0);
  assert.deepEqual(single, {
    namespace: "My/App",
    metricName: "single",
    dimensions: [
      { name: "a", value: "1" },
      { name: "b", value: "2" },
    ],
    atMs: now,
    resolutionSeconds: 60,
    statistics: { sampleCount: 1, sum: 0, minimum: 0, maximum: 0 },
  });
  assert.deepEqual(set?.statistics, { sampleCount: 4, sum: 10, minimum: 1, maximum: 4 });
  assert.deepEqual(many?.statistics, { sampleCount: 5, sum: 13, minimum: 1, maximum: 5 });
  assert.deepEqual(
    [many?.values, many?.counts],
    [
      [1, 5],
      [3, 2],
    ],
  );
  assert.deepEqual([many?.unit, many?.resolutionSeconds], ["Count", 1]);
  assert.deepEqual([old?.atMs, old?.counts], [minutes(-60).getTime(), [1]]);
});

const tooMany = Array.from({ length: 151 }, (_, i) => i);
const set = { SampleCount: 1, Sum: 1, Minimum: 1, Maximum: 1 };
const one = (datum: object): MetricDatum[] => [{ MetricName: "m", ...datum }];
const putRefusals: [name: string, data: MetricDatum[] | undefined, refused: RegExp][] = [
  ["no data", undefined, /^MissingRequiredParameterException: The parameter MetricData is requ/],
  ["data that is empty", [], /^MissingRequiredParameterException: The parameter MetricData is/],
  [
    "a metric without a name",
    [{ Value: 1 } as never],
    /^MissingR.*: The parameter MetricData.member.1.MetricName is required\.$/,
  ],
  [
    "1,001 metrics",
    Array.from({ length: 1_001 }, () => ({ MetricName: "m", Value: 1 })),
    /MetricData must not have a size greater than 1000/,
  ],
  [
    "no value",
    one({}),
    /^InvalidParameterCombinationException: At least one of the parameters MetricData.member.1.Value and MetricData.member.1.StatisticValues must be specified\.$/,
  ],
  [
    "two kinds of value",
    one({ Value: 0, StatisticValues: set }),
    /^InvalidParameterCombinationException: The parameters MetricData.member.1.Value and MetricData.member.1.StatisticValues are mutually exclusive and you have specified both\.$/,
  ],
  [
    "a value that is none",
    one({ Value: Number.NaN }),
    /^InvalidParameterValueException: The value NaN for parameter MetricData.member.1.Value is invalid\.$/,
  ],
  ["a value that is too large", one({ Value: 2 ** 361 }), /Value is invalid/],
  ["an infinite value among others", one({ Values: [1, -Infinity] }), /Values.member.2 is invalid/],
  [
    "151 values",
    one({ Values: tooMany }),
    /MetricData.member.1.Values must not have a size greater than 150/,
  ],
  [
    "counts of other values",
    one({ Values: [1, 2], Counts: [1] }),
    /Values and MetricData.member.1.Counts must be of the same size\.$/,
  ],
  ["a count of nothing", one({ Values: [1], Counts: [0] }), /Counts.member.1 is invalid/],
  ["counts alone", one({ Value: 1, Counts: [1] }), /Counts requires/],
  [
    "a set upside down",
    one({ StatisticValues: { ...set, Minimum: 2 } }),
    /Maximum must be greater than MetricData.member.1.StatisticValues.Minimum\.$/,
  ],
  [
    "a set of nothing",
    one({ StatisticValues: { ...set, SampleCount: 0 } }),
    /SampleCount must be greater than 0/,
  ],
  [
    "data of long ago",
    one({ Value: 1, Timestamp: new Date(now - 15 * 86_400_000) }),
    /Timestamp must specify a time within the past two weeks\.$/,
  ],
  [
    "data of the future",
    one({ Value: 1, Timestamp: new Date(now + 3 * 3_600_000) }),
    /Timestamp must specify a time no more than two hours in the future\.$/,
  ],
  [
    "a resolution between",
    one({ Value: 1, StorageResolution: 30 }),
    /StorageResolution must be a value in the set \[ 1, 60 \]\.$/,
  ],
  [
    "a unit that is none",
    one({ Value: 1, Unit: "Furlongs" }),
    /^InvalidParameterValueException: The parameter MetricData.member.1.Unit must be a value in the set \[ Seconds, .*Count\/Second, None \]\.$/,
  ],
  [
    "31 dimensions",
    one({ Value: 1, Dimensions: tooMany.slice(0, 31).map((i) => ({ Name: `n${i}`, Value: "v" })) }),
    /Dimensions must have at most 30 elements/,
  ],
  [
    "a dimension twice",
    one({
      Value: 1,
      Dimensions: [
        { Name: "a", Value: "1" },
        { Name: "a", Value: "2" },
      ],
    }),
    /Dimensions.member.2.Name is the name of two/,
  ],
  [
    "a dimension beyond ASCII",
    one({ Value: 1, Dimensions: [{ Name: "a", Value: "ü" }] }),
    /Dimensions.member.1.Value must be ASCII/,
  ],
  [
    "a dimension's empty value",
    one({ Value: 1, Dimensions: [{ Name: "a", Value: "" }] }),
    /Value must have at least 1 characters/,
  ],
];
for (const [name, data, refused] of putRefusals) {
  test(`PutMetricData refuses ${name}`, async () => {
    assert.match(await refusal(put(data)), refused);
    assert.deepEqual(metrics.data, []);
  });
}

test("PutMetricData tells all that is wrong with values of one kind", async () => {
  const message = await refusal(put([...one({ Value: Infinity }), ...one({ Value: -Infinity })]));
  assert.equal(message.split("\n").length, 2);
  assert.match(message, /member.1.*\n.*member.2/);
});

test("PutMetricData refuses AWS's own namespaces and entities", async () => {
  const refused = await refusal(put(one({ Value: 1 }), "AWS/EC2"));
  assert.equal(
    refused,
    "InvalidParameterValueException: The value AWS/ for parameter Namespace is invalid.",
  );
  assert.match(await refusal(put(one({ Value: 1 }), ":a")), /Namespace must match the pattern/);
  const EntityMetricData = [{ MetricData: one({ Value: 1 }) }];
  const call = client.send(new PutMetricDataCommand({ Namespace: "a", EntityMetricData }));
  assert.match(await refusal(call), /^NotImplemented: EntityMetricData/);
});

test("a metrics thread that cannot serve is ServiceUnavailable", async () => {
  metrics.failure = new MetricsUnavailableError("the metrics thread starts again");
  const refused = await refusal(put(one({ Value: 1 })));
  assert.equal(refused, "ServiceUnavailable: the metrics thread starts again");
  metrics.failure = undefined;
});

const asked: GetMetricStatisticsCommandInput = {
  Namespace: "My/App",
  MetricName: "latency",
  StartTime: minutes(-10),
  EndTime: minutes(1),
  Period: 60,
  Statistics: ["Average"],
};
const statistics = (changes: Partial<GetMetricStatisticsCommandInput>) =>
  client.send(new GetMetricStatisticsCommand({ ...asked, ...changes }));

test("GetMetricStatistics answers the statistics asked for, each unit on its own", async () => {
  await put([
    { MetricName: "latency", Value: 1, Timestamp: minutes(-2), Unit: "Seconds" },
    { MetricName: "latency", Value: 4, Timestamp: minutes(-2), Unit: "Seconds" },
    { MetricName: "latency", Value: 9, Timestamp: minutes(-2) },
    { MetricName: "latency", Value: 2, Timestamp: minutes(0), Unit: "Seconds" },
  ]);
  const { Label, Datapoints } = await statistics({ Statistics: ["Average", "Sum"] });
  assert.equal(Label, "latency");
  assert.deepEqual(Datapoints, [
    { Timestamp: minutes(-2), Unit: "None", Average: 9, Sum: 9 },
    { Timestamp: minutes(-2), Unit: "Seconds", Average: 2.5, Sum: 5 },
    { Timestamp: minutes(0), Unit: "Seconds", Average: 2, Sum: 2 },
  ]);
  const inSeconds = await statistics({ Unit: "Seconds", Period: 300 });
  assert.deepEqual(
    inSeconds.Datapoints?.map(({ Timestamp, Average }) => [Timestamp, Average]),
    [
      [minutes(-5), 2.5],
      [minutes(0), 2],
    ],
  );
  const extended = await statistics({ Statistics: undefined, ExtendedStatistics: ["p50"] });
  assert.deepEqual(extended.Datapoints?.[1]?.ExtendedStatistics, { p50: 1 });
  assert.deepEqual((await statistics({ MetricName: "other" })).Datapoints, []);
  metrics.data.length = 0;
});

test("GetMetricStatistics counts periods from the start, rounded by its age", async () => {
  const day = 24 * 60;
  const data = [-7, -20 * day - 2, -70 * day - 2].map((minute) => {
    const atMs = minutes(minute).getTime();
    const statistics = { sampleCount: 1, sum: 1, minimum: 1, maximum: 1 };
    const metric = { namespace: "My/App", metricName: "latency", dimensions: [] };
    return { ...metric, atMs, resolutionSeconds: 60 as const, statistics };
  });
  metrics.data.push(...data);
  const firstOf = async (start: number, Period: number) => {
    const StartTime = new Date(minutes(start).getTime() + 34_000);
    const EndTime = minutes(start + 60);
    return (await statistics({ StartTime, EndTime, Period })).Datapoints?.[0]?.Timestamp;
  };
  assert.deepEqual(await firstOf(-8, 300), minutes(-8));
  assert.deepEqual(await firstOf(-20 * day - 3, 300), minutes(-20 * day - 5));
  assert.deepEqual(await firstOf(-70 * day - 3, 3600), minutes(-70 * day - 60));
  metrics.data.length = 0;
});

const statisticsRefusals: [string, Partial<GetMetricStatisticsCommandInput>, RegExp][] = [
  [
    "no statistics",
    { Statistics: undefined },
    /^InvalidParameterCombinationException: At least one of the parameters Statistics and ExtendedStatistics must be specified\.$/,
  ],
  [
    "both kinds of statistics",
    { ExtendedStatistics: ["p99"] },
    /^InvalidParameterCombinationException: .* mutually exclusive/,
  ],
  [
    "an extended statistic that is none",
    { Statistics: undefined, ExtendedStatistics: ["p101"] },
    /^InvalidParameterValueException: The value p101 .* is not a valid statistic/,
  ],
  [
    "a statistic that is none",
    { Statistics: ["Median" as never] },
    /Statistics must be a value in the set \[ SampleCount, Average, Sum, Minimum, Maximum \]/,
  ],
  [
    "a period between",
    { Period: 90 },
    /^InvalidParameterValueException: The parameter Period must be/,
  ],
  [
    "no time",
    { EndTime: minutes(-10) },
    /^InvalidParameterValueException: The parameter StartTime must be less than the parameter EndTime\.$/,
  ],
  [
    "more than 1,440 periods",
    { StartTime: minutes(-1_440) },
    /^InvalidParameterCombinationException: You have requested up to 1,441 datapoints, which exceeds the limit of 1,440\. You may reduce/,
  ],
  [
    "no name",
    { MetricName: undefined as never },
    /^MissingRequiredParameterException: The parameter MetricName is required\.$/,
  ],
];
for (const [name, changes, refused] of statisticsRefusals) {
  test(`GetMetricStatistics refuses ${name}`, async () =>
    assert.match(await refusal(statistics(changes)), refused));
}

const metric = (MetricName: string) => ({ Namespace: "My/App", MetricName });

test("ListMetrics lists what has data, filtered and in pages of 500", async () => {
  const names = Array.from({ length: 501 }, (_, i) => `m${String(i).padStart(3, "0")}`);
  await put(
    names.map((MetricName) => ({
      MetricName,
      Value: 1,
      Dimensions: [{ Name: "d", Value: MetricName }],
    })),
  );
  await put(one({ Value: 1, Timestamp: minutes(-600) }), "Other");
  const list = (input: object) => client.send(new ListMetricsCommand(input));
  const first = await list({ Namespace: "My/App" });
  assert.equal(first.Metrics?.length, 500);
  const second = await list({ Namespace: "My/App", NextToken: first.NextToken });
  assert.deepEqual(second, {
    $metadata: second.$metadata,
    Metrics: [{ ...metric("m500"), Dimensions: [{ Name: "d", Value: "m500" }] }],
  });
  const byDimension = await list({ Dimensions: [{ Name: "d", Value: "m007" }] });
  assert.deepEqual(
    byDimension.Metrics?.map(({ MetricName }) => MetricName),
    ["m007"],
  );
  assert.equal((await list({ Namespace: "Other" })).Metrics?.length, 1);
  const recent = await list({ Namespace: "Other", RecentlyActive: "PT3H" });
  assert.deepEqual(recent.Metrics, []);
  assert.match(await refusal(list({ RecentlyActive: "PT1H" })), /value in the set \[ PT3H \]/);
  assert.match(await refusal(list({ NextToken: "?" })), /^InvalidNextToken/);
  assert.match(await refusal(list({ OwningAccount: "1" })), /^NotImplemented/);
});

test("isExtendedStatistic() takes what the metrics thread can compute, and no other", () => {
  const some = ["p0", "p99.99", "p100", "tm90", "tc1.5", "ts50", "wm98", "IQM"];
  const bounded = ["TM(10%:90%)", "TC(0.005:0.030)", "TS(80%:)", "WM(:95%)", "PR(:300)", "PR(1:2)"];
  for (const text of [...some, ...bounded]) {
    assert.ok(isExtendedStatistic(text), text);
    assert.ok(readerOf(text), text);
  }
  for (const text of ["p101", "p", "tm101", "TM(:)", "PR()", "median", "Average", "", "p99x"]) {
    assert.ok(!isExtendedStatistic(text), text);
  }
  assert.ok(isStatistic("Average"));
});
