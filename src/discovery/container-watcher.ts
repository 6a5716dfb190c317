import type { Clock } from "../base/clock.ts";
import {
  containerCountMax,
  containerSyncRetryMaxMs,
  containerSyncRetryMinMs,
  engineInspectCountMax,
  engineRetryMaxMs,
  engineRetryMinMs,
  registryRetryMaxMs,
  registryRetryMinMs,
} from "../base/limits.ts";
import type { Random } from "../base/random.ts";
import type { Logger } from "../telemetry/logger.ts";
import { Backoff } from "./backoff.ts";
import { isAlive, isDrained, newRecord } from "./container-record.ts";
import type { ContainerRecord } from "./container-record.ts";
import type { Container } from "./container.ts";
import type { DockerEngine, EngineEvent } from "./docker-engine.ts";
import type { DrainMark, DrainMarks } from "./drained-file.ts";
import { InstanceBoard } from "./instance-board.ts";
import { containerIdAttribute, planRegistrations } from "./registrations.ts";
import type { RegistrationOptions } from "./registrations.ts";
import { RegistryError } from "./registry.ts";
import type { Registry, Service } from "./registry.ts";
import { ServiceCatalog } from "./service-catalog.ts";
import { hasServiceLabels } from "./service-labels.ts";
import { Slots } from "./slots.ts";
import type { Timing } from "./timing.ts";

export type WatcherOptions = {
  engine: DockerEngine;
  registry: Registry;
  registration: RegistrationOptions;
  createsServices: boolean;
  createsNamespaces: boolean;
  /** How often everything is compared although nothing happened. */
  syncMs: number;
  /** The longest wait for TTLs. */
  drainMaxMs: number;
  drainMarks: DrainMarks;
  timing: Timing;
  /** Wall time, to be held against the engine's. */
  clock: Clock;
  random: Random;
  logger: Logger;
  /** Everything was compared for the first time. */
  onReady?(): void;
};

export type Drained = {
  container: string;
  name: string;
  /** Instances that were taken out. */
  instances: number;
  ttlSeconds: number;
  /** Whether the limit on waiting was shorter than the TTL. */
  isCutShort: boolean;
};

export type WatcherReport = {
  isEngineConnected: boolean;
  /** Monotonic; -Infinity: never. */
  syncedAtMs: number;
  lastProblem: string;
  containers: number;
  unresolved: number;
  drained: number;
  instances: { wanted: number; unsettled: number };
  events: number;
  syncs: number;
  requests: number;
  failures: number;
};

const died = "the container has died";

/** One that is under way. */
type Drain = {
  atMs: number;
  outcome: Promise<Drained>;
  /** Ends the wait: the container has died, or, with a reason, it is not drained. */
  end(failure: string | undefined): void;
};

/**
 * Keeps Cloud Map as the containers of one Docker Engine ask for: every event leads to a look at
 * the container as it is now, and everything is compared at the start, when a connection comes
 * back, and from time to time.
 */
