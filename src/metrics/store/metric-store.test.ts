import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
  truncateSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { metricQueueCountMax } from "../../base/limits.ts";
import { readerOf } from "../statistic.ts";
import { datumOf } from "../testing/datum.ts";
import { MetricStore, sumPeriods } from "./metric-store.ts";
import { Ageing } from "./retention.ts";
import { isDamage, openMetricsFile } from "./schema.ts";

const directory = mkdtempSync(join(tmpdir(), "signpost-metrics-"));
after(() => rmSync(directory, { recursive: true, force: true }));

const hour = 3_600;
const day = 24 * hour;
const nowMs = Date.UTC(2026, 10, 22, 16, 0, 30);
const now = nowMs / 1000;
const forever = { from: 0, to: 1e12, withDistribution: true };

function openAt(path: string, damage: string[] = []): DatabaseSync {
  return openMetricsFile({ path, sizeMax: 1e9, onDamage: (message) => damage.push(message) });
}

function openStore(): { db: DatabaseSync; store: MetricStore } {
  const db = openAt(":memory:");
  return { db, store: new MetricStore(db) };
}

/** Time, sum, count and median of each period of the only metric. */
function periods(store: MetricStore, period: number): unknown[] {
  const [known] = store.catalogue.from(0, 1);
  assert.ok(known);
  const median = readerOf("p50");
  return sumPeriods(store.read(known, forever), { from: 0, period, perUnit: false }).map(
    ({ at, aggregate }) => [at, aggregate.sum, aggregate.sampleCount, median?.(aggregate)],
  );
}

test("MetricStore shows values at once, and after they are written", () => {
  const { store } = openStore();
  const minute = now - 30;
  store.add(
    [datumOf({ value: 1, atMs: nowMs }), datumOf({ value: 5, atMs: nowMs - 29_000 })],
    nowMs,
  );
  assert.deepEqual(periods(store, 60), [[minute, 6, 2, 1]]);
  store.flush();
  assert.equal(store.waitingCount, 0);
  store.add([datumOf({ value: 9, atMs: nowMs })], nowMs);
  assert.deepEqual(periods(store, 60), [[minute, 15, 3, 5]]);
  store.flush();
  assert.deepEqual(periods(store, 60), [[minute, 15, 3, 5]]);
});

test("MetricStore keeps seconds of high resolution apart, and units", () => {
  const { store } = openStore();
  const high = { resolutionSeconds: 1 as const };
  store.add(
    [
      datumOf({ ...high, value: 1, atMs: nowMs }),
      datumOf({ ...high, value: 2, atMs: nowMs + 1_000 }),
    ],
    nowMs,
  );
  store.add([datumOf({ value: 4, unit: "Count", atMs: nowMs })], nowMs);
  assert.deepEqual(periods(store, 1), [
    [now, 1, 1, 1],
    [now + 1, 2, 1, 2],
  ]);
  const [known] = store.catalogue.from(0, 1);
  assert.ok(known);
  const perUnit = sumPeriods(store.read(known, forever), { from: 0, period: 60, perUnit: true });
  assert.deepEqual(
    perUnit.map(({ unit, aggregate }) => [unit, aggregate.sum]),
    [
      [0, 3],
      [15, 4],
    ],
  );
});

test("MetricStore puts late values where those of their time are kept", () => {
  const { store } = openStore();
  const late = [1, 2 * hour, 4 * hour, 14 * day].map((age) =>
    datumOf({ value: 1, resolutionSeconds: 1, atMs: nowMs - age * 1000 }),
  );
  store.add(late, nowMs);
  const [known] = store.catalogue.from(0, 1);
  assert.ok(known);
  const kept = [...store.read(known, forever)].map(({ resolution }) => resolution);
  assert.deepEqual(kept, [1, 1, 60, 60]);
});

test("MetricStore refuses more than may wait, and takes all or nothing", () => {
  const { db } = openStore();
  const store = new MetricStore(db, 2);
  const metric = (metricName: string) => datumOf({ metricName, atMs: nowMs });
  assert.throws(() => store.add([metric("a"), metric("b"), metric("c")], nowMs), /limit 2/);
  assert.equal(store.catalogue.size, 0);
  assert.equal(store.waitingCount, 0);
  store.add([metric("a"), metric("b"), metric("a")], nowMs);
  assert.throws(() => store.add([metric("c")], nowMs), /2 metrics, limit 2/);
  const many = new Array(metricQueueCountMax).fill(metric("a"));
  assert.throws(() => store.add(many, nowMs), /2 wait to be written/);
  store.flush();
  store.add([metric("a")], nowMs);
});

