import { Worker } from "node:worker_threads";
import { KeptThread } from "../../base/kept-thread.ts";
import { checkerStopMaxMs } from "../../base/limits.ts";
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
  readonly #thread: KeptThread<ToCheckerThread, FromCheckerThread>;
  #list: Uint8Array | undefined;

  constructor(options: CheckerThreadOptions) {
    const { location, scriptsAllowed, logLevel } = options;
    const workerData: CheckerThreadData = { location, scriptsAllowed, logLevel };
    const url = options.url ?? new URL("./checker-thread.ts", import.meta.url);
    this.#thread = new KeptThread({
      name: "the checker's thread",
      stopMaxMs: checkerStopMaxMs,
      start: () => new Worker(url, { workerData, resourceLimits }),
      onMessage: ({ table }) => options.onTable(table),
      onDeath: (error) => options.onRestart(error),
      onRestart: () => this.#postList(),
    });
  }

  /** Runs another list, as `encodeCheckList` writes it; it is kept for a thread to come. */
  setList(list: Uint8Array): void {
    this.#list = list;
    this.#postList();
  }

  stop(): Promise<void> {
    return this.#thread.stop({ kind: "stop" });
  }

  #postList(): void {
    if (this.#list) this.#thread.post({ kind: "list", list: this.#list });
  }
}
