import assert from "node:assert/strict";
import { test } from "node:test";
import type { AlarmState } from "../control/model/alarm.ts";
import { metricKey } from "./metric-key.ts";
import { MetricsEngine } from "./metrics-engine.ts";
import { metricsTables } from "./metrics-messages.ts";
import { MetricsUnavailableError } from "./metrics-desk.ts";
import type { StatisticsQuery } from "./metrics-desk.ts";
import { openMetricsFile } from "./store/schema.ts";
import { metricAlarmOf } from "./testing/alarm.ts";
import { startMs } from "./testing/board.ts";
import { datumOf } from "./testing/datum.ts";

type Rows = { key: string[]; value: unknown }[];

function open() {
  const db = openMetricsFile({ path: ":memory:", sizeMax: 1e9, onDamage: assert.fail });
  const tables: Record<string, Rows> = {};
  const clock = { wallMs: startMs, steadyMs: 0 };
  const loads = new Map<number, number>();
  const jumps: number[] = [];
  let seq = 1;
  let states: ReadonlyMap<string, AlarmState> = new Map();
  const engine = new MetricsEngine({
    db,
    state: {
      list: <T>(table: string) => (tables[table] ?? []) as { key: string[]; value: T }[],
      read: (f) => f(),
      lastSeq: () => seq,
    },
    status: { setLoad: (slot, load) => void loads.set(slot, load) },
    fileSizeMax: 1e9,
    arnOf: (name) => `arn:${name}`,
    clocks: { wallMs: () => clock.wallMs, steadyMs: () => clock.steadyMs },
    onWaiting: () => {},
    onAlarmEvent: () => {},
    onCheckStates: (all) => {
      states = all;
    },
    onProblem: assert.fail,
    onClockJump: (ms) => jumps.push(ms),
  });
  const change = (table: string, rows: Rows): void => {
    tables[table] = rows;
    seq++;
  };
  return { db, engine, clock, loads, jumps, change, states: () => states };
}

const query: StatisticsQuery = {
  ...{ namespace: "Test", metricName: "M", dimensions: [] },
  ...{ startMs, endMs: startMs + 600_000, periodSeconds: 60, statistics: ["Sum"] },
  ...{ pointCountMax: 100, keep: "earliest" },
};

test("MetricsEngine resolves put() when values are written, and shows them before", async () => {
  const { engine } = open();
  let isDone = false;
  const put = engine.put([datumOf({ value: 3, atMs: startMs })]).then(() => (isDone = true));
  const [result] = await engine.statistics([query]);
  assert.deepEqual(result?.points, [{ atMs: startMs, unit: "None", values: [3] }]);
  assert.equal(isDone, false);
  engine.flush();
  await put;
});

test("MetricsEngine rejects put() where values cannot be written, and goes on", async () => {
  const { engine, db } = open();
  db.exec("PRAGMA query_only = 1");
  const put = engine.put([datumOf({ atMs: startMs })]);
  assert.throws(() => engine.flush(), /readonly/);
  await assert.rejects(put, MetricsUnavailableError);
  assert.equal(engine.report().valuesLost, 1);
  db.exec("PRAGMA query_only = 0");
  const again = engine.put([datumOf({ value: 5, atMs: startMs })]);
  engine.flush();
  await again;
  const [result] = await engine.statistics([query]);
  assert.deepEqual(
    result?.points.map(({ values }) => values),
    [[5]],
  );
});

test("MetricsEngine writes what waits where there is no room for more", async () => {
  const { engine } = open();
  const puts = ["A", "B", "C"].map((metricName) =>
    engine.put(
      Array.from({ length: 20_000 }, (_, i) => datumOf({ metricName, atMs: startMs + i * 60_000 })),
    ),
  );
  await Promise.all(puts.slice(0, 2));
  assert.equal(engine.report().waitingValues, 20_000);
  engine.flush();
  await puts[2];
  await assert.rejects(engine.put(new Array(50_001).fill(datumOf())), /limit 50000/);
});

