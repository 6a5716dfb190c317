import assert from "node:assert/strict";
import { after } from "node:test";
import { awsCli as cli, awsCliOf } from "../support/aws-cli.ts";
import type { Json } from "../support/aws-cli.ts";
import { eventually } from "../support/eventually.ts";
import { testWith } from "../support/peers.ts";
import { startSignpost } from "../support/signpost-process.ts";
import type { SignpostProcess } from "../support/signpost-process.ts";

// Debian's AWS CLI speaks CloudWatch's query protocol.

let started: Promise<SignpostProcess> | undefined;
after(async () => (await started)?.stop());

function server(): Promise<SignpostProcess> {
  started ??= startSignpost({ args: ["--workers", "1"] });
  return started;
}

const { aws, refused } = awsCliOf(server, "cloudwatch");
const { aws: route53 } = awsCliOf(server);

const from = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
const metric = ["--namespace", "My/App", "--metric-name", "Latency"];
const span = ["--start-time", from(-60), "--end-time", from(2), "--period", "3600"];

testWith([cli], "AWS CLI: metrics are put, read and listed", async () => {
  await aws(
    "put-metric-data",
    ...metric,
    "--value",
    "12.5",
    "--unit",
    "Milliseconds",
    "--dimensions",
    "Host=a",
  );
  const data = [
    {
      MetricName: "Latency",
      Dimensions: [{ Name: "Host", Value: "a" }],
      Values: [1, 2, 3],
      Counts: [1, 2, 3],
      Unit: "Milliseconds",
    },
  ];
  await aws("put-metric-data", "--namespace", "My/App", "--metric-data", data);
  const host = ["--dimensions", "Name=Host,Value=a"];
  const all = ["Average", "Sum", "Maximum", "Minimum", "SampleCount"];
  const { Label, Datapoints } = await aws(
    "get-metric-statistics",
    ...metric,
    ...host,
    ...span,
    "--statistics",
    ...all,
  );
  assert.equal(Label, "Latency");
  const total = (name: string) =>
    Datapoints.reduce((sum: number, each: Json) => sum + each[name], 0);
  assert.equal(total("SampleCount"), 7);
  assert.equal(total("Sum"), 26.5);
  assert.equal(Math.max(...Datapoints.map((each: Json) => each.Maximum)), 12.5);
  assert.equal(Datapoints[0].Unit, "Milliseconds");
  const none = await aws("get-metric-statistics", ...metric, ...span, "--statistics", "Sum");
  assert.deepEqual(none.Datapoints, []);

  const stat = {
    Metric: { Namespace: "My/App", MetricName: "Latency", Dimensions: data[0]?.Dimensions },
    Period: 3600,
    Stat: "p50",
  };
  const queries = [{ Id: "median", MetricStat: stat }];
  const answer = await aws(
    "get-metric-data",
    ...span.slice(0, 4),
    "--metric-data-queries",
    queries,
  );
  assert.equal(answer.MetricDataResults[0].StatusCode, "Complete");
  assert.ok(answer.MetricDataResults[0].Values.includes(3));

  const { Metrics } = await aws(
    "list-metrics",
    "--namespace",
    "My/App",
    "--dimensions",
    "Name=Host",
  );
  assert.deepEqual(Metrics, [
    { Namespace: "My/App", MetricName: "Latency", Dimensions: [{ Name: "Host", Value: "a" }] },
  ]);
});

