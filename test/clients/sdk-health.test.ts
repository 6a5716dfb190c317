import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { CloudWatchClient, PutMetricAlarmCommand } from "@aws-sdk/client-cloudwatch";
import { PutMetricDataCommand, SetAlarmStateCommand } from "@aws-sdk/client-cloudwatch";
import * as sdk from "@aws-sdk/client-route-53";
import { startHttpEndpoint } from "../support/http-endpoint.ts";
import { route53Client } from "../support/route53-client.ts";
import { startSignpost } from "../support/signpost-process.ts";
import { expectError } from "./expect-error.ts";

const locations = ["tokyo=ap-northeast-1", "dublin=eu-west-1", "home"];
const signpost = await startSignpost({
  args: [
    ...["--workers", "1", "--health-allow", "127.0.0.0/8"],
    ...locations.flatMap((location) => ["--location", location]),
  ],
});
const client = route53Client(signpost);
const { api: endpoint, accessKeyId, secretAccessKey } = signpost;
const credentials = { accessKeyId, secretAccessKey };
const cloudWatch = new CloudWatchClient({ endpoint, region: "us-east-1", credentials });
after(async () => {
  client.destroy();
  cloudWatch.destroy();
  await signpost.stop();
});

let references = 0;

async function create(HealthCheckConfig: sdk.HealthCheckConfig): Promise<sdk.HealthCheck> {
  const input = { CallerReference: `health ${references++}`, HealthCheckConfig };
  const { HealthCheck } = await client.send(new sdk.CreateHealthCheckCommand(input));
  assert.ok(HealthCheck);
  return HealthCheck;
}

async function observe(HealthCheckId = ""): Promise<sdk.HealthCheckObservation[]> {
  const { HealthCheckObservations } = await client.send(
    new sdk.GetHealthCheckStatusCommand({ HealthCheckId }),
  );
  return HealthCheckObservations ?? [];
}

async function until<T>(read: () => Promise<T>, isDone: (value: T) => boolean): Promise<T> {
  const endMs = performance.now() + 20_000;
  for (;;) {
    const value = await read();
    if (isDone(value)) return value;
    assert.ok(performance.now() < endMs, JSON.stringify(value));
    await sleep(100);
  }
}

test("@aws-sdk: one observation a location, from the regions that a check names", async (t) => {
  const site = await startHttpEndpoint();
  t.after(() => site.stop());
  const check = { Type: "HTTP", IPAddress: "127.0.0.1", Port: site.port } as const;
  const everywhere = await create({ ...check, RequestInterval: 10 });
  const Regions = ["eu-west-1", "us-east-1", "us-west-2"] as const;
  const somewhere = await create({ ...check, RequestInterval: 10, Regions: [...Regions] });
  const seen = await until(
    () => observe(everywhere.Id),
    (all) =>
      all.length === 3 && all.every(({ StatusReport }) => /OK/.test(StatusReport?.Status ?? "")),
  );
  for (const { StatusReport } of seen) {
    assert.equal(StatusReport?.Status, "Success: HTTP Status Code 200, OK");
    assert.ok(StatusReport?.CheckedTime instanceof Date);
  }
  const regions = seen.map(({ Region }) => Region as string).toSorted();
  assert.deepEqual(regions, ["ap-northeast-1", "eu-west-1", "home"]);
  const one = await until(
    () => observe(somewhere.Id),
    (all) => all.length > 0,
  );
  assert.deepEqual(
    one.map(({ Region }) => Region),
    ["eu-west-1"],
  );
  const { CheckerIpRanges } = await client.send(new sdk.GetCheckerIpRangesCommand({}));
  for (const range of CheckerIpRanges ?? []) assert.match(range, /\/(32|128)$/);
});

test("@aws-sdk: what cannot be observed is refused with the modelled errors", async () => {
  const calculated = await create({ Type: "CALCULATED", HealthThreshold: 0 });
  for (const Command of [
    sdk.GetHealthCheckStatusCommand,
    sdk.GetHealthCheckLastFailureReasonCommand,
  ]) {
    const refused = client.send(new Command({ HealthCheckId: calculated.Id }) as never);
    await expectError(refused, { type: sdk.InvalidInput, status: 400, message: /calculated/ });
    const unknown = client.send(new Command({ HealthCheckId: "none" }) as never);
    await expectError(unknown, { type: sdk.NoSuchHealthCheck, status: 404 });
  }
  const child = await create({ Type: "TCP", IPAddress: "127.0.0.1", Port: 9 });
  const HealthCheckId = child.Id;
  await create({ Type: "CALCULATED", HealthThreshold: 1, ChildHealthChecks: [child.Id ?? ""] });
  const inUse = client.send(new sdk.DeleteHealthCheckCommand({ HealthCheckId }));
  await expectError(inUse, { type: sdk.HealthCheckInUse, status: 400 });
});

test("@aws-sdk: a check of an alarm watches the metric, by a copy of the settings", async () => {
  const metric = {
    Namespace: "Shop",
    MetricName: "Errors",
    Dimensions: [{ Name: "Pool", Value: "front" }],
  };
  const putAlarm = (Threshold: number, more: object = {}) =>
    cloudWatch.send(
      new PutMetricAlarmCommand({
        ...{ AlarmName: "errors", ...metric, Statistic: "Sum", Period: 60, EvaluationPeriods: 1 },
        ...{ Threshold, ComparisonOperator: "GreaterThanThreshold", ...more },
      }),
    );
  await putAlarm(5);
  const AlarmIdentifier = { Region: "us-east-1", Name: "errors" } as const;
  const type = { Type: "CLOUDWATCH_METRIC", AlarmIdentifier } as const;
  const made = await create({ ...type, InsufficientDataHealthStatus: "Healthy" });
  assert.deepEqual(made.CloudWatchAlarmConfiguration, {
    ...{ EvaluationPeriods: 1, Threshold: 5, ComparisonOperator: "GreaterThanThreshold" },
    ...{ Period: 60, ...metric, Statistic: "Sum" },
  });
  await putAlarm(500);
  // Neither other settings of the alarm nor a state that is set are any concern of the check.
  const state = { AlarmName: "errors", StateValue: "OK", StateReason: "set by hand" } as const;
  await cloudWatch.send(new SetAlarmStateCommand(state));
  const statusOf = async () => (await observe(made.Id))[0]?.StatusReport?.Status ?? "";
  assert.match(await statusOf(), /^Success: /);
  const datum = { MetricName: "Errors", Dimensions: metric.Dimensions, Value: 50 };
  const Timestamp = new Date(Date.now() - 60_000);
  await cloudWatch.send(
    new PutMetricDataCommand({
      Namespace: "Shop",
      MetricData: [{ ...datum, Timestamp }, datum],
    }),
  );
  await until(statusOf, (status) => /^Failure: /.test(status));
  await putAlarm(5, { DatapointsToAlarm: 1, EvaluationPeriods: 2 });
  const refused = create({ ...type });
  await expectError(refused, { type: sdk.InvalidInput, status: 400, message: /1 of 2/ });
});
