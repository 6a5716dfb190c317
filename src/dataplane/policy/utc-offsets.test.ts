import assert from "node:assert/strict";
import { test } from "node:test";
import { offsetsFromUtc } from "./utc-offsets.ts";

const minute = (text: string): number => Date.parse(text) / 60_000;

/** The offset that a table tells for a time. */
function offsetAt(zone: string, text: string): number {
  const offsets = offsetsFromUtc(zone);
  let offset = offsets[1] ?? NaN;
  for (let i = 0; i < offsets.length; i += 2) {
    if ((offsets[i] ?? Infinity) <= minute(text)) offset = offsets[i + 1] ?? NaN;
  }
  return offset;
}

test("offsetsFromUtc() knows when clocks are changed, to the minute", () => {
  const cases: readonly [zone: string, at: string, hours: number][] = [
    ["UTC", "2026-07-01T00:00Z", 0],
    ["America/New_York", "2026-03-08T06:59Z", -5],
    ["America/New_York", "2026-03-08T07:00Z", -4],
    ["America/New_York", "2026-11-01T05:59Z", -4],
    ["America/New_York", "2026-11-01T06:00Z", -5],
    ["Europe/Berlin", "2027-03-28T00:59Z", 1],
    ["Europe/Berlin", "2027-03-28T01:00Z", 2],
    ["Asia/Kolkata", "2030-01-01T00:00Z", 5.5],
    ["Australia/Lord_Howe", "2026-07-01T00:00Z", 10.5],
    ["Australia/Lord_Howe", "2026-12-01T00:00Z", 11],
    ["America/New_York", "2059-07-01T00:00Z", -4],
  ];
  for (const [zone, at, hours] of cases)
    assert.equal(offsetAt(zone, at), hours * 60, `${zone} ${at}`);
});

test("offsetsFromUtc() refuses zones that are none", () => {
  assert.throws(() => offsetsFromUtc("Mars/Olympus"), RangeError);
});
