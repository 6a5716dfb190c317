import assert from "node:assert/strict";
import { test } from "node:test";

import { Attempt } from "./attempt.ts";
import { Reason } from "./reason.ts";

test("Attempt.end() counts once, and closes what there is and what comes", async () => {
  const attempt = new Attempt(undefined);
  const closed: string[] = [];
  attempt.closes(() => closed.push("before"));
  attempt.connectMs = 1.5;
  attempt.end(Reason.connected, 7);
  attempt.end(Reason.internal, 8);
  attempt.closes(() => closed.push("after"));
  attempt.limit(0, Reason.internal);
  assert.deepEqual(closed, ["before", "after"]);
  const want = { reason: Reason.connected, detail: 7, connectMs: 1.5, tlsMs: 0, firstByteMs: 0 };
  assert.deepEqual(await attempt.result, want);
});

test("Attempt.end() keeps the detail within 16 bits", async () => {
  for (const [detail, want] of [
    [-1, 0],
    [70_000, 65_535],
    [1.9, 1],
  ] as const) {
    const attempt = new Attempt(undefined);
    attempt.end(Reason.connected, detail);
    assert.equal((await attempt.result).detail, want);
  }
});

test("Attempt.limit() replaces the limit before, and keeps to the deadline", async () => {
  const attempt = new Attempt(undefined);
  attempt.limit(1, Reason.connectTimeout);
  attempt.limit(5, Reason.responseTimeout, 3);
  assert.equal((await attempt.result).reason, Reason.responseTimeout);
  const short = new Attempt(undefined);
  short.deadline(5);
  short.limit(60_000, Reason.bodyTimeout);
  assert.equal((await short.result).reason, Reason.bodyTimeout);
});

test("Attempt.limit() lets an answer count that was there before a thread that was late", async () => {
  const attempt = new Attempt(undefined);
  attempt.limit(1, Reason.responseTimeout);
  // Its event comes in the turn in which the overdue timer runs, after it.
  setTimeout(() => attempt.end(Reason.httpStatus, 200), 2);
  const until = performance.now() + 10;
  while (performance.now() < until);
  assert.equal((await attempt.result).reason, Reason.httpStatus);
});

test("Attempt.step() makes a bug the end of this attempt alone", async () => {
  const attempt = new Attempt(undefined);
  attempt.step(() => {
    throw new TypeError("a bug");
  });
  assert.equal((await attempt.result).reason, Reason.internal);
  attempt.step(() => assert.fail("an ended attempt takes no step"));
});

test("Attempt ends without a word when it is aborted", async () => {
  const stopper = new AbortController();
  const attempt = new Attempt(stopper.signal);
  stopper.abort();
  assert.equal((await attempt.result).reason, Reason.none);
  assert.equal((await new Attempt(stopper.signal).result).reason, Reason.none);
});
