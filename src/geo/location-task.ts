import { Worker } from "node:worker_threads";
import { locationCompileHeapMiB, locationCompileTimeMaxMs } from "../base/limits.ts";
import type { FileState } from "./location-files.ts";
import { MmdbError } from "./mmdb/mmdb-error.ts";

/** What the location thread is started for; it ends when it is done. */
export type LocationTask =
  /** Loads the table that Signpost ships. */
  | { readonly kind: "default" }
  /** Loads the table last compiled, where there is one. */
  | { readonly kind: "cached"; readonly cacheFile: string }
  /** Compiles files, and keeps the table in `cacheFile` once it was handed over. */
  | { readonly kind: "compile"; readonly paths: readonly string[]; readonly cacheFile?: string };

export type LocationResult = {
  readonly table: SharedArrayBuffer;
  /** Of the files that the table was made of; empty for the one that Signpost ships. */
  readonly states: readonly FileState[];
};

/** The thread's messages: the result, or why there is none; later, why it could not be kept. */
export type FromLocationThread =
  | { readonly kind: "result"; readonly result: LocationResult | undefined }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "notKept"; readonly reason: string };

export type TaskOptions = {
  /** A compiled table is used but could not be kept for the next start. */
  onNotKept?(reason: string): void;
  timeMaxMs?: number;
};

export type RunningTask = {
  /** `undefined` for a cache without a table; rejects with an MmdbError that tells why. */
  readonly result: Promise<LocationResult | undefined>;
  /** The thread has ended. */
  readonly ended: Promise<void>;
  stop(): void;
};

/** Does a task in a thread of its own. */
export function startLocationTask(task: LocationTask, options: TaskOptions = {}): RunningTask {
  const thread = new Worker(new URL("./location-thread.ts", import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: locationCompileHeapMiB },
  });
  const { promise, resolve, reject } = Promise.withResolvers<LocationResult | undefined>();
  const fail = (reason: string): void => reject(new MmdbError(reason));
  const timeMaxMs = options.timeMaxMs ?? locationCompileTimeMaxMs;
  const timer = setTimeout(() => {
    fail(`Cannot make location table: not done after ${timeMaxMs} ms`);
    void thread.terminate();
  }, timeMaxMs);
  thread.on("message", (message: FromLocationThread) => {
    if (message.kind === "result") resolve(message.result);
    else if (message.kind === "refused") fail(message.reason);
    else options.onNotKept?.(message.reason);
  });
  thread.on("error", (error: Error) => fail(`Cannot make location table: ${error.message}`));
  const ended = new Promise<void>((resolveEnded) => {
    thread.on("exit", () => {
      clearTimeout(timer);
      fail("Cannot make location table: stopped");
      resolveEnded();
    });
  });
  return { result: promise, ended, stop: () => void thread.terminate() };
}
