import { setImmediate as turn } from "node:timers/promises";
import type { Timing } from "../../src/discovery/timing.ts";

export type ManualTiming = Timing & {
  /** Moves time on, and lets what was due at each moment run. */
  advance(ms: number): Promise<void>;
  /** How many sleep now. */
  sleeperCount(): number;
};

/** Time that stands still until a test moves it. */
export function manualTiming(): ManualTiming {
  let now = 0;
  let sleepers: { atMs: number; wake(): void }[] = [];
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 20; i += 1) await turn();
  };
  return {
    nowMs: () => now,
    sleeperCount: () => sleepers.length,
    sleep(ms, signal) {
      return new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const sleeper = { atMs: now + ms, wake: resolve };
        sleepers.push(sleeper);
        signal?.addEventListener("abort", () => {
          sleepers = sleepers.filter((other) => other !== sleeper);
          resolve();
        });
      });
    },
    async advance(ms) {
      const endMs = now + ms;
      await settle();
      for (;;) {
        const due = sleepers
          .filter(({ atMs }) => atMs <= endMs)
          .toSorted((a, b) => a.atMs - b.atMs);
        const [next] = due;
        if (!next) break;
        now = Math.max(now, next.atMs);
        sleepers = sleepers.filter((sleeper) => sleeper !== next);
        next.wake();
        await settle();
      }
      now = endMs;
      await settle();
    },
  };
}
