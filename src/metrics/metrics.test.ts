import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { AlarmState } from "../control/model/alarm.ts";
import type { Mutation } from "../control/model/mutation.ts";
import { openStore } from "../control/log/open-store.ts";
import { StatusTable } from "../dataplane/policy/status-table.ts";
import { loadMax } from "../base/limits.ts";
import type { AlarmEvent } from "./alarms/alarm-event.ts";
import { metricKey } from "./metric-key.ts";
import { startMetrics } from "./metrics.ts";
import type { Metrics } from "./metrics.ts";
import { metricAlarmOf } from "./testing/alarm.ts";
import { datumOf } from "./testing/datum.ts";

const dataDir = mkdtempSync(join(tmpdir(), "signpost-metrics-"));
const store = await openStore(dataDir);
const status = new StatusTable();
const events: AlarmEvent[] = [];
let checkStates: ReadonlyMap<string, AlarmState> = new Map();
let restarts = 0;
let metrics = start();
after(async () => {
  await metrics.stop();
  await store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

function start(): Metrics {
  const started = open();
  started.start();
  return started;
}

function open(): Metrics {
  return startMetrics({
    ...{
      dataDir,
      logLevel: "silent",
      arnPrefix: "arn:aws:cloudwatch:us-east-1:000000000000:alarm:",
    },
    connectStore: () => store.connect(),
    status: status.buffer,
    onAlarmEvents: (some) => events.push(...some),
    onCheckStates: (states) => {
      checkStates = states;
    },
    onRestart: () => restarts++,
  });
}

async function commit(mutations: Mutation[]): Promise<void> {
  const head = store.state.head("account");
  await store.log.append("account", head, { action: "test", mutations });
}

async function eventually(condition: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 200 && !condition(); i++) await sleep(25);
  assert.ok(condition(), what);
}

const metric = {
  namespace: "Shop",
  metricName: "Load",
  dimensions: [{ name: "Pool", value: "a" }],
};

test("Metrics takes values, tells statistics, and raises alarms within a second", async () => {
  await metrics.ready;
  const alarm = metricAlarmOf({
    ...{ ...metric, name: "busy", statistic: "Maximum", threshold: 90, alarmActions: ["arn:x"] },
  });
  const check = { id: "c1", callerReference: "r", version: 1, config: {}, alarm };
  await commit([
    { put: "alarm", key: ["busy"], value: alarm },
    { put: "healthCheck", key: ["c1"], value: check },
    { put: "loadSlot", key: [metricKey(metric)], value: 7 },
  ]);
  const [before] = await metrics.desk.alarmStates(["busy"]);
  assert.equal(before?.reason, "Unchecked: Initial alarm creation");
  const atMs = Date.now();
  await metrics.desk.put([datumOf({ ...metric, value: 99, atMs })]);
  const periodSeconds = 60;
  const startMs = Math.floor(atMs / 60_000) * 60_000;
  const [result] = await metrics.desk.statistics([
    {
      ...metric,
      startMs,
      endMs: startMs + 60_000,
      periodSeconds,
      statistics: ["Sum", "p50"],
      pointCountMax: 10,
      keep: "latest",
    },
  ]);
  assert.deepEqual(result, {
    points: [{ atMs: startMs, unit: "None", values: [99, 99] }],
    more: false,
  });
  await eventually(() => events.length > 0, "an alarm's event");
  assert.deepEqual(
    events.map(({ from, to, actions }) => ({ from, to, actions })),
    [{ from: "INSUFFICIENT_DATA", to: "ALARM", actions: ["arn:x"] }],
  );
  await eventually(() => checkStates.get("c1") === "ALARM", "the check's state");
  assert.equal(status.loads[7], 99);
  assert.deepEqual((await metrics.desk.list({ dimensions: [], limit: 10 })).metrics, [metric]);
  metrics.recordAction({ alarm: "busy", action: "arn:x", atMs });
  const { items } = await metrics.desk.history({
    kinds: ["metric"],
    order: "newest first",
    limit: 10,
  });
  assert.deepEqual(
    items.map(({ summary }) => summary),
    [
      "Successfully executed action arn:x",
      "Alarm updated from INSUFFICIENT_DATA to ALARM",
      'Alarm "busy" created',
    ],
  );
});

test("Metrics remembers values, states and loads over a restart", async () => {
  await metrics.stop();
  events.length = 0;
  checkStates = new Map();
  status.setLoad(7, 0);
  metrics = start();
  await metrics.ready;
  await eventually(() => checkStates.get("c1") === "ALARM", "the check's state");
  const [alarm] = await metrics.desk.alarmStates(["busy"]);
  assert.equal(alarm?.state, "ALARM");
  assert.equal(status.loads[7], 99);
  assert.deepEqual(events, []);
});

test("Metrics follows alarms and checks that go", async () => {
  await metrics.desk.setAlarmState({ name: "busy", state: "OK", reason: "test" });
  const [set] = await metrics.desk.alarmStates(["busy"]);
  assert.equal(set?.state, "OK");
  assert.equal(checkStates.get("c1"), "ALARM", "checks watch the data, not the alarm");
  await commit([
    { remove: "alarm", key: ["busy"] },
    { remove: "healthCheck", key: ["c1"] },
    { remove: "loadSlot", key: [metricKey(metric)] },
  ]);
  await eventually(() => checkStates.size === 0, "no checks any more");
  assert.deepEqual(await metrics.desk.alarmStates(["busy"]), [undefined]);
});

test("Metrics sets a damaged file aside and goes on", async () => {
  await metrics.stop();
  const path = join(dataDir, "metrics.db");
  const bytes = readFileSync(path);
  // Every page but the first, which says what tables there are.
  bytes.fill(0x5a, 1_024);
  writeFileSync(path, bytes);
  metrics = start();
  await metrics.ready;
  const put = (): Promise<void> => metrics.desk.put([datumOf({ ...metric, atMs: Date.now() })]);
  // It may notice at once, or when it comes to a page that is damaged.
  await put().catch(() => sleep(500).then(put));
  assert.ok(readFileSync(`${path}.damaged`).length > 0);
  assert.equal((await metrics.desk.list({ dimensions: [], limit: 10 })).metrics.length, 1);
});

test("Metrics takes a load that nobody reports for the highest", async () => {
  await commit([{ put: "loadSlot", key: ["never"], value: 9 }]);
  await eventually(() => status.loads[9] === loadMax, "the highest load");
});

test("Metrics starts its thread when it is needed", async () => {
  await metrics.stop();
  metrics = open();
  await sleep(100);
  assert.equal(metrics.report(), undefined);
  assert.equal((await metrics.desk.list({ dimensions: [], limit: 10 })).metrics.length, 1);
  await metrics.ready;
});
