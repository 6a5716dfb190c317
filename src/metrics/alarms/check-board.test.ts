import assert from "node:assert/strict";
import { test } from "node:test";
import type { AlarmRule, AlarmState } from "../../control/model/alarm.ts";
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

const problems: unknown[] = [];
const table = new AlarmTable(db, (error) => problems.push(error));
let told: ReadonlyMap<string, AlarmState> | undefined;
let board = open();

function open(): CheckBoard {
  return new CheckBoard(store, table, (states) => {
    told = states;
  });
}

/** What was told since the last call. */
function taken(): Record<string, AlarmState> | undefined {
  const states = told && Object.fromEntries(told);
  told = undefined;
  return states;
}

const unknown = "INSUFFICIENT_DATA";

test("CheckBoard evaluates the copies of alarms as data comes", () => {
  board.setChecks(checks, at(0));
  assert.deepEqual(taken(), { one: unknown, two: unknown, other: unknown });
  board.tick(at(1));
  assert.equal(taken(), undefined);
  store.add([datumOf({ value: 9, atMs: startMs })], startMs);
  board.metricsChanged(['["Test","M"]']);
  board.tick(at(1));
  assert.deepEqual(taken(), { one: "ALARM", two: unknown, other: unknown }, "two: not settled");
  board.tick(at(60));
  assert.equal(taken()?.["two"], "OK");
  store.flush();
});

test("CheckBoard remembers states, and keeps them for data that could not be taken", () => {
  board = open();
  const start = at(600, startMs + 600_000);
  board.setChecks(checks, start);
  assert.equal(taken()?.["one"], "ALARM");
  board.tick(at(770, start.observedFromMs));
  assert.equal(taken(), undefined);
  board.tick(at(780, start.observedFromMs));
  assert.equal(taken()?.["one"], unknown);
});

test("CheckBoard tells states that cannot be written", () => {
  store.add([datumOf({ value: 9, atMs: startMs + 840_000 })], startMs + 840_000);
  store.flush();
  db.exec("PRAGMA query_only = 1");
  board.tick(at(900));
  db.exec("PRAGMA query_only = 0");
  assert.equal(taken()?.["one"], "ALARM");
  assert.match(String(problems), /readonly/);
});

test("CheckBoard takes a changed copy, and forgets checks that are gone", () => {
  board.setChecks(new Map([["one", { ...rule, threshold: 10 }]]), at(901));
  assert.deepEqual(taken(), { one: "OK" });
  assert.deepEqual([...table.checks()], [["one", "OK"]]);
  board.setChecks(new Map(), at(902));
  assert.deepEqual(taken(), {});
  assert.deepEqual([...table.checks()], []);
});
