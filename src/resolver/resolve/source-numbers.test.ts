import assert from "node:assert/strict";
import { test } from "node:test";
import { sourceNumberCountMax } from "../../base/limits.ts";
import { SourceNumbers } from "./source-numbers.ts";

test("the same text has the same number, and no number stands for two", () => {
  const numbers = new SourceNumbers(7);
  const first = numbers.of("a");
  assert.equal(numbers.of("a"), first);
  const seen = new Set([first]);
  for (let i = 0; i < sourceNumberCountMax; i++) seen.add(numbers.of(`text ${i}`));
  assert.equal(seen.size, sourceNumberCountMax + 1);
  // Forgotten by now: another number, never an old one.
  assert.ok(!seen.has(numbers.of("a")));
});

test("numbers of the next thread are not given out", () => {
  const errors: string[] = [];
  const onUsedUp = ({ message }: Error): void => void errors.push(message);
  const numbers = new SourceNumbers(5, { count: 2, onUsedUp });
  assert.deepEqual([numbers.of("a"), numbers.of("b"), numbers.of("a")], [5, 6, 5]);
  assert.throws(() => numbers.of("c"), /used up/);
  assert.equal(errors.length, 1);
});
