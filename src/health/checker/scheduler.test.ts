import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import type { ProbeResult } from "../probes/probe-result.ts";
import { Reason } from "../probes/reason.ts";
import type { CheckSpec } from "./check-spec.ts";
import { DueQueue } from "./due-queue.ts";
import { Scheduler } from "./scheduler.ts";
import { checkSpec, FakeProbes, settle } from "./testing/fake-probes.ts";

/** A scheduler whose clock moves when it is told to, a millisecond at a time. */
class Run {
  readonly probes = new FakeProbes();
  readonly results: { slot: number; atMs: number; result: ProbeResult }[] = [];
  readonly thrown: unknown[] = [];
  readonly scheduler: Scheduler;
  nowMs = 0;

  constructor(options: { underWayMax?: number; location?: string } = {}) {
    this.probes.nowMs = () => this.nowMs;
    this.scheduler = new Scheduler({
      location: "test",
      ...options,
      nowMs: () => this.nowMs,
      probe: (check) => this.probes.probe(check),
      onResult: ({ slot }, result) => this.results.push({ slot, atMs: this.nowMs, result }),
      onThrow: (_check, error) => this.thrown.push(error),
    });
  }

  /** Lets time pass in steps, with a turn after each. */
  async pass(ms: number, stepMs = 1): Promise<void> {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs;) {
      this.nowMs += stepMs;
      this.scheduler.turn();
      this.probes.tick();
      await settle();
    }
  }

  startsOf(slot: number): number[] {
    return this.probes.starts.filter((start) => start.slot === slot).map(({ atMs }) => atMs);
  }
}

function specs(count: number, members: Partial<CheckSpec> = {}): CheckSpec[] {
  return Array.from({ length: count }, (_, i) => checkSpec({ slot: i + 1, ...members }));
}

/** Starts in each hundredth of a time. */
function histogram(starts: readonly { atMs: number }[], fromMs: number, sizeMs: number): number[] {
  const counts = Array.from({ length: 100 }, () => 0);
  for (const { atMs } of starts) {
    const index = Math.floor(((atMs - fromMs) / sizeMs) * 100);
    if (index >= 0 && index < 100) counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts;
}

test("DueQueue gives out what is due, the earliest first", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50)), fc.nat(50), (dues, nowMs) => {
      const queue = new DueQueue<{ dueMs: number }>();
      for (const dueMs of dues) queue.push({ dueMs });
      const out: number[] = [];
      for (let item = queue.popDue(nowMs); item; item = queue.popDue(nowMs)) out.push(item.dueMs);
      const wanted = dues.filter((dueMs) => dueMs <= nowMs).sort((a, b) => a - b);
      assert.deepEqual(out, wanted);
      assert.equal(queue.size, dues.length - wanted.length);
    }),
  );
});

test("Scheduler counts an interval from the end of one probe to the start of the next", async () => {
  const run = new Run();
  run.probes.durationMs = () => 700;
  run.scheduler.setChecks(specs(1, { intervalMs: 1_000 }));
  await run.pass(6_000);
  const [first = NaN, ...later] = run.startsOf(1);
  assert.ok(first <= 1_000);
  assert.deepEqual(later.slice(0, 2), [first + 1_700, first + 3_400]);
});

test("Scheduler spreads checks over their interval, and differently at other locations", async () => {
  const first = new Run();
  const second = new Run({ location: "elsewhere" });
  for (const run of [first, second]) {
    run.scheduler.setChecks(specs(10_000, { intervalMs: 10_000 }));
    await run.pass(10_000, 10);
    const counts = histogram(run.probes.starts, 0, 10_001);
    assert.ok(Math.max(...counts) < 150, `${Math.max(...counts)} of 10,000 in a hundredth`);
    assert.equal(run.probes.starts.length, 10_000);
  }
  const same = first.probes.starts.filter(
    ({ slot, atMs }, i) => second.probes.starts[i]?.slot === slot && atMs > 0,
  );
  assert.ok(same.length < 100, `${same.length} checks have the same turn at both`);
});

test("Scheduler.setChecks() leaves the turns of unchanged checks alone", async () => {
  const run = new Run();
  const checks = specs(50, { intervalMs: 5_000 });
  run.scheduler.setChecks(checks);
  await run.pass(7_000, 10);
  const undisturbed = new Run();
  undisturbed.scheduler.setChecks(checks);
  await undisturbed.pass(7_000, 10);
  const { begun } = run.scheduler.setChecks([
    ...checks.slice(0, 49).map((check) => ({ ...check })),
    checkSpec({ slot: 51, intervalMs: 5_000 }),
  ]);
  assert.deepEqual(
    begun.map(({ slot }) => slot),
    [51],
  );
  await run.pass(7_000, 10);
  await undisturbed.pass(7_000, 10);
  for (let slot = 1; slot < 50; slot++) {
    assert.deepEqual(run.startsOf(slot), undisturbed.startsOf(slot));
  }
  assert.ok(run.startsOf(50).every((atMs) => atMs <= 7_000));
  assert.ok(run.startsOf(51).length > 0);
});

test("Scheduler spreads checks that all change at once", async () => {
  const run = new Run();
  run.scheduler.setChecks(specs(1_000, { intervalMs: 10_000 }));
  await run.pass(3_000, 10);
  const { begun } = run.scheduler.setChecks(specs(1_000, { intervalMs: 10_000, version: 2 }));
  assert.equal(begun.length, 1_000);
  run.probes.starts.length = 0;
  await run.pass(10_000, 10);
  assert.ok(Math.max(...histogram(run.probes.starts, 3_000, 10_001)) < 30);
});

