import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { distributionBinCountMax } from "../base/limits.ts";
import { Distribution } from "./distribution.ts";

const value = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -1_000, max: 1_000 }),
);

test("Distribution is exact while there are few values", () => {
  const distribution = Distribution.of([3, 1, 3, -0, 0], [1, 2, 1, 1, 1]);
  assert.deepEqual(distribution.bins(), [
    { value: 0, count: 2 },
    { value: 1, count: 2 },
    { value: 3, count: 2 },
  ]);
  assert.ok(distribution.isExact);
});

test("Distribution stays within its bins, and near the values", () => {
  const values = Array.from({ length: 10_000 }, (_, i) => 1 + i);
  const distribution = Distribution.of(values);
  const bins = distribution.bins();
  assert.ok(bins.length <= distributionBinCountMax, String(bins.length));
  let seen = 0;
  for (const bin of bins) {
    seen += bin.count;
    const highest = values[seen - 1] ?? NaN;
    const error = Math.abs(bin.value - highest) / highest;
    assert.ok(error < 0.05, `${bin.value} for ${highest}`);
  }
  assert.equal(seen, 10_000);
});

test("Distribution.merge() of parts is the distribution of the whole, whatever the order", () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 900 }), fc.nat(900), fc.nat(900), (values, a, b) => {
      const [first, second] = [Math.min(a, b), Math.max(a, b)];
      const parts = [values.slice(first, second), values.slice(0, first), values.slice(second)];
      const merged = new Distribution();
      for (const part of parts) merged.merge(Distribution.of(part));
      assert.deepEqual(merged.bins(), Distribution.of(values).bins());
    }),
    { numRuns: 60 },
  );
});

test("Distribution.decode() reads what encode() wrote and refuses the rest", () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 400 }), (values) => {
      const distribution = Distribution.of(values);
      assert.deepEqual(Distribution.decode(distribution.encode()).bins(), distribution.bins());
    }),
    { numRuns: 30 },
  );
  for (const bytes of [[], [0, 1], [200], [0, ...new Array<number>(15).fill(0)]]) {
    assert.throws(() => Distribution.decode(Uint8Array.from(bytes)), RangeError);
  }
});
