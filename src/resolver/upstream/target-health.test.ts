import assert from "node:assert/strict";
import { test } from "node:test";

import { upstreamTargetCountMax } from "../../base/limits.ts";
import { TargetTable, targetKey } from "./target-health.ts";
import type { UpstreamTarget } from "./upstream.ts";

const at = (port: number): UpstreamTarget => ({ address: "192.0.2.1", port, protocol: "Do53" });
const [a, b, c] = [at(1), at(2), at(3)];

function portsIn(table: TargetTable, nowMs: number): number[] {
  return table.order([a, b, c], nowMs).ranked.map(({ target }) => target.port);
}

function healths(table: TargetTable, nowMs = 0) {
  const { ranked } = table.order([a, b, c], nowMs);
  const of = (port: number) => {
    const found = ranked.find(({ target }) => target.port === port);
    assert.ok(found);
    return found.health;
  };
  return [of(1), of(2), of(3)] as const;
}

test("TargetTable orders as given, then by time", () => {
  const table = new TargetTable();
  assert.deepEqual(portsIn(table, 0), [1, 2, 3]);
  const [first, second, third] = healths(table);
  first.answered(50, 0);
  assert.deepEqual(portsIn(table, 0), [1, 2, 3]);
  third.answered(10, 0);
  assert.deepEqual(portsIn(table, 0), [3, 1, 2]);
  second.answered(1, 0);
  assert.deepEqual(portsIn(table, 0), [2, 3, 1]);
});

test("TargetTable puts the silent last until they answer", () => {
  const table = new TargetTable();
  const [first] = healths(table);
  first.answered(1, 0);
  first.letWait(0);
  assert.deepEqual(portsIn(table, 0), [2, 3, 1]);
  first.answered(1, 100);
  assert.deepEqual(portsIn(table, 100), [1, 2, 3]);
  first.failed(200);
  assert.deepEqual(portsIn(table, 200), [2, 3, 1]);
});

test("TargetTable asks a silent one beside another, ever more rarely", () => {
  const table = new TargetTable();
  const [first, second, third] = healths(table);
  const asked: number[] = [];
  first.failed(0);
  for (let nowMs = 0; nowMs <= 100_000; nowMs += 100) {
    second.answered(1, nowMs);
    third.answered(2, nowMs);
    const { beside } = table.order([a, b, c], nowMs);
    if (!beside) continue;
    assert.equal(beside.health, first);
    asked.push(nowMs);
    first.failed(nowMs);
  }
  assert.deepEqual(asked, [1_000, 3_000, 7_000, 15_000, 31_000, 61_000, 91_000]);
  first.answered(1, 100_000);
  assert.equal(first.isSilent, false);
});

test("TargetTable asks one that is never first beside another now and then", () => {
  const table = new TargetTable();
  const [first] = healths(table);
  first.answered(1, 0);
  const besideAt = (nowMs: number) => table.order([a, b], nowMs).beside?.target.port;
  assert.deepEqual([9_999, 10_000, 10_001, 20_000].map(besideAt), [undefined, 2, undefined, 2]);
});

test("TargetHealth.hedgeDelayMs() is within its bounds", () => {
  const table = new TargetTable();
  const [first, second] = healths(table);
  assert.equal(first.hedgeDelayMs(), 300);
  for (let i = 0; i < 100; i++) first.answered(1, 0);
  assert.equal(first.hedgeDelayMs(), 100);
  for (let i = 0; i < 100; i++) second.answered(200, 0);
  assert.ok(second.hedgeDelayMs() >= 200 && second.hedgeDelayMs() < 210);
  second.answered(5_000, 0);
  assert.equal(second.hedgeDelayMs(), 300);
});

test("TargetHealth.answered() goes by new answers where the last is old", () => {
  const [first] = healths(new TargetTable());
  first.answered(1_000, 0);
  first.answered(200, 1_000);
  assert.equal(first.smoothedMs, 900);
  first.answered(1, 6_000);
  assert.equal(first.smoothedMs, 1);
});

test("TargetHealth forgets a quirk after an hour", () => {
  const [first] = healths(new TargetTable());
  first.found("case", 0);
  assert.equal(first.has("case", 3_599_999), true);
  assert.equal(first.has("edns", 0), false);
  assert.equal(first.has("case", 3_600_000), false);
});

test("TargetTable remembers as many as it may, those asked of late", () => {
  const table = new TargetTable();
  for (let i = 0; i < upstreamTargetCountMax + 5; i++) {
    table.order([{ ...a, address: `2001:db8::${i.toString(16)}` }], 0);
  }
  assert.equal(table.size, upstreamTargetCountMax);
});

test("targetKey() tells targets apart by all they are", () => {
  const dot = { ...a, protocol: "DoT" } as const;
  const all: UpstreamTarget[] = [a, b, dot, { ...dot, serverName: "x" }, { ...dot, path: "/x" }];
  assert.equal(new Set(all.map(targetKey)).size, all.length);
});
