import { setImmediate } from "node:timers/promises";
import { planSliceMs } from "../../base/limits.ts";

/**
 * Handles items one by one, giving others on the thread a turn when a slice of time is over.
 * @param around runs one slice
 */
export async function inSlices<T>(
  items: readonly T[],
  f: (item: T) => void,
  around: (slice: () => void) => void = (slice) => slice(),
): Promise<void> {
  let next = 0;
  while (next < items.length) {
    if (next > 0) await setImmediate();
    const sliceEnd = performance.now() + planSliceMs;
    around(() => {
      do f(items[next++] as T);
      while (next < items.length && performance.now() < sliceEnd);
    });
  }
}
