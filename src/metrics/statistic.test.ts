import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { aggregateOf, copyAggregate, mergeInto } from "./aggregate.ts";
import type { Aggregate } from "./aggregate.ts";
import { readerOf } from "./statistic.ts";
import { datumOf } from "./testing/datum.ts";

const hundred = Array.from({ length: 100 }, (_, i) => i + 1);

function statistic(name: string, aggregate: Aggregate): number | undefined {
  const reader = readerOf(name);
  assert.ok(reader, name);
  return reader(aggregate);
}

test("readerOf() computes each statistic", () => {
  const aggregate = aggregateOf(datumOf({ values: hundred }));
  const cases: [string, number][] = [
    ["SampleCount", 100],
    ["Average", 50.5],
    ["Sum", 5_050],
    ["Minimum", 1],
    ["Maximum", 100],
    ["p0", 1],
    ["p50", 50],
    ["p99", 99],
    ["p99.9", 100],
    ["p100", 100],
    ["tm90", 45.5],
    ["TM(10%:90%)", 50.5],
    ["TM(:90%)", 45.5],
    ["TM(10:20)", 15.5],
    ["tc90", 90],
    ["TC(80:)", 20],
    ["ts90", 4_095],
    ["TS(98:)", 199],
    ["wm98", 50.47],
    ["IQM", 50.5],
    ["PR(:30)", 30],
    ["PR(10:30)", 20],
  ];
  for (const [name, expected] of cases) {
    const value = statistic(name, aggregate) ?? NaN;
    assert.ok(Math.abs(value - expected) < 1e-9, `${name}: ${value}, expected ${expected}`);
  }
});

test("readerOf() knows no other statistics", () => {
  for (const name of ["", "average", "p", "pp9", "tm", "TM(:)", "TM(1)", "xx90", "toString"]) {
    assert.equal(readerOf(name), undefined, name);
  }
});

test("a statistic set has percentiles only where all its values are the same", () => {
  const set = { sampleCount: 3, sum: 6, minimum: 1, maximum: 3 };
  assert.equal(statistic("p50", aggregateOf(datumOf({ statistics: set }))), undefined);
  const same = { sampleCount: 3, sum: 6, minimum: 2, maximum: 2 };
  assert.equal(statistic("p50", aggregateOf(datumOf({ statistics: same }))), 2);
  const both = aggregateOf(datumOf({ values: [1, 5] }));
  mergeInto(both, aggregateOf(datumOf({ statistics: set })));
  assert.equal(statistic("p50", both), undefined);
  assert.equal(statistic("Average", both), 12 / 5);
});

test("mergeInto(): the aggregate of parts is the aggregate of the whole", () => {
  const value = fc.integer({ min: -500, max: 500 });
  fc.assert(
    fc.property(
      fc.array(fc.array(value, { minLength: 1, maxLength: 150 }), { minLength: 1 }),
      (parts) => {
        const whole = aggregateOf(datumOf({ values: parts.flat() }));
        const [first, ...rest] = parts.map((values) => aggregateOf(datumOf({ values })));
        assert.ok(first);
        const merged = copyAggregate(first);
        for (const part of rest) mergeInto(merged, part);
        for (const name of ["SampleCount", "Sum", "Minimum", "Maximum", "p10", "p50", "p99"]) {
          assert.equal(statistic(name, merged), statistic(name, whole), name);
        }
      },
    ),
  );
});
