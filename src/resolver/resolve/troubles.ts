import { troubleCountMax, troubleLineCountMax, troubleLogIntervalMs } from "../../base/limits.ts";
import type { Logger } from "../../telemetry/logger.ts";

/**
 * What goes wrong again and again is written to the log once a minute, with a count; and of all that
 * is different no more than some lines, as clients can bring about much.
 */
export class Troubles {
  readonly #logger: Logger;
  readonly #nowMs: () => number;
  /** By text: when it was written last, and how often it has come since. */
  readonly #seen = new Map<string, { writtenMs: number; count: number }>();
  /** Lines of the minute that began then. */
  #lines = { sinceMs: -Infinity, count: 0 };

  constructor(logger: Logger, nowMs: () => number) {
    this.#logger = logger;
    this.#nowMs = nowMs;
  }

  /** @param what one sentence that says what to do about it, or at least where to look */
  warn(what: string): void {
    const count = this.#due(what);
    if (count > 0) this.#logger.warn({ count }, what);
  }

  /** An error that nobody had thought of: the query fails, the resolver goes on. */
  bug(what: string, error: unknown): void {
    const count = this.#due(`${what}: ${String(error)}`);
    if (count > 0) this.#logger.error({ count, err: error }, `error while ${what}`);
  }

  #takeLine(nowMs: number): boolean {
    if (nowMs - this.#lines.sinceMs >= troubleLogIntervalMs) {
      this.#lines = { sinceMs: nowMs, count: 0 };
    }
    return this.#lines.count++ < troubleLineCountMax;
  }

  /** How often it has come since it was written, if it is to be written now; else 0. */
  #due(what: string): number {
    const nowMs = this.#nowMs();
    const seen = this.#seen.get(what) ?? { writtenMs: -Infinity, count: 0 };
    seen.count++;
    if (this.#seen.size >= troubleCountMax) this.#seen.clear();
    this.#seen.set(what, seen);
    if (nowMs - seen.writtenMs < troubleLogIntervalMs || !this.#takeLine(nowMs)) return 0;
    const { count } = seen;
    seen.writtenMs = nowMs;
    seen.count = 0;
    return count;
  }
}
