import assert from "node:assert/strict";
import { test } from "node:test";
import { GetMetricDataCommand, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import type { GetMetricDataCommandInput, MetricDatum } from "@aws-sdk/client-cloudwatch";
import { openCloudWatch, refusal } from "../../../test/support/cloudwatch-context.ts";

const { client, metrics } = await openCloudWatch();
const minutes = (count: number) => new Date(Date.UTC(2026, 0, 20, 3, 0) + count * 60_000);

const put = (MetricData: MetricDatum[]) =>
  client.send(new PutMetricDataCommand({ Namespace: "My/App", MetricData }));

const metric = (MetricName: string) => ({ Namespace: "My/App", MetricName });
const query = (Id: string, MetricName: string, more: object = {}) => ({
  Id,
  MetricStat: { Metric: metric(MetricName), Period: 60, Stat: "Sum" },
  ...more,
});
const getData = (changes: Partial<GetMetricDataCommandInput>) =>
  client.send(
    new GetMetricDataCommand({
      StartTime: minutes(-10),
      EndTime: minutes(1),
      MetricDataQueries: [query("a", "one")],
      ...changes,
    }),
  );

test("GetMetricData answers newest first, page by page", async () => {
  await put(
    [-5, -4, -3, -2, -1].flatMap((minute) => [
      { MetricName: "one", Value: minute, Timestamp: minutes(minute) },
      { MetricName: "two", Value: 10 * minute, Timestamp: minutes(minute) },
    ]),
  );
  const MetricDataQueries = [
    query("a", "one", { Label: "first" }),
    query("hidden", "one", { ReturnData: false }),
    query("none", "missing"),
    query("b", "two"),
  ];
  const all = await getData({ MetricDataQueries });
  assert.deepEqual(
    all.MetricDataResults?.map(({ Id, Label, Values, StatusCode }) => [
      Id,
      Label,
      Values,
      StatusCode,
    ]),
    [
      ["a", "first", [-1, -2, -3, -4, -5], "Complete"],
      ["none", "missing", [], "Complete"],
      ["b", "two", [-10, -20, -30, -40, -50], "Complete"],
    ],
  );
  assert.deepEqual(all.MetricDataResults?.[0]?.Timestamps?.[0], minutes(-1));

  for (const ScanBy of ["TimestampDescending", "TimestampAscending"] as const) {
    const seen: Record<string, number[]> = {};
    let NextToken: string | undefined;
    let pages = 0;
    do {
      const page = await getData({ MetricDataQueries, MaxDatapoints: 2, ScanBy, NextToken });
      for (const { Id = "", Values = [] } of page.MetricDataResults ?? []) {
        seen[Id] = [...(seen[Id] ?? []), ...Values];
      }
      const partial = page.MetricDataResults?.some((result) => result.StatusCode === "PartialData");
      assert.equal(partial, page.NextToken !== undefined);
      NextToken = page.NextToken;
      pages++;
    } while (NextToken !== undefined);
    const a = [-1, -2, -3, -4, -5];
    const expected = ScanBy === "TimestampDescending" ? a : a.toReversed();
    assert.deepEqual(seen, { a: expected, none: [], b: expected.map((value) => value * 10) });
    assert.equal(pages, 5);
  }
  metrics.data.length = 0;
});

test("GetMetricData computes expressions over other queries", async () => {
  await put(
    [-4, -1].flatMap((minute) => [
      { MetricName: "errors", Value: 1, Timestamp: minutes(minute) },
      { MetricName: "requests", Value: -minute, Timestamp: minutes(minute) },
    ]),
  );
  const MetricDataQueries = [
    { Id: "percent", Expression: "100 * rate", Label: "failed" },
    query("errors", "errors", { ReturnData: false }),
    query("requests", "requests"),
    { Id: "rate", Expression: "errors / requests", ReturnData: false },
    { Id: "all", Expression: "FILL(METRICS(), 0)" },
  ];
  const answer = await getData({ MetricDataQueries, StartTime: minutes(-4), EndTime: minutes(0) });
  assert.equal(answer.NextToken, undefined);
  assert.deepEqual(
    answer.MetricDataResults?.map(({ Id, Label, Values }) => [Id, Label, Values]),
    [
      ["percent", "failed", [100, 25]],
      ["requests", "requests", [1, 4]],
      ["all", "errors", [1, 0, 0, 1]],
      ["all", "requests", [1, 0, 0, 4]],
    ],
  );
  assert.deepEqual(answer.MetricDataResults?.[0]?.Timestamps, [minutes(-1), minutes(-4)]);
  const cut = await getData({ MetricDataQueries, MaxDatapoints: 3 });
  assert.deepEqual(
    cut.MetricDataResults?.map(({ Values, StatusCode }) => [Values?.length, StatusCode]),
    [
      [2, "Complete"],
      [1, "PartialData"],
      [0, "PartialData"],
      [0, "PartialData"],
    ],
  );
  metrics.data.length = 0;
});

const expression = (Expression: string, Id = "e") => ({ Id, Expression });
const mathRefusals: [string, GetMetricDataCommandInput["MetricDataQueries"], RegExp][] = [
  [
    "an expression that is none",
    [expression("1 +")],
    /^ValidationException: Error in expression 'e': unexpected end$/,
  ],
  ["an expression of numbers", [expression("1 + 1")], /must give a time series/],
  ["an id that is not there", [expression("m1 * 2")], /there is no query with the id m1/],
  ["expressions in a circle", [expression("f", "e"), expression("e", "f")], /leads back to itself/],
  [
    "expressions on one another without end",
    Array.from({ length: 100 }, (_, i) => expression(`e${i + 1}`, `e${i}`)),
    /stands below more than 64 expressions/,
  ],
  [
    "Metrics Insights",
    [expression("SELECT AVG(x) FROM y")],
    /^NotImplemented: A Metrics Insights query/,
  ],
  [
    "functions that are not there",
    [expression("SEARCH('{a}', 'Sum')")],
    /^NotImplemented: In the expression e the function SEARCH is not implemented\.$/,
  ],
  ["too much data", [query("a", "one"), expression("a")], /exceeds the limit of 100800/],
];
for (const [name, MetricDataQueries, refused] of mathRefusals) {
  test(`GetMetricData refuses ${name}`, async () => {
    const StartTime = name === "too much data" ? minutes(-100_801) : minutes(-10);
    assert.match(await refusal(getData({ MetricDataQueries, StartTime })), refused);
  });
}

const dataRefusals: [string, Partial<GetMetricDataCommandInput>, RegExp][] = [
  [
    "an id twice",
    { MetricDataQueries: [query("a", "one"), query("a", "two")] },
    /^ValidationException: The values for parameter id in MetricDataQueries are not unique\.$/,
  ],
  [
    "an id that is none",
    { MetricDataQueries: [query("A", "one")] },
    /The value A for parameter MetricDataQueries.member.1.Id/,
  ],
  [
    "a query of nothing",
    { MetricDataQueries: [{ Id: "a" }] },
    /Exactly one of MetricDataQueries.member.1.MetricStat and/,
  ],
  [
    "a statistic that is none",
    {
      MetricDataQueries: [
        { Id: "a", MetricStat: { Metric: metric("m"), Period: 60, Stat: "None" } },
      ],
    },
    /The value None for parameter MetricDataQueries.member.1.MetricStat.Stat is not a valid statistic\.$/,
  ],
  ["no end", { EndTime: minutes(-10) }, /EndTime must be greater than StartTime/],
  ["a token that is none", { NextToken: "x" }, /^InvalidNextToken: /],
  [
    "501 queries",
    { MetricDataQueries: Array.from({ length: 501 }, (_, i) => query(`a${i}`, "one")) },
    /size greater than 500/,
  ],
];
for (const [name, changes, refused] of dataRefusals) {
  test(`GetMetricData refuses ${name}`, async () =>
    assert.match(await refusal(getData(changes)), refused));
}
