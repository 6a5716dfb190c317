import { Worker } from "node:worker_threads";
import { assert } from "../../base/assert.ts";
import { filledPort } from "../../base/filled-port.ts";
import { workerRestartDelayMaxMs } from "../../base/limits.ts";
import type { Logger } from "../../telemetry/logger.ts";
import { heartbeatOf, requestStop, setGeneration } from "./control-block.ts";
import type { ControlBlock } from "./control-block.ts";
import type { MessageFromWorker, MessageToWorker, WorkerStart } from "./worker-setup.ts";

/** A worker's setup without what the supervisor itself keeps: what is served, and its generation. */
export type PlanOf<Setup extends WorkerStart> = Omit<Setup, "updates" | "generation">;

/** All that is served, for workers that start later; in pieces of a message each. */
export type Served<News> = { add(updates: News): void; all(): Iterable<News> };

type AnyPlan = PlanOf<WorkerStart>;

export type SupervisorOptions<News> = {
  served: Served<News>;
  control: ControlBlock;
  logger: Logger;
  /** What the threads run. */
  script: URL;
  /** Between two looks at the heartbeats. */
  watchdogIntervalMs?: number;
};

type Slot = {
  plan: AnyPlan;
  thread: Worker | undefined;
  isReady: boolean;
  /** The last generation the thread has told to serve; -1 while it starts. */
  applied: number;
  startedAtMs: number;
  failureCount: number;
  restartCount: number;
  restartTimer: NodeJS.Timeout | undefined;
  heartbeat: number;
  silentCheckCount: number;
};

type Waiter = { generation: number; resolve(): void };

/** Answering allocates nothing: what is young is a message now and then. */
const resourceLimits = { maxYoungGenerationSizeMb: 2 };
const restartDelayMs = 50;
/** A worker that lived this long failed for another reason than the last one. */
const settledAfterMs = 10_000;
const watchdogIntervalMsDefault = 1_000;
/** Checks without a heartbeat: it beats at least every 250 ms, but first once it has started. */
const silentCheckCountMax = 20;
const stopTimeoutMs = 3_000;

/**
 * Starts the workers, keeps them alive, and brings them what they serve. A worker that dies or hangs is
 * replaced; its sockets stay open meanwhile, so queries wait in them, and the others notice nothing.
 */
export class Supervisor<News> {
  readonly #slots: Slot[];
  readonly #control: ControlBlock;
  readonly #logger: Logger;
  readonly #script: URL;
  readonly #watchdogIntervalMs: number;
  readonly #served: Served<News>;
  #generation = 0;
  #waiters: Waiter[] = [];
  #watchdog: NodeJS.Timeout | undefined;
  #isStarted = false;
  #isStopping = false;

