import { registryRefusedRetryMs } from "../base/limits.ts";
import type { Logger } from "../telemetry/logger.ts";
import { Backoff } from "./backoff.ts";
import type { BackoffRange } from "./backoff.ts";
import type { Random } from "../base/random.ts";
import { RegistryError } from "./registry.ts";
import type { Attributes, Health, InstanceName, Registry } from "./registry.ts";
import type { Slots } from "./slots.ts";
import type { Timing } from "./timing.ts";

/** What should be registered, or null: nothing. */
export type Wanted = { attributes: Attributes; health: Health } | null;

/** What is registered as far as is known; `health` undefined: not known. */
type Known = { attributes: Attributes; health: Health | undefined } | null | "unknown";

export type KeeperOptions = {
  registry: Registry;
  timing: Timing;
  random: Random;
  /** Shared by all keepers: requests that are under way at once. */
  slots: Slots;
  retry: BackoffRange;
  logger: Logger;
  /** The service is gone or has changed; called at every such answer. */
  onStaleService(): void;
  /** A request has ended, well or not. */
  onRequest(failed: boolean): void;
};

type Step = "register" | "deregister" | "set-health";

/**
 * Makes one instance of one service what it should be: one request at a time, the newest wish
 * always, tried again with growing pauses for as long as the wish stands.
 */
export class InstanceKeeper {
  readonly name: InstanceName;
  /** Whether the service takes the health it is told. */
  takesHealth: boolean;
  readonly #options: KeeperOptions;
  readonly #backoff: Backoff;
  /** Undefined: nobody has said yet, and so nothing is done. */
  #wanted: Wanted | undefined;
  #known: Known = "unknown";
  #isRunning = false;
  #isStopped = false;
  #changedAtMs = -Infinity;
  #pause: AbortController | undefined;
  #lastFailure = "";
  #waiting: (() => void)[] = [];

  constructor(name: InstanceName, options: KeeperOptions & { takesHealth: boolean }) {
    this.name = name;
    this.takesHealth = options.takesHealth;
    this.#options = options;
    this.#backoff = new Backoff(options.retry, options.random);
  }

  /** Whether what is registered is what should be. */
  get isSettled(): boolean {
    return !this.#isRunning && this.#nextStep() === undefined;
  }

  get isWanted(): boolean {
    return this.#wanted !== null && this.#wanted !== undefined;
  }

  /** Whether anybody has said whether it should be there. */
  get isDecided(): boolean {
    return this.#wanted !== undefined;
  }

  /** As last seen or registered. */
  get attributes(): Attributes {
    return this.#known === null || this.#known === "unknown" ? {} : this.#known.attributes;
  }

  want(wanted: Wanted): void {
    this.#wanted = wanted;
    this.#backoff.reset();
    this.#pause?.abort();
    this.#start();
  }

  /** What a listing that began at `listedAtMs` told; it is let go where a request is newer. */
  saw(
    seen: { attributes: Attributes; health: Health | undefined } | null,
    listedAtMs: number,
  ): void {
    if (this.#isRunning || this.#changedAtMs >= listedAtMs) return;
    this.#known = seen && {
      attributes: withoutInitHealth(seen.attributes),
      health: seen.health,
    };
    this.#start();
  }

  /** Resolves when what is registered is what is wanted, or the keeper was stopped. */
  settled(): Promise<void> {
    if (this.isSettled || this.#isStopped) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Ends without changing anything further. */
  stop(): void {
    this.#isStopped = true;
    this.#pause?.abort();
    this.#tellSettled();
  }

  #start(): void {
    if (this.#isRunning || this.#isStopped) return;
    if (this.#nextStep() === undefined) this.#tellSettled();
    else void this.#run();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    for (let step = this.#nextStep(); step && !this.#isStopped; step = this.#nextStep()) {
      try {
        await this.#options.slots.run(() => this.#do());
        this.#options.onRequest(false);
        this.#backoff.reset();
        this.#lastFailure = "";
      } catch (error) {
        this.#options.onRequest(true);
        await this.#fail(error as Error, step);
      }
      this.#changedAtMs = this.#options.timing.nowMs();
    }
    this.#isRunning = false;
    this.#tellSettled();
  }

  #tellSettled(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const tell of waiting) tell();
  }

  #nextStep(): Step | undefined {
    const wanted = this.#wanted;
    const known = this.#known;
    if (wanted === undefined) return undefined;
    if (wanted === null) return known === null ? undefined : "deregister";
    if (known === null || known === "unknown") return "register";
    if (!areSame(known.attributes, wanted.attributes)) return "register";
    return this.takesHealth && known.health !== wanted.health ? "set-health" : undefined;
  }

  /** The step that is right now: the wish may have changed while this one waited for a slot. */
  async #do(): Promise<void> {
    const { registry, logger } = this.#options;
    const wanted = this.#wanted;
    const step = this.#nextStep();
    if (step === undefined || this.#isStopped) return;
    if (!wanted) {
      await registry.deregister(this.name);
      this.#known = null;
    } else if (step === "register") {
      const isNew = this.#known === null;
      // Whatever happens now, what was known before does not count any more.
      this.#known = "unknown";
      const health = this.takesHealth ? wanted.health : undefined;
      await registry.register(this.name, { attributes: wanted.attributes, health });
      this.#known = { attributes: wanted.attributes, health: isNew ? wanted.health : undefined };
    } else {
      await registry.setHealth(this.name, wanted.health);
      this.#known = { attributes: wanted.attributes, health: wanted.health };
    }
    logger.info({ ...this.name, health: wanted?.health }, `instance: ${step} done`);
  }

  async #fail(error: Error, step: Step): Promise<void> {
    const { logger, timing, onStaleService } = this.#options;
    const kind = error instanceof RegistryError ? error.kind : "unreachable";
    if (kind === "no-instance") this.#known = null;
    if (kind === "stale-service") {
      onStaleService();
      // In a service that is gone there is nothing to take out.
      if (this.#wanted === null) this.#known = null;
    }
    if (error.message !== this.#lastFailure) {
      logger.warn({ ...this.name, err: error }, `instance: ${step} failed, is tried again`);
    }
    this.#lastFailure = error.message;
    if (this.#nextStep() === undefined) return;
    this.#pause = new AbortController();
    const pauseMs = kind === "refused" ? registryRefusedRetryMs : this.#backoff.nextMs();
    await timing.sleep(pauseMs, this.#pause.signal);
    this.#pause = undefined;
  }
}

/** Cloud Map keeps the attribute; it says what the health was, once. */
function withoutInitHealth(attributes: Attributes): Attributes {
  const { AWS_INIT_HEALTH_STATUS: _, ...rest } = attributes;
  return rest;
}

function areSame(one: Attributes, other: Attributes): boolean {
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length && names.every((name) => one[name] === other[name])
  );
}
