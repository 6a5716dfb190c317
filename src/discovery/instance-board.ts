import { containerInstanceCountMax, registryRequestCountMax } from "../base/limits.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { BackoffRange } from "./backoff.ts";
import { InstanceKeeper } from "./instance-keeper.ts";
import { hostAttribute } from "./registrations.ts";
import type { Registration } from "./registrations.ts";
import type { Random } from "../base/random.ts";
import type { Attributes, Registry, Service } from "./registry.ts";
import { Slots } from "./slots.ts";
import type { Timing } from "./timing.ts";

export type BoardOptions = {
  /** Instances with another SIGNPOST_HOST are never touched. */
  host: string;
  registry: Registry;
  timing: Timing;
  random: Random;
  retry: BackoffRange;
  logger: Logger;
  onStaleService(): void;
};

type Entry = { keeper: InstanceKeeper; service: Service; isTended: boolean };

/** Every instance of this watcher, each with its keeper. */
export class InstanceBoard {
  readonly #options: BoardOptions;
  readonly #entries = new Map<string, Entry>();
  /** Services whose instances of this host are all among the entries. */
  readonly #compared = new Set<string>();
  readonly #slots = new Slots(registryRequestCountMax);
  requestCount = 0;
  failureCount = 0;

  constructor(options: BoardOptions) {
    this.#options = options;
  }

  get counts(): { wanted: number; unsettled: number } {
    const entries = [...this.#entries.values()];
    return {
      wanted: entries.filter(({ keeper }) => keeper.isWanted).length,
      unsettled: entries.filter(({ keeper }) => !keeper.isSettled).length,
    };
  }

  /** Services in which there are or were instances. */
  services(): Service[] {
    const services = [...this.#entries.values()].map(
      ({ service }) => [service.id, service] as const,
    );
    return [...new Map(services).values()];
  }

  /**
   * The instance should be as the registration says. A service that does not take health has it
   * only while it is healthy.
   * @returns its key, or undefined where there are too many
   */
  want(service: Service, registration: Registration): string | undefined {
    const { instanceId, attributes, health } = registration;
    const entry = this.#entryOf(service, instanceId);
    if (!entry) return undefined;
    const isOut = !service.hasCustomHealth && health === "UNHEALTHY";
    entry.keeper.want(isOut ? null : { attributes, health });
    if (isOut) this.#tend(entry);
    return keyOf(service, instanceId);
  }

  /** These instances should not be there. */
  release(keys: Iterable<string>): void {
    for (const key of keys) {
      const entry = this.#entries.get(key);
      entry?.keeper.want(null);
      if (entry) this.#tend(entry);
    }
  }

  /** Resolves when those that are there are as wanted; tells the longest TTL of their services. */
  async settled(keys: Iterable<string>): Promise<{ count: number; ttlSeconds: number }> {
    const entries = [...keys].flatMap((key) => this.#entries.get(key) ?? []);
    await Promise.all(entries.map(({ keeper }) => keeper.settled()));
    const ttls = entries.map(({ service }) => service.ttlSeconds);
    return { count: entries.length, ttlSeconds: Math.max(0, ...ttls) };
  }

  /** Looks at what a service has; an instance that somebody has changed is put right. */
  async compare(service: Service): Promise<void> {
    const { registry, host, timing } = this.#options;
    const listedMs = timing.nowMs();
    const listed = await this.#slots.run(() => registry.instances(service));
    const seen = new Map(listed.map((instance) => [keyOf(service, instance.id), instance]));
    for (const [key, { keeper }] of this.#entries) {
      if (keeper.name.serviceId === service.id) keeper.saw(seen.get(key) ?? null, listedMs);
    }
    for (const [key, instance] of seen) {
      const isOurs = instance.attributes[hostAttribute] === host;
      if (!isOurs || this.#entries.has(key)) continue;
      this.#entryOf(service, instance.id)?.keeper.saw(instance, listedMs);
    }
    this.#compared.add(service.id);
  }

  /** Takes out what was found and nobody has asked for, unless `isSpared`. */
  releaseLeftovers(isSpared: (attributes: Attributes) => boolean): void {
    for (const entry of this.#entries.values()) {
      const { keeper, service } = entry;
      if (keeper.isDecided || isSpared(keeper.attributes)) continue;
      this.#options.logger.info({ ...keeper.name, service: service.name }, "left behind: goes");
      keeper.want(null);
      this.#tend(entry);
    }
  }

  /** Nothing is changed any more; what is registered stays. */
  stop(): void {
    for (const { keeper } of this.#entries.values()) keeper.stop();
  }

  #entryOf(service: Service, instanceId: string): Entry | undefined {
    const key = keyOf(service, instanceId);
    const known = this.#entries.get(key);
    if (known) {
      known.service = service;
      known.keeper.takesHealth = service.hasCustomHealth;
      return known;
    }
    if (this.#entries.size >= containerInstanceCountMax) {
      const limit = containerInstanceCountMax;
      this.#options.logger.error({ limit }, "Cannot register instance: too many");
      return undefined;
    }
    const keeper = new InstanceKeeper(
      { serviceId: service.id, instanceId },
      {
        ...this.#options,
        slots: this.#slots,
        takesHealth: service.hasCustomHealth,
        onRequest: (failed) => {
          this.requestCount += 1;
          if (failed) this.failureCount += 1;
        },
      },
    );
    // What was there would have been found.
    if (this.#compared.has(service.id)) keeper.saw(null, this.#options.timing.nowMs());
    const entry = { keeper, service, isTended: false };
    this.#entries.set(key, entry);
    return entry;
  }

  /** Forgets an instance when it is gone and nobody has asked for it again. */
  #tend(entry: Entry): void {
    if (entry.isTended) return;
    entry.isTended = true;
    void entry.keeper.settled().then(() => {
      entry.isTended = false;
      const { keeper, service } = entry;
      if (keeper.isWanted || !keeper.isSettled) return;
      this.#entries.delete(keyOf(service, keeper.name.instanceId));
    });
  }
}

function keyOf(service: Service, instanceId: string): string {
  return `${service.id}/${instanceId}`;
}
