import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { appendAttemptCountMax, changeAgeMaxMs } from "../../base/limits.ts";
import { StoreError, StoreFullError } from "../../control/log/change-log.ts";
import { ServiceError } from "../protocol/service-error.ts";
import { addZone, openRoute53 } from "../../../test/support/route53-context.ts";
import { commit } from "./commit.ts";
import { SubjectLock } from "../commit/subject-lock.ts";

const route53 = await openRoute53();

/** The context with a log that others are always faster on, or that is broken. */
function withAppend(append: typeof route53.log.append) {
  return { ...route53, log: { ...route53.log, append } };
}

const setting = { put: "setting" as const, key: ["x"], value: 1 };
const proposal = { action: "test", plan: () => ({ mutations: [setting], result: "done" }) };

test("commit() plans again after a conflict, and gives up in AWS's words", async () => {
  let appends = 0;
  const context = withAppend(async () => {
    appends++;
    return "conflict";
  });
  await assert.rejects(commit(context, proposal), {
    code: "PriorRequestNotComplete",
    message: "The request was rejected because Route 53 was still processing a prior request.",
  });
  assert.equal(appends, appendAttemptCountMax);
  let refuseFirst = true;
  const once = withAppend(async (...args) => {
    if (!refuseFirst) return route53.log.append(...args);
    refuseFirst = false;
    return "conflict";
  });
  assert.equal((await commit(once, proposal)).result, "done");
});

test("commit() tells of a full or failing store", async () => {
  for (const error of [new StoreFullError("disk full"), new StoreError("disk failed")]) {
    const context = withAppend(async () => {
      throw error;
    });
    await assert.rejects(commit(context, proposal), {
      code: "ServiceUnavailable",
      message: error.message,
    });
  }
});

test("commit() writes nothing where there is nothing to write", async () => {
  const before = route53.state.lastSeq();
  const nothing = { ...proposal, plan: () => ({ mutations: [], result: 7 }) };
  assert.equal((await commit(route53, nothing)).result, 7);
  assert.equal(route53.state.lastSeq(), before);
});

test("commit() refuses what was planned on one state only", async () => {
  let calls = 0;
  const planned = commit(route53, {
    action: "test",
    async plan() {
      calls++;
      if (calls > 1) throw new ServiceError("InvalidInput", "second");
      // Another writer, as an import would be, between two slices of the plan.
      const head = route53.state.head("account");
      await route53.log.append("account", head, { action: "other", mutations: [setting] });
      throw new ServiceError("InvalidInput", "first");
    },
  });
  await assert.rejects(planned, { message: "second" });
});

test("changes past their age are forgotten", async () => {
  const CallerReference = "old";
  const { ChangeInfo } = await route53.call("CreateHostedZone", {
    Name: "old.test",
    CallerReference,
  });
  await route53.call("GetChange", { Id: ChangeInfo?.Id ?? "" });
  // The store stamps entries with its own time.
  route53.clock.advanceMs(Date.now() - route53.clock.nowMs() + changeAgeMaxMs + 60_000);
  await addZone(route53, "new.test");
  const error = await route53.refusal("GetChange", { Id: ChangeInfo?.Id ?? "" });
  assert.equal(error.code, "NoSuchChange");
});

test("SubjectLock runs what shares a subject one after the other, the rest at once", async () => {
  const lock = new SubjectLock();
  const order: string[] = [];
  const job = (name: string, ms: number) => async () => {
    order.push(`${name}+`);
    await sleep(ms);
    order.push(`${name}-`);
    if (name === "b") throw new Error("b fails");
  };
  const results = await Promise.allSettled([
    lock.run(["1"], job("a", 20)),
    lock.run(["1", "2"], job("b", 5)),
    lock.run(["2"], job("c", 1)),
    lock.run(["3"], job("d", 1)),
  ]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ["fulfilled", "rejected", "fulfilled", "fulfilled"],
  );
  assert.deepEqual(
    order.filter((step) => !step.startsWith("d")),
    ["a+", "a-", "b+", "b-", "c+", "c-"],
  );
  assert.ok(order.indexOf("d-") < order.indexOf("a-"));
});