  constructor(plans: readonly AnyPlan[], options: SupervisorOptions<News>) {
    this.#served = options.served;
    this.#control = options.control;
    this.#logger = options.logger;
    this.#script = options.script;
    this.#watchdogIntervalMs = options.watchdogIntervalMs ?? watchdogIntervalMsDefault;
    this.#slots = plans.map((plan) => ({
      plan,
      thread: undefined,
      isReady: false,
      applied: 0,
      startedAtMs: 0,
      failureCount: 0,
      restartCount: 0,
      restartTimer: undefined,
      heartbeat: 0,
      silentCheckCount: 0,
    }));
  }

  /**
   * Resolves once every worker answers.
   * @throws the first error of a worker that could not start; all are stopped then
   */
  async start(): Promise<void> {
    this.#isStarted = true;
    try {
      await Promise.all(this.#slots.map((slot) => this.#startFirst(slot)));
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#watchdog = setInterval(() => this.#replaceSilent(), this.#watchdogIntervalMs);
    this.#watchdog.unref();
  }

  /** Counts up with each publication. */
  get generation(): number {
    return this.#generation;
  }

  get liveCount(): number {
    return this.#slots.filter((slot) => slot.isReady).length;
  }

  get restartCount(): number {
    return this.#slots.reduce((sum, slot) => sum + slot.restartCount, 0);
  }

  /**
   * Resolves once every live worker serves the updates; waits for one where none is live. Before
   * `start()` it resolves at once: the workers will start with them.
   */
  publish(updates: News): Promise<void> {
    this.#served.add(updates);
    const generation = ++this.#generation;
    const message: MessageToWorker<News> = { updates, generation };
    for (const { thread } of this.#slots) thread?.postMessage(message);
    // After the message: whoever sees the new number finds the message in its queue.
    setGeneration(this.#control, generation);
    if (!this.#isStarted || this.#isStopping) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ generation, resolve }));
  }

  /** Ends a worker at once, as if it had failed; for tests. */
  async killWorker(index: number): Promise<void> {
    await this.#slots[index]?.thread?.terminate();
  }

  /** Lets the workers answer what they have received, then ends them. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#watchdog);
    for (const slot of this.#slots) clearTimeout(slot.restartTimer);
    requestStop(this.#control);
    await Promise.all(this.#slots.map((slot) => this.#stopOne(slot)));
    for (const waiter of this.#waiters) waiter.resolve();
    this.#waiters = [];
  }

  async #startFirst(slot: Slot): Promise<void> {
    const thread = this.#startThread(slot);
    await new Promise<void>((resolve, reject) => {
      thread.once("message", () => resolve());
      thread.once("error", reject);
      thread.once("exit", () => reject(new Error(`${nameOf(slot)} ended before it was ready`)));
    });
  }

  #startThread(slot: Slot): Worker {
    const updates = filledPort(this.#served.all());
    const workerData: WorkerStart = { ...slot.plan, updates, generation: this.#generation };
    const data = { workerData, transferList: [updates] };
    const thread = new Worker(this.#script, { ...data, name: nameOf(slot), resourceLimits });
    slot.thread = thread;
    slot.applied = -1;
    slot.startedAtMs = performance.now();
    slot.silentCheckCount = 0;
    thread.on("message", (message: MessageFromWorker) => this.#onMessage(slot, message));
    thread.on("error", (error) => {
      this.#logger.error({ worker: nameOf(slot), error: describe(error) }, "worker failed");
    });
    thread.on("exit", () => this.#onExit(slot));
    return thread;
  }

  #onMessage(slot: Slot, message: MessageFromWorker): void {
    slot.isReady = true;
    slot.applied = message.applied;
    this.#settle();
  }

  #onExit(slot: Slot): void {
    slot.thread = undefined;
    const wasReady = slot.isReady;
    slot.isReady = false;
    this.#settle();
    if (this.#isStopping || (!wasReady && slot.restartCount === 0)) return;
    this.#restartLater(slot);
  }

  #restartLater(slot: Slot): void {
    const livedMs = performance.now() - slot.startedAtMs;
    if (livedMs > settledAfterMs) slot.failureCount = 0;
    const delayMs = Math.min(workerRestartDelayMaxMs, restartDelayMs * 2 ** slot.failureCount);
    slot.failureCount++;
    slot.restartCount++;
    this.#logger.warn({ worker: nameOf(slot), delayMs, livedMs }, "worker restarts");
    slot.restartTimer = setTimeout(() => this.#startThread(slot), delayMs);
  }

  /** Resolves publications that every worker with a thread has taken. */
  #settle(): void {
    const threads = this.#slots.filter((slot) => slot.thread);
    if (threads.length === 0) return;
    const served = Math.min(...threads.map((slot) => slot.applied));
    const done = this.#waiters.filter((waiter) => waiter.generation <= served);
    this.#waiters = this.#waiters.filter((waiter) => waiter.generation > served);
    for (const waiter of done) waiter.resolve();
  }

  #replaceSilent(): void {
    for (const slot of this.#slots) {
      const heartbeat = heartbeatOf(this.#control, slot.plan.index);
      const isSilent = slot.thread !== undefined && heartbeat === slot.heartbeat;
      slot.heartbeat = heartbeat;
      slot.silentCheckCount = isSilent ? slot.silentCheckCount + 1 : 0;
      if (slot.silentCheckCount < silentCheckCountMax) continue;
      slot.silentCheckCount = 0;
      this.#logger.error({ worker: nameOf(slot) }, "worker hangs and is replaced");
      void slot.thread?.terminate();
    }
  }

  async #stopOne(slot: Slot): Promise<void> {
    const { thread } = slot;
    if (!thread) return;
    const message: MessageToWorker = "stop";
    thread.postMessage(message);
    const deadline = setTimeout(() => void thread.terminate(), stopTimeoutMs);
    await new Promise<void>((resolve) => thread.once("exit", () => resolve()));
    clearTimeout(deadline);
    assert(!slot.thread, "an ended worker has no thread");
  }
}

function nameOf(slot: Slot): string {
  return `${slot.plan.task.kind}-${slot.plan.index}`;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
