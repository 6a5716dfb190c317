import { Worker } from "node:worker_threads";
import {
  checkerRestartDelayMaxMs,
  checkerRestartDelayMinMs,
  checkerStopMaxMs,
} from "../../base/limits.ts";
import type { CheckerThreadData, FromCheckerThread, ToCheckerThread } from "./checker-messages.ts";

export type CheckerThreadOptions = CheckerThreadData & {
  /** Gets the location's table every half second. */
  onTable(table: Uint8Array): void;
  /** The thread died and is started again. */
  onRestart(error: Error): void;
  /** The file of the thread; another one in tests. */
  url?: URL;
};

/** A probe's garbage dies young: more room for it costs 65 MiB and saves no time (measured). */
const resourceLimits = { maxYoungGenerationSizeMb: 12 };

/** The checker of one location in a thread of its own, which is started again should it die. */
export class CheckerThread {
  readonly #options: CheckerThreadOptions;
  #thread: Worker;
  #list: Uint8Array | undefined;
  #restartDelayMs = 0;
  #restartTimer: NodeJS.Timeout | undefined;
  #isStopping = false;

  constructor(options: CheckerThreadOptions) {
    this.#options = options;
    this.#thread = this.#start();
  }

  /** Runs another list, as `encodeCheckList` writes it; it is kept for a thread to come. */
  setList(list: Uint8Array): void {
    this.#list = list;
    this.#post({ kind: "list", list });
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#restartTimer);
    const thread = this.#thread;
    if (thread.threadId < 0) return;
    const ended = new Promise<void>((resolve) => thread.once("exit", () => resolve()));
    this.#post({ kind: "stop" });
    const timer = setTimeout(() => void thread.terminate(), checkerStopMaxMs);
    await ended;
    clearTimeout(timer);
  }

  #start(): Worker {
    const { location, scriptsAllowed, logLevel } = this.#options;
    const workerData: CheckerThreadData = { location, scriptsAllowed, logLevel };
    const url = this.#options.url ?? new URL("./checker-thread.ts", import.meta.url);
    const thread = new Worker(url, { workerData, resourceLimits });
    const startedAtMs = performance.now();
    let reason = new Error("the checker's thread ended");
    thread.on("message", ({ table }: FromCheckerThread) => this.#options.onTable(table));
    thread.on("error", (error) => {
      reason = error as Error;
    });
    thread.on("exit", () => this.#restart(reason, performance.now() - startedAtMs));
    const list = this.#list;
    if (list) thread.postMessage({ kind: "list", list } satisfies ToCheckerThread);
    return thread;
  }

  #post(message: ToCheckerThread): void {
    this.#thread.postMessage(message);
  }

  /** At once where it has lived for a while, else later and later. */
  #restart(reason: Error, livedMs: number): void {
    if (this.#isStopping) return;
    this.#options.onRestart(reason);
    if (livedMs > checkerRestartDelayMaxMs) this.#restartDelayMs = 0;
    this.#restartTimer = setTimeout(() => {
      this.#thread = this.#start();
    }, this.#restartDelayMs);
    const delayMs = Math.max(this.#restartDelayMs * 2, checkerRestartDelayMinMs);
    this.#restartDelayMs = Math.min(delayMs, checkerRestartDelayMaxMs);
  }
}