test("aggregates of parts are those of the whole, flushed or not, aged or not", () => {
  const datum = fc.record({ value: fc.integer({ min: 0, max: 99 }), second: fc.nat(7_199) });
  fc.assert(
    fc.property(
      fc.array(datum, { minLength: 1, maxLength: 60 }),
      fc.infiniteStream(fc.nat(9)),
      (data, draws) => {
        const [whole, parts] = [openStore(), openStore()];
        const start = now - 30 - 2 * hour;
        const all = data.map(({ value, second }) =>
          datumOf({ value, resolutionSeconds: 1, atMs: (start + second) * 1000 }),
        );
        whole.store.add(all, nowMs);
        const laterMs = nowMs + 16 * day * 1000;
        const ageing = new Ageing(parts.db, parts.store, 1e9);
        for (const each of all) {
          parts.store.add([each], nowMs);
          const draw = draws.next().value;
          if (draw < 3) parts.store.flush();
          if (draw === 9) ageing.turn(laterMs);
        }
        assert.deepEqual(periods(parts.store, hour), periods(whole.store, hour));
        parts.store.flush();
        ageing.turn(laterMs);
        ageing.turn(laterMs);
        assert.deepEqual(periods(parts.store, hour), periods(whole.store, hour));
      },
    ),
    { numRuns: 40 },
  );
});

test("Ageing joins old values, and drops those that are too old", () => {
  const { db, store } = openStore();
  const ageing = new Ageing(db, store, 1e9);
  const base = now - 30;
  for (let i = 0; i < 7_200; i++) {
    store.add(
      [datumOf({ value: i % 10, resolutionSeconds: 1, atMs: (base + i) * 1000 })],
      base * 1000,
    );
  }
  store.flush();
  const [known] = store.catalogue.from(0, 1);
  assert.ok(known);
  const resolutionsLeft = (): number[] =>
    [...new Set([...store.read(known, forever)].map(({ resolution }) => resolution))].toSorted();
  const hourly = periods(store, hour);
  const at = (age: number): number => (base + 2 * hour + age) * 1000;
  for (const [age, left] of [
    [0, [1]],
    [4 * hour, [60]],
    [16 * day, [300]],
    [64 * day, [3_600]],
  ] as const) {
    for (let turns = 0; turns < 5; turns++) ageing.turn(at(age));
    assert.deepEqual(resolutionsLeft(), left, `after ${age} s`);
    assert.deepEqual(periods(store, hour), hourly, `after ${age} s`);
  }
  ageing.turn(at(456 * day));
  assert.equal(store.catalogue.size, 0);
  assert.deepEqual(db.prepare("SELECT count(*) AS n FROM point").get(), { __proto__: null, n: 0 });
});

test("Ageing drops the oldest first where the file is too big", () => {
  const { db, store } = openStore();
  const days = 14 * 24 * 60;
  for (let i = 0; i < days; i++) {
    store.add([datumOf({ value: i, atMs: nowMs - i * 60_000 })], nowMs);
  }
  store.flush();
  const sizeMax = 512 * 1024;
  const ageing = new Ageing(db, store, sizeMax);
  assert.ok(ageing.size() > sizeMax);
  for (let turns = 0; turns < 100; turns++) ageing.turn(nowMs);
  assert.ok(ageing.size() <= sizeMax);
  assert.ok(ageing.size() > sizeMax / 2);
  assert.ok(ageing.droppedCount > 0);
  const left = periods(store, 60) as [number, ...unknown[]][];
  assert.equal(left.at(-1)?.[0], now - 30);
  assert.equal(left.length, 1 + (now - 30 - (left[0]?.[0] ?? 0)) / 60);
});

test("openMetricsFile() keeps what is good and sets aside what is damaged", () => {
  const path = join(directory, "kept.db");
  const damage: string[] = [];
  let db = openAt(path, damage);
  const store = new MetricStore(db);
  store.add([datumOf({ value: 7, atMs: nowMs })], nowMs);
  store.flush();
  db.close();
  db = openAt(path, damage);
  assert.deepEqual(periods(new MetricStore(db), 60), [[now - 30, 7, 1, 7]]);
  db.close();
  assert.deepEqual(damage, []);
  for (const spoil of [
    () => writeFileSync(path, "this is no database, not at all ".repeat(100)),
    () => truncateSync(path, Math.floor(statSync(path).size / 2)),
    () => {
      const other = new DatabaseSync(path);
      other.exec("PRAGMA user_version = 99");
      other.close();
    },
  ]) {
    spoil();
    openAt(path, damage).close();
    assert.match(damage.at(-1) ?? "", /metrics begin anew, .* is set aside/);
  }
  assert.equal(damage.length, 3);
  assert.ok(readdirSync(directory).includes("kept.db.damaged"));
});

test("openMetricsFile() goes on in memory where there is no place for a file", () => {
  const damage: string[] = [];
  const db = openAt(join(directory, "nowhere", "metrics.db"), damage);
  new MetricStore(db).add([datumOf()], 0);
  assert.match(damage.at(-1) ?? "", /in memory only/);
});

test("openMetricsFile() leaves a file alone that it only cannot open now", () => {
  const path = join(directory, "a-directory");
  mkdirSync(path);
  const damage: string[] = [];
  openAt(path, damage).close();
  assert.match(damage.join(), /^metrics are kept in memory only/);
  assert.ok(statSync(path).isDirectory());
});

test("isDamage() tells a damaged file from a full disk", () => {
  assert.ok(isDamage({ errcode: 11 }));
  assert.ok(isDamage({ errcode: 267 }));
  assert.ok(!isDamage({ errcode: 13 }));
  assert.ok(!isDamage(new Error("other")));
});
