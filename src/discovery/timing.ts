import { setTimeout as delay } from "node:timers/promises";

/** Monotonic time as a parameter, so that tests run hours in milliseconds. */
export type Timing = {
  /** Milliseconds since some moment; never goes back. */
  nowMs(): number;
  /** Resolves after so long, or at once when the signal aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
};

export const realTiming: Timing = {
  nowMs: () => performance.now(),
  async sleep(ms, signal) {
    try {
      await delay(ms, undefined, signal ? { signal } : {});
    } catch {
      // Aborted: whoever did so looks at its own state next.
    }
  },
};