test("Scheduler drops what a probe finds of a check that has changed meanwhile", async () => {
  const run = new Run();
  run.probes.durationMs = () => 2_000;
  const [check] = specs(1, { intervalMs: 1_000 });
  assert.ok(check);
  run.scheduler.setChecks([check]);
  await run.pass(1_000);
  assert.equal(run.scheduler.underWay, 1);
  run.scheduler.setChecks([{ ...check, version: 2 }]);
  await run.pass(1_500);
  assert.ok(run.probes.starts.length === 1, "the next waits for the end of the first");
  await run.pass(500 + 2_000);
  assert.equal(run.probes.underWayMost, 1);
  assert.equal(run.results.length, 1);
});

test("Scheduler drops what a probe finds of a check that is gone", async () => {
  const run = new Run();
  run.probes.durationMs = () => 500;
  run.scheduler.setChecks(specs(1, { intervalMs: 1_000 }));
  await run.pass(1_000);
  const { emptied } = run.scheduler.setChecks([]);
  assert.deepEqual(emptied, [1]);
  const before = run.results.length;
  await run.pass(5_000);
  assert.equal(run.results.length, before);
  assert.equal(run.scheduler.underWay, 0);
});

test("Scheduler has no more probes under way than it may, and serves the earliest first", async () => {
  const run = new Run({ underWayMax: 4 });
  run.probes.durationMs = ({ slot }) => (slot === 1 ? 60_000 : 100);
  run.scheduler.setChecks(specs(20, { intervalMs: 1_000 }));
  await run.pass(10_000);
  assert.equal(run.probes.underWayMost, 4);
  assert.equal(run.startsOf(1).length, 1);
  // Three slots of 100 ms each carry the other nineteen: a slow one holds one slot only.
  for (let slot = 2; slot <= 20; slot++) {
    assert.ok(run.startsOf(slot).length >= 7, `slot ${slot}: ${run.startsOf(slot).length} probes`);
  }
});

test("Scheduler is late when overloaded, says so, and piles nothing up", async () => {
  const run = new Run({ underWayMax: 1 });
  run.probes.durationMs = () => 500;
  run.scheduler.setChecks(specs(10, { intervalMs: 1_000 }));
  await run.pass(30_000, 10);
  // One slot does two a second, and ten a second are wanted: each has its turn, in order.
  const counts = Array.from({ length: 10 }, (_, i) => run.startsOf(i + 1).length);
  assert.ok(Math.min(...counts) >= 5 && Math.max(...counts) <= 7, counts.join(" "));
  const { lagMs, finished } = run.scheduler.takeCounts();
  assert.ok(lagMs > 2_000, `${lagMs} ms late`);
  assert.ok(finished >= 58 && finished <= 60);
  run.probes.durationMs = () => 1;
  await run.pass(20_000, 10);
  run.scheduler.takeCounts();
  await run.pass(10_000, 10);
  assert.ok(run.scheduler.takeCounts().lagMs <= 200, "as soon as it can, it is in time again");
});

test("Scheduler tells of lateness while nothing can begin at all", async () => {
  const run = new Run({ underWayMax: 1 });
  run.probes.durationMs = () => 1e9;
  run.scheduler.setChecks(specs(2, { intervalMs: 1_000 }));
  await run.pass(5_000, 10);
  run.scheduler.takeCounts();
  await run.pass(1_000, 10);
  assert.ok(run.scheduler.takeCounts().lagMs > 4_000);
});

test("Scheduler lets what a held-up thread delayed together drift apart again", async () => {
  const run = new Run();
  run.scheduler.setChecks(specs(1_000, { intervalMs: 10_000 }));
  await run.pass(10_000, 10);
  run.nowMs += 3_000; // the thread was held up: three seconds' checks are due at once
  run.probes.starts.length = 0;
  run.scheduler.turn();
  assert.equal(run.probes.starts.length, 64, "a turn begins no more");
  await run.pass(10_000, 10);
  run.probes.starts.length = 0;
  await run.pass(10_000, 10);
  const most = Math.max(...histogram(run.probes.starts, run.nowMs - 10_000, 10_001));
  assert.ok(most < 35, `${most} of 1,000 in a hundredth`);
});

test("Scheduler makes a result of what a probe throws", async () => {
  const run = new Run();
  run.probes.probe = () => {
    throw new Error("defect");
  };
  run.scheduler.setChecks(specs(2, { intervalMs: 1_000 }));
  await run.pass(5_000);
  assert.ok(run.results.length >= 8);
  assert.ok(run.results.every(({ result }) => result.reason === Reason.internal));
  assert.equal(run.thrown.length, run.results.length);
});

test("Scheduler.turn() says when the next probe is due", () => {
  const run = new Run();
  assert.equal(run.scheduler.turn(), Infinity);
  run.scheduler.setChecks(specs(3, { intervalMs: 10_000 }));
  const waitMs = run.scheduler.turn();
  assert.ok(waitMs > 0 && waitMs <= 10_000);
  run.nowMs = waitMs;
  run.scheduler.turn();
  assert.equal(run.probes.starts.length, 1);
});
