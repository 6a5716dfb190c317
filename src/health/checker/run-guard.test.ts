import assert from "node:assert/strict";
import test from "node:test";
import { RunGuard } from "./run-guard.ts";

test("RunGuard lets the newest run speak, and the one before it only when that is silent", () => {
  let nowMs = 0;
  const guard = new RunGuard(() => nowMs);
  assert.ok(guard.admits("tokyo", 1));
  assert.ok(guard.admits("tokyo", 2), "a checker that has started again");
  assert.ok(!guard.admits("tokyo", 1), "two of one name");
  assert.ok(guard.admits("paris", 1), "another location");
  nowMs = 3_000;
  assert.ok(!guard.admits("tokyo", 1));
  nowMs = 3_001;
  assert.ok(guard.admits("tokyo", 1), "the newer one is gone");
  assert.ok(guard.admits("tokyo", 2), "and is back: it is the newest now");
});

test("RunGuard keeps a bounded number of names", () => {
  const guard = new RunGuard(() => 0);
  for (let i = 0; i < 300; i++) assert.ok(guard.admits(`location-${i}`, 1));
  assert.ok(guard.admits("location-0", 2));
  assert.ok(guard.admits("location-0", 3));
  assert.ok(!guard.admits("location-0", 2));
});