testWith([cli], "AWS CLI: alarms are evaluated, tagged, silenced and deleted", async () => {
  const rule = [
    "--statistic",
    "Maximum",
    "--period",
    "60",
    "--evaluation-periods",
    "10",
    "--datapoints-to-alarm",
    "1",
    "--threshold",
    "10",
    "--comparison-operator",
    "GreaterThanThreshold",
    "--treat-missing-data",
    "notBreaching",
  ];
  const topic = "arn:aws:sns:us-east-1:000000000000:nobody";
  await aws(
    "put-metric-alarm",
    "--alarm-name",
    "slow",
    "--namespace",
    "My/App",
    "--metric-name",
    "Delay",
    ...rule,
    "--alarm-actions",
    topic,
    "--tags",
    "Key=team,Value=dns",
  );
  await aws("put-composite-alarm", "--alarm-name", "any trouble", "--alarm-rule", "ALARM(slow)");
  const stateOf = async (name: string) => {
    const types = ["--alarm-types", "MetricAlarm", "CompositeAlarm"];
    const found = await aws("describe-alarms", "--alarm-names", name, ...types);
    return (found.MetricAlarms[0] ?? found.CompositeAlarms[0]).StateValue;
  };
  await eventually("slow is OK", async () => (await stateOf("slow")) === "OK", 20_000);
  await aws("put-metric-data", "--namespace", "My/App", "--metric-name", "Delay", "--value", "99");
  await eventually("slow is in ALARM", async () => (await stateOf("slow")) === "ALARM", 20_000);
  await eventually(
    "so is the other",
    async () => (await stateOf("any trouble")) === "ALARM",
    20_000,
  );

  const history = async (type: string) => {
    const all = await aws(
      "describe-alarm-history",
      "--alarm-name",
      "slow",
      "--history-item-type",
      type,
    );
    return all.AlarmHistoryItems.map((item: Json) => item.HistorySummary);
  };
  assert.match((await history("StateUpdate"))[0], /^Alarm updated from OK to ALARM$/);
  await eventually("the action has failed", async () =>
    /^Failed to execute action arn:aws:sns/.test((await history("Action"))[0] ?? ""),
  );
  assert.deepEqual(await history("ConfigurationUpdate"), ['Alarm "slow" created']);

  const forMetric = await aws(
    "describe-alarms-for-metric",
    "--namespace",
    "My/App",
    "--metric-name",
    "Delay",
  );
  const { AlarmArn } = forMetric.MetricAlarms[0];
  const tags = await aws("list-tags-for-resource", "--resource-arn", AlarmArn);
  assert.deepEqual(tags.Tags, [{ Key: "team", Value: "dns" }]);
  await aws("untag-resource", "--resource-arn", AlarmArn, "--tag-keys", "team");
  await aws("tag-resource", "--resource-arn", AlarmArn, "--tags", "Key=a,Value=b");
  const children = await aws("describe-alarms", "--children-of-alarm-name", "any trouble");
  assert.deepEqual(
    children.MetricAlarms.map((alarm: Json) => alarm.AlarmName),
    ["slow"],
  );
  await aws("disable-alarm-actions", "--alarm-names", "slow");
  assert.equal(
    (await aws("describe-alarms", "--alarm-names", "slow")).MetricAlarms[0].ActionsEnabled,
    false,
  );
  await aws("enable-alarm-actions", "--alarm-names", "slow");
  await aws(
    "set-alarm-state",
    "--alarm-name",
    "slow",
    "--state-value",
    "OK",
    "--state-reason",
    "a test",
  );
  assert.ok((await history("StateUpdate")).includes("Alarm updated from ALARM to OK"));

  await refused(
    "ValidationError",
    /Cannot delete slow as there are composite alarm\(s\) depending on it/,
    "delete-alarms",
    "--alarm-names",
    "slow",
  );
  await aws("delete-alarms", "--alarm-names", "any trouble", "slow");
  assert.deepEqual((await aws("describe-alarms")).MetricAlarms, []);
});

testWith([cli], "AWS CLI: CloudWatch's errors", async () => {
  const put = ["put-metric-data", "--namespace", "My/App", "--metric-name", "m"];
  await refused(
    "InvalidParameterValue",
    /MetricData.member.1.Unit must be a value in the set/,
    ...put,
    "--value",
    "1",
    "--unit",
    "Furlongs",
  );
  await refused(
    "InvalidParameterValue",
    /within the past two weeks/,
    ...put,
    "--value",
    "1",
    "--timestamp",
    "2020-01-01T00:00:00Z",
  );
  await refused("InvalidParameterCombination", /At least one of the parameters/, ...put);
  await refused(
    "InvalidParameterValue",
    /The value AWS\/ for parameter Namespace is invalid/,
    "put-metric-data",
    "--namespace",
    "AWS/EC2",
    "--metric-name",
    "m",
    "--value",
    "1",
  );
  await refused(
    "InvalidParameterCombination",
    /exceeds the limit of 1,440/,
    "get-metric-statistics",
    ...metric,
    "--start-time",
    from(-3_000),
    "--end-time",
    from(0),
    "--period",
    "60",
    "--statistics",
    "Sum",
  );
  await refused(
    "ValidationError",
    /Period must be 10, 20, 30 or a multiple of 60/,
    "put-metric-alarm",
    "--alarm-name",
    "x",
    ...metric,
    "--statistic",
    "Sum",
    "--period",
    "45",
    "--evaluation-periods",
    "1",
    "--threshold",
    "1",
    "--comparison-operator",
    "GreaterThanThreshold",
  );
  await refused(
    "ResourceNotFound",
    /does not exist/,
    "set-alarm-state",
    "--alarm-name",
    "gone",
    "--state-value",
    "OK",
    "--state-reason",
    "x",
  );
  await refused(
    "NotImplemented",
    /PutDashboard is not implemented/,
    "put-dashboard",
    "--dashboard-name",
    "d",
    "--dashboard-body",
    "{}",
  );
  assert.deepEqual((await route53("list-hosted-zones")).HostedZones, []);
});
