import type { Transferable, Worker } from "node:worker_threads";
import { threadRestartDelayMaxMs, threadRestartDelayMinMs } from "./limits.ts";

export type KeptThreadOptions<From> = {
  /** What it is, for errors: `the health thread`. */
  name: string;
  /** Starts one, with all that it needs. */
  start(): Worker;
  onMessage(message: From): void;
  /** It died; another is started soon. */
  onDeath(error: Error): void;
  /** Another has been started. */
  onRestart?(): void;
  /** How long it may take to stop before it is ended. */
  stopMaxMs: number;
};

/**
 * A thread that is started again should it die: at once where it had lived for a while, else later
 * and later. `To` and `From` are the messages to it and from it.
 */
export class KeptThread<To, From> {
  readonly #options: KeptThreadOptions<From>;
  #thread: Worker;
  #restartDelayMs = 0;
  #restartTimer: NodeJS.Timeout | undefined;
  #restartCount = 0;
  #isRunning = true;
  #isStopping = false;

  constructor(options: KeptThreadOptions<From>) {
    this.#options = options;
    this.#thread = this.#start();
  }

  /** How often another has been started. */
  get restartCount(): number {
    return this.#restartCount;
  }

  /** False between a death and the next start. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** To one that is not there, nothing is sent. */
  post(message: To, transfer: readonly Transferable[] = []): void {
    this.#thread.postMessage(message, transfer);
  }

  /** Asks it to end by `message`, and ends it where that takes too long. */
  async stop(message: To): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#restartTimer);
    const thread = this.#thread;
    if (thread.threadId < 0) return;
    const ended = new Promise<void>((resolve) => thread.once("exit", () => resolve()));
    this.post(message);
    const timer = setTimeout(() => void thread.terminate(), this.#options.stopMaxMs);
    await ended;
    clearTimeout(timer);
  }

  #start(): Worker {
    const thread = this.#options.start();
    const startedAtMs = performance.now();
    let reason = new Error(`${this.#options.name} ended`);
    thread.on("message", (message: From) => this.#options.onMessage(message));
    thread.on("error", (error) => {
      reason = error as Error;
    });
    thread.on("exit", () => this.#restart(reason, performance.now() - startedAtMs));
    return thread;
  }

  #restart(reason: Error, livedMs: number): void {
    if (this.#isStopping) return;
    this.#isRunning = false;
    this.#restartCount++;
    this.#options.onDeath(reason);
    if (livedMs > threadRestartDelayMaxMs) this.#restartDelayMs = 0;
    this.#restartTimer = setTimeout(() => {
      this.#isRunning = true;
      this.#thread = this.#start();
      this.#options.onRestart?.();
    }, this.#restartDelayMs);
    const delayMs = Math.max(this.#restartDelayMs * 2, threadRestartDelayMinMs);
    this.#restartDelayMs = Math.min(delayMs, threadRestartDelayMaxMs);
  }
}
