import { randomUUID } from "node:crypto";
import { systemClock } from "../../base/clock.ts";
import type { Cidr } from "../../base/ip.ts";
import { systemRandom } from "../../base/random.ts";
import type { Committed } from "../../control/model/committed.ts";
import type { HealthEvent } from "../../control/model/health-event.ts";
import { isWanted } from "../../control/model/notification.ts";
import type { Webhook } from "../../control/model/notification.ts";
import type { StateReader } from "../../control/state/state-reader.ts";
import { DeliveryQueue } from "./delivery-queue.ts";
import type { Delivery, DeliveryMeans, QueueCounts } from "./delivery-queue.ts";
import { WebhookClient } from "./webhook-client.ts";

export type NotifierOptions = {
  state: Pick<StateReader, "list">;
  /** Networks that webhooks may be sent to although they are private, local or the like. */
  allow: readonly Cidr[];
  /** Tests bring their own. */
  means?: Partial<DeliveryMeans>;
};

/** Tells webhooks of health events. Nothing waits for it. */
export class Notifier {
  readonly #state: Pick<StateReader, "list">;
  readonly #client: WebhookClient;
  readonly #means: DeliveryMeans;
  readonly #queues = new Map<string, DeliveryQueue>();

  constructor(options: NotifierOptions) {
    this.#state = options.state;
    this.#client = new WebhookClient(options.allow);
    this.#means = { ...systemMeans, post: this.#client.post, ...options.means };
    this.refresh();
  }

  /** Takes the webhooks as the state has them now: after each commit that touches their table. */
  refresh(): void {
    const webhooks = this.#state.list<Webhook>("notification").map(({ value }) => value);
    const names = new Set(webhooks.map(({ name }) => name));
    for (const [name, queue] of this.#queues) {
      if (names.has(name)) continue;
      queue.close();
      this.#queues.delete(name);
    }
    for (const webhook of webhooks) {
      const queue = this.#queues.get(webhook.name);
      if (queue) queue.webhook = webhook;
      else this.#queues.set(webhook.name, new DeliveryQueue(webhook, this.#means));
    }
  }

  /** Sends events to every webhook whose filters let them pass. */
  send(events: readonly HealthEvent[]): void {
    for (const queue of this.#queues.values()) {
      for (const event of events) if (isWanted(queue.webhook, event)) queue.add(event);
    }
  }

  /**
   * Sends an event to one webhook, whatever its filters: an action of an alarm that names it.
   * @returns whether there is such a webhook
   */
  sendTo(name: string, event: HealthEvent): boolean {
    const queue = this.#queues.get(name);
    queue?.add(event);
    return queue !== undefined;
  }

  /** Sends an event to one webhook at once and tells what came of it; undefined: no such webhook. */
  async tryOut(name: string, event: HealthEvent): Promise<Delivery | undefined> {
    return this.#queues.get(name)?.tryOut(event);
  }

  deliveries(name: string): readonly Delivery[] {
    return this.#queues.get(name)?.deliveries ?? [];
  }

  /** By name of the webhook, since the start. */
  counts(): Map<string, QueueCounts> {
    return new Map(Array.from(this.#queues, ([name, { counts }]) => [name, counts]));
  }

  /** Ends requests under way; what waits is in the event log. */
  close(): void {
    for (const queue of this.#queues.values()) queue.close();
    this.#client.close();
  }
}

/** A notifier that takes the webhooks anew whenever a commit has touched them. */
export function followWebhooks(store: FollowedStore, allow: readonly Cidr[]): Notifier {
  const notifier = new Notifier({ state: store.state, allow });
  store.log.onCommitted(({ tables }) => {
    if (tables.includes("notification")) notifier.refresh();
  });
  return notifier;
}

type FollowedStore = {
  state: Pick<StateReader, "list">;
  log: { onCommitted(listener: (committed: Committed) => void): unknown };
};

const systemMeans: Omit<DeliveryMeans, "post"> = {
  nowMs: () => systemClock.nowMs(),
  random: systemRandom,
  newId: randomUUID,
  after(delayMs, f) {
    const timer = setTimeout(f, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
