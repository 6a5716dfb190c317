import assert from "node:assert/strict";
import { test } from "node:test";

import { Slots } from "./slots.ts";

test("Slots.run() lets so many run, in order, and refuses what is too much", async () => {
  const slots = new Slots({ count: 2, waiting: 2 });
  const gates: (() => void)[] = [];
  const started: number[] = [];
  const task = (n: number) => () => {
    started.push(n);
    return new Promise<number>((resolve) => gates.push(() => resolve(n)));
  };
  const all = [1, 2, 3, 4, 5].map((n) => slots.run(task(n), 0));
  assert.equal(await all[4], 0);
  assert.deepEqual(started, [1, 2]);
  gates[1]?.();
  assert.equal(await all[1], 2);
  await new Promise(setImmediate);
  assert.deepEqual(started, [1, 2, 3]);
  gates[0]?.();
  gates[2]?.();
  await new Promise(setImmediate);
  gates[3]?.();
  assert.deepEqual(await Promise.all(all), [1, 2, 3, 4, 0]);
});

test("Slots.run() frees the slot of a task that fails", async () => {
  const slots = new Slots({ count: 1, waiting: 1 });
  await assert.rejects(slots.run(() => Promise.reject(new Error("no")), 0));
  assert.equal(await slots.run(async () => 1, 0), 1);
});
