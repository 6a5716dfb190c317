import assert from "node:assert/strict";
import { test } from "node:test";
import {
  webhookAttemptCountMax,
  webhookBatchCountMax,
  webhookDelayMaxMs,
  webhookDelayMinMs,
  webhookQueueCountMax,
} from "../../base/limits.ts";
import { seededRandom } from "../../base/random.ts";
import type { HealthEvent } from "../../control/model/health-event.ts";
import type { Webhook } from "../../control/model/notification.ts";
import { isWanted } from "../../control/model/notification.ts";
import { DeliveryQueue, retryDelayMs } from "./delivery-queue.ts";
import type { WebhookAnswer, WebhookRequest } from "./webhook-client.ts";

const webhook: Webhook = {
  name: "pager",
  url: "https://hooks.example.net/x",
  secret: "0123456789abcdef",
  createdAt: "2026-01-01T00:00:00.000Z",
};

function eventOf(id: string): HealthEvent {
  return { id, at: "2026-01-01T00:00:00.000Z", type: "test", message: id };
}

/** A queue whose requests and timers are in the test's hands. */
function open() {
  const requests: { sent: WebhookRequest; answer: (answer: WebhookAnswer) => void }[] = [];
  const timers: { delayMs: number; fire: () => void }[] = [];
  let ids = 0;
  const queue = new DeliveryQueue(webhook, {
    post: (sent) => new Promise((answer) => requests.push({ sent, answer })),
    nowMs: () => 1_767_225_600_000,
    random: seededRandom(1),
    newId: () => `delivery-${++ids}`,
    after(delayMs, fire) {
      timers.push({ delayMs, fire });
      return () => {};
    },
  });
  const answer = async (value: WebhookAnswer): Promise<void> => {
    requests.shift()?.answer(value);
    await settled();
  };
  const eventIds = (): string[] => {
    const body = JSON.parse(requests[0]?.sent.body ?? "{}") as { events: HealthEvent[] };
    return body.events.map(({ id }) => id);
  };
  return { queue, requests, timers, answer, eventIds };
}

async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

test("DeliveryQueue sends in order, one request at a time, what has come in meanwhile", async () => {
  const { queue, requests, answer, eventIds } = open();
  for (const id of ["a", "b", "c"]) queue.add(eventOf(id));
  assert.equal(requests.length, 1);
  assert.deepEqual(eventIds(), ["a"]);
  await answer({ status: 204 });
  assert.deepEqual(eventIds(), ["b", "c"]);
  await answer({ status: 200 });
  assert.equal(requests.length, 0);
  assert.deepEqual(queue.counts, { waiting: 0, delivered: 3, failed: 0, dropped: 0 });
  assert.deepEqual(
    queue.deliveries.map(({ outcome, eventCount }) => [outcome, eventCount]),
    [
      ["delivered", 1],
      ["delivered", 2],
    ],
  );
});

test("DeliveryQueue tries the same events again, later each time, and then gives up", async () => {
  const { queue, requests, timers, answer, eventIds } = open();
  queue.add(eventOf("a"));
  queue.add(eventOf("b"));
  const deliveries = new Set<string>();
  for (let attempt = 1; attempt <= webhookAttemptCountMax; attempt++) {
    assert.deepEqual(eventIds(), ["a"]);
    deliveries.add(requests[0]?.sent.headers["signpost-delivery"] ?? "");
    await answer(attempt % 2 === 0 ? { status: 302 } : { error: "connection refused" });
    const timer = timers.shift();
    const full = Math.min(webhookDelayMaxMs, webhookDelayMinMs * 2 ** (attempt - 1));
    if (attempt < webhookAttemptCountMax) {
      const delayMs = timer?.delayMs ?? 0;
      assert.ok(delayMs >= full / 2 && delayMs <= full, `${attempt}: ${delayMs}`);
    }
    timer?.fire();
    await settled();
  }
  assert.equal(deliveries.size, 1);
  assert.equal(queue.deliveries.at(-1)?.outcome, "given up");
  assert.deepEqual(eventIds(), ["b"]);
  assert.deepEqual(queue.counts, { waiting: 0, delivered: 0, failed: 8, dropped: 1 });
});

test("DeliveryQueue keeps the newest events where they are too many", async () => {
  const { queue, answer, eventIds } = open();
  for (let i = 0; i < webhookQueueCountMax + 11; i++) queue.add(eventOf(`e${i}`));
  assert.deepEqual([queue.counts.waiting, queue.counts.dropped], [webhookQueueCountMax, 10]);
  await answer({ status: 200 });
  assert.equal(eventIds().length, webhookBatchCountMax);
  assert.equal(eventIds()[0], "e11");
});

test("DeliveryQueue sends nothing more when it is closed", async () => {
  const { queue, requests, timers, answer } = open();
  queue.add(eventOf("a"));
  await answer({ status: 500 });
  queue.close();
  timers.shift()?.fire();
  await settled();
  assert.equal(requests.length, 0);
});

test("retryDelayMs() never passes its limit", () => {
  const random = seededRandom(7);
  for (let attempt = 1; attempt < 60; attempt++) {
    assert.ok(retryDelayMs(attempt, random) <= webhookDelayMaxMs);
  }
});

test("isWanted() lets pass what the filters say", () => {
  const status = { type: "health-check.status", healthCheckId: "one" } as HealthEvent;
  const verdict = { type: "health-check.verdict", healthCheckId: "one" } as HealthEvent;
  const silent = { type: "location.silent" } as HealthEvent;
  const alarm = { type: "alarm.state" } as HealthEvent;
  const cases: [filters: Pick<Webhook, "events" | "checks">, wanted: HealthEvent[]][] = [
    [{}, [status, silent]],
    [{ events: ["health-check.verdict"] }, [verdict]],
    [{ events: ["alarm.state"] }, [alarm]],
    [{ checks: ["one"] }, [status, silent]],
    [{ checks: ["two"] }, [silent]],
    [{ checks: ["one"], events: ["health-check.status"] }, [status]],
  ];
  for (const [filters, wanted] of cases) {
    const passed = [status, verdict, silent, alarm].filter((event) => isWanted(filters, event));
    assert.deepEqual(passed, wanted, JSON.stringify(filters));
  }
});