export class ContainerWatcher {
  readonly #options: WatcherOptions;
  readonly #catalog: ServiceCatalog;
  readonly #board: InstanceBoard;
  readonly #records = new Map<string, ContainerRecord>();
  readonly #drains = new Map<string, Drain>();
  readonly #inspections = new Slots(engineInspectCountMax);
  readonly #stopping = new AbortController();
  #wake = new AbortController();
  #isSyncAsked = false;
  #hasSearched = false;
  #isEngineConnected = false;
  #syncedAtMs = -Infinity;
  #lastProblem = "";
  #eventCount = 0;
  #syncCount = 0;

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#catalog = new ServiceCatalog(options);
    this.#board = new InstanceBoard({
      ...options,
      host: options.registration.host,
      retry: { minMs: registryRetryMinMs, maxMs: registryRetryMaxMs },
      onStaleService: () => this.#askForSync(),
    });
  }

  start(): void {
    void this.#followEngine();
    void this.#keepSynced();
  }

  /** Ends watching; what is registered stays, for the next start to go on with. */
  stop(): void {
    this.#stopping.abort();
    this.#wake.abort();
    this.#board.stop();
    for (const drain of this.#drains.values()) drain.end("the watcher stops");
  }

  report(): WatcherReport {
    const records = [...this.#records.values()];
    const nowMs = this.#options.clock.nowMs();
    return {
      isEngineConnected: this.#isEngineConnected,
      syncedAtMs: this.#syncedAtMs,
      lastProblem: this.#lastProblem,
      containers: records.length,
      unresolved: records.filter(({ isUnresolved }) => isUnresolved).length,
      drained: records.filter((record) => isDrained(record, nowMs)).length,
      instances: this.#board.counts,
      events: this.#eventCount,
      syncs: this.#syncCount,
      requests: this.#board.requestCount,
      failures: this.#board.failureCount,
    };
  }

  /**
   * Takes a container out of its services and resolves when nobody can have its address from
   * DNS any more. It stays out until it is started again, or `resume`.
   * @returns undefined where there is no such container
   */
  async drain(nameOrId: string): Promise<Drained | undefined> {
    const container = await this.#options.engine.inspect(nameOrId);
    if (!container) return undefined;
    const record = this.#recordOf(container.id);
    if (!record)
      throw new Error(`Cannot drain container: more than ${containerCountMax} containers`);
    this.#note(record, container);
    return await this.#drain(record, { atMs: this.#options.clock.nowMs(), cause: "command" });
  }

  /** Takes back a drain. @returns whether there is such a container */
  async resume(nameOrId: string): Promise<boolean> {
    const container = await this.#options.engine.inspect(nameOrId);
    const record = container && this.#records.get(container.id);
    if (!container) return false;
    if (record) {
      record.drained = undefined;
      this.#drains.get(record.id)?.end("it was resumed");
    }
    this.#options.drainMarks.delete(container.id);
    await this.#refresh(container.id);
    return true;
  }

  // The engine's events

  async #followEngine(): Promise<void> {
    const { engine, timing, clock, logger, random } = this.#options;
    const backoff = new Backoff({ minMs: engineRetryMinMs, maxMs: engineRetryMaxMs }, random);
    const { signal } = this.#stopping;
    let sinceMs: number | undefined;
    let lastProblem = "";
    while (!signal.aborted) {
      try {
        const openedMs = clock.nowMs();
        const events = await engine.events({ ...(sinceMs ? { sinceMs } : {}), signal });
        sinceMs ??= openedMs;
        this.#isEngineConnected = true;
        lastProblem = "";
        backoff.reset();
        // What happens from now on is heard; what has happened is asked for.
        this.#askForSync();
        for await (const event of events) {
          sinceMs = Math.max(sinceMs, event.atMs);
          this.#onEvent(event);
        }
        throw new Error("Docker Engine has closed the stream of events");
      } catch (error) {
        this.#isEngineConnected = false;
        const { message } = error as Error;
        if (!signal.aborted && message !== lastProblem) logger.warn(`${message}: connects again`);
        lastProblem = message;
      }
      if (!signal.aborted) await timing.sleep(backoff.nextMs(), signal);
    }
  }

  #onEvent(event: EngineEvent): void {
    this.#eventCount += 1;
    const { containerId: id, action, atMs } = event;
    if (!this.#records.has(id) && !hasServiceLabels(event.attributes)) return;
    const record = this.#recordOf(id);
    if (!record) return;
    if (action === "die") {
      record.diedAtMs = Math.max(record.diedAtMs, atMs);
      if (atMs >= record.startedAtMs) this.#release(record);
    } else if (action === "kill" && (event.signal === 15 || event.signal === record.stopSignal)) {
      if (atMs >= record.startedAtMs) {
        // Nobody waits for it, so nobody must hear that it was cut short.
        this.#drain(record, { atMs, cause: "kill" }).catch(() => {});
      }
    } else {
      this.#refresh(id).catch((error: Error) => this.#failed(error));
    }
  }

  #recordOf(id: string): ContainerRecord | undefined {
    const known = this.#records.get(id);
    if (known) return known;
    if (this.#records.size >= containerCountMax) {
      this.#options.logger.error({ limit: containerCountMax }, "Cannot follow container: too many");
      return undefined;
    }
    const record = newRecord(id, this.#options.drainMarks.get(id));
    this.#records.set(id, record);
    return record;
  }

  // One container

  /** Looks at a container and has its instances as they should be; joins a look under way. */
  async #refresh(id: string): Promise<void> {
    const record = this.#recordOf(id);
    if (!record) return;
    record.isDirty = true;
    record.refreshing ??= this.#refreshWhileDirty(record).finally(() => {
      record.refreshing = undefined;
    });
    await record.refreshing;
  }

  async #refreshWhileDirty(record: ContainerRecord): Promise<void> {
    while (record.isDirty) {
      record.isDirty = false;
      await this.#inspections.run(async () => {
        const container = await this.#options.engine.inspect(record.id);
        await this.#apply(record, container);
      });
    }
  }

  async #apply(record: ContainerRecord, container: Container | undefined): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    if (!container || !isAlive(record, container)) return this.#release(record);
    this.#note(record, container);
    const { registrations, problems } = planRegistrations(container, this.#options.registration);
    const claimed = new Set<string>();
    let isUnresolved = false;
    for (const registration of registrations) {
      const service = await this.#catalog.find(registration);
      if ("problem" in service) {
        problems.push(`Cannot register in ${registration.service}: ${service.problem}`);
        isUnresolved = true;
        continue;
      }
      // The container may have died or been drained while the service was looked for.
      if (!isAlive(record, container) || this.#isOut(record)) return;
      const key = this.#board.want(service, registration);
      if (key === undefined) continue;
      claimed.add(key);
      // At once: it may die while the next service is looked for.
      record.instances.add(key);
    }
    if (this.#isOut(record)) return;
    record.isUnresolved = isUnresolved;
    if (!isUnresolved) {
      this.#board.release([...record.instances].filter((key) => !claimed.has(key)));
      record.instances = claimed;
    }
    this.#tell(record, problems);
  }

  #note(record: ContainerRecord, container: Container): void {
    record.name = container.name;
    record.startedAtMs = container.startedAtMs;
    record.stopSignal = container.stopSignal;
    record.inspectedMs = this.#options.timing.nowMs();
  }

  #isOut(record: ContainerRecord): boolean {
    return isDrained(record, this.#options.clock.nowMs());
  }

  /** The container does not run: its instances go, and so does what is known of it. */
  #release(record: ContainerRecord): void {
    this.#board.release(record.instances);
    record.instances.clear();
    this.#drains.get(record.id)?.end(undefined);
    this.#options.drainMarks.delete(record.id);
    // A look that is under way still asks the record whether the container is alive.
    if (!record.refreshing) this.#records.delete(record.id);
  }

  #tell(record: ContainerRecord, problems: readonly string[]): void {
    const text = problems.join("; ");
    if (text !== "" && text !== record.problems) {
      this.#options.logger.warn({ container: record.name, problems }, "container: see problems");
    }
    record.problems = text;
  }

  // Draining

  #drain(record: ContainerRecord, mark: DrainMark): Promise<Drained> {
    const running = this.#drains.get(record.id);
    // A command holds longer than a signal.
    const isWeaker = mark.cause === "kill" && record.drained?.cause === "command";
    if (!isWeaker || !this.#isOut(record)) {
      record.drained = mark;
      this.#options.drainMarks.set(record.id, mark);
    }
    if (running && running.atMs >= record.startedAtMs) return running.outcome;
    const ended = new AbortController();
    const outcome = this.#waitUntilDrained(record, ended.signal);
    const drain = { atMs: mark.atMs, outcome, end: (why?: string) => ended.abort(why ?? died) };
    this.#drains.set(record.id, drain);
    const forget = (): void => {
      if (this.#drains.get(record.id) === drain) this.#drains.delete(record.id);
    };
    outcome.then(forget, forget);
    return outcome;
  }

  async #waitUntilDrained(record: ContainerRecord, ended: AbortSignal): Promise<Drained> {
    const { logger, timing, drainMaxMs } = this.#options;
    const keys = [...record.instances];
    const { id: container, name } = record;
    this.#board.release(keys);
    logger.info({ container, name, instances: keys.length }, "drains: leaves DNS");
    const { count: instances, ttlSeconds } = await this.#board.settled(keys);
    const waitMs = Math.min(ttlSeconds * 1000, drainMaxMs);
    if (!ended.aborted) await timing.sleep(waitMs, ended);
    if (ended.aborted && ended.reason !== died) {
      throw new Error(`Cannot drain ${name}: ${ended.reason}`);
    }
    const isCutShort = waitMs < ttlSeconds * 1000;
    logger.info({ container, name, instances, ttlSeconds, isCutShort }, "drained: may stop");
    return { container, name, instances, ttlSeconds, isCutShort };
  }

  // Everything

  #askForSync(): void {
    this.#isSyncAsked = true;
    this.#wake.abort();
  }

  #failed(error: Error): void {
    if (error.message !== this.#lastProblem)
      this.#options.logger.warn({ err: error }, "tries again");
    this.#lastProblem = error.message;
    this.#askForSync();
  }

  async #keepSynced(): Promise<void> {
    const { timing, random, syncMs, logger } = this.#options;
    const range = { minMs: containerSyncRetryMinMs, maxMs: containerSyncRetryMaxMs };
    const backoff = new Backoff(range, random);
    while (!this.#stopping.signal.aborted) {
      this.#wake = new AbortController();
      this.#isSyncAsked = false;
      let pauseMs: number;
      try {
        await this.#sync();
        backoff.reset();
        const isSomethingMissing = [...this.#records.values()].some((one) => one.isUnresolved);
        pauseMs = isSomethingMissing ? Math.min(containerSyncRetryMaxMs, syncMs) : syncMs;
      } catch (error) {
        const { message } = error as Error;
        if (message !== this.#lastProblem)
          logger.warn({ err: error }, "cannot compare: tries again");
        this.#lastProblem = message;
        pauseMs = backoff.nextMs();
        await timing.sleep(pauseMs, this.#stopping.signal);
        continue;
      }
      if (!this.#isSyncAsked) await timing.sleep(pauseMs, this.#wake.signal);
    }
  }

  /** Compares all containers with all their instances, and makes them agree. */
  async #sync(): Promise<void> {
    const { engine, timing, onReady } = this.#options;
    const listedMs = timing.nowMs();
    const listed = (await engine.list()).filter(({ labels }) => hasServiceLabels(labels));
    const running = new Set(listed.map(({ id }) => id));
    for (const record of this.#records.values()) {
      if (!running.has(record.id) && record.inspectedMs < listedMs) this.#release(record);
    }
    await this.#catalog.refresh();
    // What a watcher before this one has left may be anywhere.
    const own = new Set(this.#board.services().map(({ id }) => id));
    for (const service of this.#catalog.services) {
      if (!this.#hasSearched || own.has(service.id)) await this.#compare(service);
    }
    await Promise.all(listed.map(({ id }) => this.#refresh(id)));
    this.#board.releaseLeftovers((attributes) => {
      return this.#records.get(attributes[containerIdAttribute] ?? "")?.isUnresolved ?? false;
    });
    this.#options.drainMarks.keepOnly(new Set(this.#records.keys()));
    this.#syncedAtMs = timing.nowMs();
    this.#syncCount += 1;
    this.#lastProblem = "";
    if (!this.#hasSearched) onReady?.();
    this.#hasSearched = true;
  }

  async #compare(service: Service): Promise<void> {
    try {
      await this.#board.compare(service);
    } catch (error) {
      // It was deleted a moment ago: nothing of ours is in it any more.
      if (!(error instanceof RegistryError) || error.kind !== "stale-service") throw error;
    }
  }
}
