import { setTimeout as delay } from "node:timers/promises";

/**
 * Waits until `isSo` holds.
 * @throws Error with `what` where it does not within the time
 */
export async function eventually(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  timeoutMs = 10_000,
): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await delay(20);
  }
}
