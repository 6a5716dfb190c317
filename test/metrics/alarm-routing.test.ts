import assert from "node:assert/strict";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  GetMetricStatisticsCommand,
  SetAlarmStateCommand,
} from "@aws-sdk/client-cloudwatch";
import { askAddress, untilAddress } from "../support/ask-address.ts";
import { eventually } from "../support/eventually.ts";
import { MetricsWorld } from "./metrics-world.ts";

const [primary, secondary] = ["192.0.2.1 0", "192.0.2.2 0"];
let world: MetricsWorld;
before(async () => {
  world = await MetricsWorld.start();
  await world.createZone();
});
after(() => world.stop());

async function alarm(): Promise<{ StateValue?: string; StateReason?: string }> {
  const { MetricAlarms = [] } = await world.cloudWatch.send(
    new DescribeAlarmsCommand({ AlarmNames: ["busy"] }),
  );
  return MetricAlarms[0] ?? {};
}

test("an alarm's metric decides a CLOUDWATCH_METRIC check, and so the answer", async () => {
  const { dns } = world.signpost;
  await world.putAlarm({});
  await world.createFailover("open.shop.example", await world.createCheck("Healthy"));
  await world.createFailover("closed.shop.example", await world.createCheck("Unhealthy"));
  await untilAddress(dns, "open.shop.example", primary);
  await untilAddress(dns, "closed.shop.example", secondary);
  await world.put("Load", { Value: 10, Timestamp: new Date(Date.now() - 60_000) });
  await untilAddress(dns, "closed.shop.example", primary);
  assert.equal((await alarm()).StateValue, "OK");
  const began = performance.now();
  await world.put("Load", { Value: 99 });
  await untilAddress(dns, "open.shop.example", secondary);
  assert.ok(performance.now() - began < 5_000);
  await untilAddress(dns, "closed.shop.example", secondary);
  const { StateValue, StateReason } = await alarm();
  assert.equal(StateValue, "ALARM");
  assert.match(
    StateReason ?? "",
    /^Threshold Crossed: 1 .*\[99\.0 \(.*was greater than the threshold \(90\.0\)/,
  );
});

test("SetAlarmState changes the alarm, and not what checks see", async () => {
  const { dns } = world.signpost;
  // Until the next evaluation, which must not be in the middle of this.
  const leftMs = 60_000 - (Date.now() % 60_000);
  if (leftMs < 3_000) await sleep(leftMs + 500);
  await world.cloudWatch.send(
    new SetAlarmStateCommand({ AlarmName: "busy", StateValue: "OK", StateReason: "a try" }),
  );
  assert.equal((await alarm()).StateReason, "a try");
  await sleep(700);
  assert.equal(await askAddress(dns, "open.shop.example"), secondary);
  const { AlarmHistoryItems = [] } = await world.cloudWatch.send(
    new DescribeAlarmHistoryCommand({ AlarmName: "busy", HistoryItemType: "StateUpdate" }),
  );
  assert.deepEqual(
    AlarmHistoryItems.map(({ HistorySummary }) => HistorySummary),
    [
      "Alarm updated from ALARM to OK",
      "Alarm updated from OK to ALARM",
      "Alarm updated from INSUFFICIENT_DATA to OK",
    ],
  );
});

test("what was put can be read: statistics and percentiles", async () => {
  const StartTime = new Date(Date.now() - 3_600_000);
  const EndTime = new Date(Date.now() + 60_000);
  const metric = { Namespace: "Shop", MetricName: "Latency", StartTime, EndTime, Period: 3_600 };
  await world.put("Latency", { Values: [1, 2, 3, 100], Counts: [10, 10, 10, 1] });
  const { Datapoints = [] } = await world.cloudWatch.send(
    new GetMetricStatisticsCommand({ ...metric, Statistics: ["SampleCount", "Sum"] }),
  );
  assert.equal(
    Datapoints.reduce((sum, { Sum = 0 }) => sum + Sum, 0),
    160,
  );
  const percentiles = await world.cloudWatch.send(
    new GetMetricStatisticsCommand({ ...metric, ExtendedStatistics: ["p50", "p99"] }),
  );
  const [point] = percentiles.Datapoints ?? [];
  assert.deepEqual(point?.ExtendedStatistics, { p50: 2, p99: 100 });
});

test("an alarm's SNS actions call the webhooks of those names, once each", async () => {
  const calls: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += String(chunk)));
    request.on("end", () => {
      const { events } = JSON.parse(body) as { events: Record<string, string>[] };
      for (const { type, alarmName, to } of events) {
        calls.push(`${request.url} ${type} ${alarmName} ${to}`);
      }
      response.end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const webhook = (name: string, events: string[]) =>
    world.createWebhook({ name, url: `http://127.0.0.1:${port}/${name}`, events });
  try {
    await webhook("on-call", ["test"]);
    await webhook("feed", ["alarm.state"]);
    const topics = ["on-call", "feed", "nobody"].map(
      (name) => `arn:aws:sns:us-east-1:000000000000:${name}`,
    );
    await world.putAlarm({ AlarmName: "acts", MetricName: "Acts", AlarmActions: topics });
    await world.put("Acts", { Value: 99 });
    let outcomes: string[] = [];
    await eventually("calls, and the actions' outcomes in the history", async () => {
      const { AlarmHistoryItems = [] } = await world.cloudWatch.send(
        new DescribeAlarmHistoryCommand({ AlarmName: "acts", HistoryItemType: "Action" }),
      );
      outcomes = AlarmHistoryItems.map(({ HistorySummary }) => HistorySummary ?? "");
      return outcomes.length >= 3 && calls.length >= 2;
    });
    await sleep(300);
    assert.deepEqual(calls.toSorted(), [
      "/feed alarm.state acts ALARM",
      "/on-call alarm.state acts ALARM",
    ]);
    assert.deepEqual(outcomes.toSorted(), [
      `Failed to execute action ${topics[2]}. There is no webhook named nobody`,
      `Successfully executed action ${topics[1]}`,
      `Successfully executed action ${topics[0]}`,
    ]);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

test("a kill loses no value, state or load that was acknowledged", async () => {
  const { dataDir } = world.signpost;
  await world.put("Load", { Value: 98 });
  await world.signpost.kill("SIGKILL");
  world = await MetricsWorld.start(dataDir);
  after(() => rmSync(dataDir, { recursive: true, force: true }));
  assert.equal((await alarm()).StateValue, "ALARM");
  await untilAddress(world.signpost.dns, "open.shop.example", secondary);
  const { Datapoints = [] } = await world.cloudWatch.send(
    new GetMetricStatisticsCommand({
      ...{ Namespace: "Shop", MetricName: "Load", Statistics: ["SampleCount"], Period: 3_600 },
      StartTime: new Date(Date.now() - 3_600_000),
      EndTime: new Date(Date.now() + 60_000),
    }),
  );
  assert.equal(
    Datapoints.reduce((sum, { SampleCount = 0 }) => sum + SampleCount, 0),
    3,
  );
});
