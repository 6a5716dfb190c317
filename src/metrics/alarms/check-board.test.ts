import assert from "node:assert/strict";
import { test } from "node:test";
import type { AlarmRule } from "../../control/model/alarm.ts";
import { AlarmTable } from "../store/alarm-table.ts";
import { MetricStore } from "../store/metric-store.ts";
import { openMetricsFile } from "../store/schema.ts";
import { metricAlarmOf } from "../testing/alarm.ts";
import { startMs } from "../testing/board.ts";
import { datumOf } from "../testing/datum.ts";
import { CheckBoard } from "./check-board.ts";

const db = openMetricsFile({ path: ":memory:", sizeMax: 1e9, onDamage: assert.fail });
const store = new MetricStore(db);
const rule = metricAlarmOf({ statistic: "Maximum" }) as AlarmRule;
const checks = new Map([
  ["one", rule],
  ["two", { ...rule, threshold: 100 }],
  ["other", { ...rule, metricName: "Other" }],
]);

function at(seconds: number, observedFromMs = 0) {
  return { wallMs: startMs + seconds * 1000, steadyMs: seconds * 1000, observedFromMs };
}

let board = new CheckBoard(store, new AlarmTable(db));

test("CheckBoard evaluates the copies of alarms as data comes", () => {
  assert.equal(board.setChecks(checks, at(0)), true);
  const unknown = "INSUFFICIENT_DATA";
  assert.deepEqual(
    [...board.states()],
    [
      ["one", unknown],
      ["two", unknown],
      ["other", unknown],
    ],
  );
  assert.equal(board.tick(at(1)), false);
  store.add([datumOf({ value: 9, atMs: startMs })], startMs);
  board.metricsChanged(['["Test","M"]']);
  assert.equal(board.tick(at(1)), true);
  assert.equal(board.states().get("one"), "ALARM");
  assert.equal(board.states().get("two"), unknown, "its minute may still bring more");
  assert.equal(board.tick(at(60)), true);
  assert.equal(board.states().get("two"), "OK");
  store.flush();
});

test("CheckBoard remembers states, and keeps them for data that could not be taken", () => {
  board = new CheckBoard(store, new AlarmTable(db));
  const start = at(600, startMs + 600_000);
  board.setChecks(checks, start);
  assert.equal(board.states().get("one"), "ALARM");
  assert.equal(board.tick(at(770, start.observedFromMs)), false);
  assert.equal(board.tick(at(780, start.observedFromMs)), true);
  assert.equal(board.states().get("one"), "INSUFFICIENT_DATA");
});

test("CheckBoard takes a changed copy, and forgets checks that are gone", () => {
  store.add([datumOf({ value: 9, atMs: startMs + 900_000 })], startMs + 900_000);
  const changed = new Map([["one", { ...rule, threshold: 3 }]]);
  assert.equal(board.setChecks(changed, at(901)), true);
  assert.deepEqual([...board.states()], [["one", "ALARM"]]);
  assert.deepEqual([...new AlarmTable(db).checks()], [["one", "ALARM"]]);
  assert.equal(board.setChecks(new Map(), at(902)), true);
  assert.equal(board.states().size, 0);
});