test("MetricsEngine.statistics(): start inclusive, end exclusive, units, limits", async () => {
  const { engine } = open();
  const minute = (i: number, unit?: string) =>
    datumOf({ value: i, atMs: startMs + i * 60_000, ...(unit === undefined ? {} : { unit }) });
  await Promise.all([
    engine.put([-1, 0, 1, 2, 3].map((i) => minute(i))),
    engine.put([minute(2, "Count")]),
    Promise.resolve().then(() => engine.flush()),
  ]);
  const ask = async (given: Partial<StatisticsQuery>) => {
    const [result] = await engine.statistics([{ ...query, ...given }]);
    const points = result?.points.map(({ atMs, unit, values }) => [
      ...[(atMs - startMs) / 60_000, unit],
      ...values,
    ]);
    return { points, more: result?.more };
  };
  assert.deepEqual(await ask({ endMs: startMs + 180_000 }), {
    points: [
      [0, "None", 0],
      [1, "None", 1],
      [2, "None", 2],
      [2, "Count", 2],
    ],
    more: false,
  });
  assert.deepEqual((await ask({ unit: "Count" })).points, [[2, "Count", 2]]);
  assert.deepEqual((await ask({ unit: "Bytes" })).points, []);
  assert.deepEqual(await ask({ pointCountMax: 1 }), { points: [[0, "None", 0]], more: true });
  assert.deepEqual(await ask({ pointCountMax: 1, keep: "latest" }), {
    points: [[3, "None", 3]],
    more: true,
  });
  assert.deepEqual(
    (await ask({ periodSeconds: 120, startMs: startMs - 60_000, unit: "None" })).points,
    [
      [-1, "None", -1],
      [1, "None", 3],
      [3, "None", 3],
    ],
  );
  assert.deepEqual((await ask({ statistics: ["p50", "Average"], unit: "Count" })).points, [
    [2, "Count", 2, 2],
  ]);
  assert.deepEqual((await ask({ metricName: "nobody" })).points, []);
});

test("MetricsEngine knows an alarm as soon as the state has it", async () => {
  const { engine, change } = open();
  assert.deepEqual(await engine.alarmStates(["alarm"]), [undefined]);
  change("alarm", [{ key: ["alarm"], value: metricAlarmOf() }]);
  await engine.setAlarmState({ name: "alarm", state: "OK", reason: "test" });
  const [status] = await engine.alarmStates(["alarm"]);
  assert.equal(status?.state, "OK");
});

test("MetricsEngine tells the states of checks that watch alarms", () => {
  const { engine, change, states } = open();
  const alarm = metricAlarmOf({ statistic: "Maximum" });
  change("healthCheck", [
    { key: ["a"], value: { id: "a", alarm } },
    { key: ["b"], value: { id: "b" } },
  ]);
  engine.readState(metricsTables);
  assert.deepEqual([...states()], [["a", "INSUFFICIENT_DATA"]]);
  void engine.put([datumOf({ value: 9, atMs: startMs })]);
  engine.flush();
  assert.deepEqual([...states()], [["a", "ALARM"]]);
});

test("MetricsEngine writes loads, and starts with those that the file knows", () => {
  const { engine, change, loads, clock } = open();
  void engine.put([datumOf({ value: 40, atMs: startMs })]);
  void engine.put([datumOf({ metricName: "Old", value: 40, atMs: startMs - 300_000 })]);
  const keyOf = (metricName: string) =>
    metricKey({ namespace: "Test", metricName, dimensions: [] });
  change(
    "loadSlot",
    ["M", "Old", "None"].map((name, i) => ({ key: [keyOf(name)], value: i + 1 })),
  );
  engine.readState(metricsTables);
  clock.steadyMs += 1;
  clock.wallMs += 1;
  engine.evaluate();
  assert.deepEqual(
    [...loads],
    [
      [1, 40],
      [2, 0xfff_ffff],
      [3, 0xfff_ffff],
    ],
  );
  void engine.put([datumOf({ metricName: "None", value: 7, atMs: startMs })]);
  assert.equal(loads.get(3), 7);
});

test("MetricsEngine notices that the wall clock jumps", () => {
  const { engine, clock, jumps } = open();
  for (let i = 0; i < 10; i++) {
    clock.wallMs += 900_250;
    clock.steadyMs += 900_000;
    engine.evaluate();
  }
  assert.deepEqual(jumps, [], "a clock that is slewed does not jump");
  clock.wallMs -= 3_600_000;
  engine.evaluate();
  assert.deepEqual(jumps, [-3_600_000]);
});
