/** Where a component gets the time from: a parameter, so that any run can be replayed. */
export type Clock = {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  nowMs(): number;
};

export const systemClock: Clock = { nowMs: () => Date.now() };

/** A clock that stands still until it is told to move; for tests and replays. */
export function manualClock(startMs: number): Clock & { advanceMs(ms: number): void } {
  let now = startMs;
  return { nowMs: () => now, advanceMs: (ms) => void (now += ms) };
}

const sinceBoot = process.hrtime();
const startSeconds = sinceBoot[0] + sinceBoot[1] / 1e9 - performance.now() / 1000;

/** Seconds that only go forward, the same in all threads of the process. */
export function monotonicSeconds(): number {
  return startSeconds + performance.now() / 1000;
}
