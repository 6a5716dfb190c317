import {
  webhookAttemptCountMax,
  webhookBatchCountMax,
  webhookDelayMaxMs,
  webhookDelayMinMs,
  webhookDeliveryCountMax,
  webhookQueueCountMax,
} from "../../base/limits.ts";
import type { Random } from "../../base/random.ts";
import type { HealthEvent } from "../../control/model/health-event.ts";
import type { Webhook } from "../../control/model/notification.ts";
import { signBody } from "./signature.ts";
import type { PostWebhook, WebhookAnswer } from "./webhook-client.ts";

/** One try to hand a webhook some events. */
export type Delivery = {
  /** The same for all tries of the same events. */
  id: string;
  /** ISO 8601. */
  at: string;
  /** 1 is the first try. */
  attempt: number;
  eventCount: number;
  firstEventId: string;
  outcome: "delivered" | "failed" | "given up";
  status?: number;
  error?: string;
  durationMs: number;
};

/** Where time, randomness and HTTP come from. */
export type DeliveryMeans = {
  post: PostWebhook;
  nowMs(): number;
  random: Random;
  newId(): string;
  /** Runs `f` after a time; gives what takes that back. */
  after(delayMs: number, f: () => void): () => void;
};

export type QueueCounts = { waiting: number; delivered: number; failed: number; dropped: number };

/**
 * Events on their way to one webhook: in order, one request at a time, with all that has come in
 * meanwhile, again after a growing delay where it fails, and dropped where there are too many or
 * it has failed too often.
 */
export class DeliveryQueue {
  webhook: Webhook;
  readonly #means: DeliveryMeans;
  readonly #waiting: HealthEvent[] = [];
  readonly #log: Delivery[] = [];
  readonly #counts = { delivered: 0, failed: 0, dropped: 0 };
  #isBusy = false;
  #cancelRetry: () => void = () => {};
  #isClosed = false;

  constructor(webhook: Webhook, means: DeliveryMeans) {
    this.webhook = webhook;
    this.#means = means;
  }

  add(event: HealthEvent): void {
    if (this.#waiting.length >= webhookQueueCountMax) {
      this.#waiting.shift();
      this.#counts.dropped++;
    }
    this.#waiting.push(event);
    if (!this.#isBusy) void this.#run();
  }

  get counts(): QueueCounts {
    return { waiting: this.#waiting.length, ...this.#counts };
  }

  /** The newest tries, oldest first. */
  get deliveries(): readonly Delivery[] {
    return this.#log;
  }

  /** Sends one event at once and once, beside those that wait. */
  async tryOut(event: HealthEvent): Promise<Delivery> {
    return this.#attempt({ id: this.#means.newId(), events: [event], attempt: 1, isLast: true });
  }

  /** Sends nothing more; what waits is forgotten. */
  close(): void {
    this.#isClosed = true;
    this.#waiting.length = 0;
    this.#cancelRetry();
  }

  async #run(): Promise<void> {
    this.#isBusy = true;
    while (this.#waiting.length > 0) {
      const events = this.#waiting.splice(0, webhookBatchCountMax);
      await this.#deliver(events);
    }
    this.#isBusy = false;
  }

  async #deliver(events: readonly HealthEvent[]): Promise<void> {
    const id = this.#means.newId();
    for (let attempt = 1; !this.#isClosed; attempt++) {
      const isLast = attempt === webhookAttemptCountMax;
      const { outcome } = await this.#attempt({ id, events, attempt, isLast });
      if (outcome === "delivered") return;
      if (isLast) {
        this.#counts.dropped += events.length;
        return;
      }
      await this.#pause(retryDelayMs(attempt, this.#means.random));
    }
  }

  async #attempt(try_: {
    id: string;
    events: readonly HealthEvent[];
    attempt: number;
    isLast: boolean;
  }): Promise<Delivery> {
    const { id, events, attempt, isLast } = try_;
    const { name, url, secret } = this.webhook;
    const atMs = this.#means.nowMs();
    const body = JSON.stringify({ delivery: id, webhook: name, attempt, events });
    const headers = {
      "content-type": "application/json",
      "user-agent": "signpost",
      "signpost-delivery": id,
      ...signBody(body, { secret, atMs }),
    };
    const answer = await this.#means.post({ url, headers, body });
    const isDelivered = "status" in answer && answer.status >= 200 && answer.status < 300;
    const delivery: Delivery = {
      ...{ id, attempt, at: new Date(atMs).toISOString() },
      ...{ eventCount: events.length, firstEventId: events[0]?.id ?? "" },
      outcome: isDelivered ? "delivered" : isLast ? "given up" : "failed",
      ...describe(answer),
      durationMs: Math.max(0, this.#means.nowMs() - atMs),
    };
    this.#counts[isDelivered ? "delivered" : "failed"] += isDelivered ? events.length : 1;
    this.#log.push(delivery);
    if (this.#log.length > webhookDeliveryCountMax) this.#log.shift();
    return delivery;
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#means.after(delayMs, resolve);
      this.#cancelRetry = () => {
        cancel();
        resolve();
      };
    });
  }
}

function describe(answer: WebhookAnswer): { status?: number; error?: string } {
  return "status" in answer ? { status: answer.status } : { error: answer.error };
}

/** Twice as long after each try, at most the limit, and half of it drawn (so that many spread). */
export function retryDelayMs(attempt: number, random: Random): number {
  const full = Math.min(webhookDelayMaxMs, webhookDelayMinMs * 2 ** (attempt - 1));
  return full / 2 + (full / 2) * (random.uint32() / 2 ** 32);
}
