import { getHeapStatistics } from "node:v8";

/** `gc()`, which `bin/signpost` has V8 expose; where it is not there, nothing is done. */
type Collect = (options: { type: "major"; execution: "sync"; flavor: "last-resort" }) => void;

/** What a thread has loaded it has by then. */
const settledAfterMs = 2_000;
const lookIntervalMs = 20_000;
/** A heap that has grown by so much since it was last collected is worth the pause. */
const growthMinBytes = 8 * 1024 * 1024;
/** Share of time that a thread with nothing to do is busy. */
const idleShareMax = 0.05;

/**
 * Collects this thread's garbage and returns the pages to the system, which V8 keeps for a long time
 * where a thread has little to do: its start, or an import, has then left more than it uses. Takes 10
 * to 40 ms (measured: docs/design/0009-memory.md).
 */
export function releaseMemory(): void {
  const { gc } = globalThis as { gc?: Collect };
  gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
}

/**
 * Releases memory once this thread has settled, and whenever it is idle after it has grown.
 * @param afterMs when it will have settled; 0: it has
 */
export function keepMemorySmall(afterMs = settledAfterMs): void {
  let size = 0;
  let load = performance.eventLoopUtilization();
  const release = (): void => {
    releaseMemory();
    size = getHeapStatistics().total_heap_size;
  };
  const look = (): void => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, load);
    load = now;
    const hasGrown = getHeapStatistics().total_heap_size - size > growthMinBytes;
    if (hasGrown && utilization < idleShareMax) release();
  };
  if (afterMs === 0) release();
  else setTimeout(release, afterMs).unref();
  setInterval(look, lookIntervalMs).unref();
}
