import type { ProbeResult } from "./probe-result.ts";
import { Reason } from "./reason.ts";

/**
 * One probe under way: what it has measured, its one time limit, and what it must close. It ends
 * exactly once; what comes later (a late error, a second timeout) changes nothing.
 */
export class Attempt {
  connectMs = 0;
  tlsMs = 0;
  firstByteMs = 0;
  /** Resolves when the probe ends; never rejects. */
  readonly result: Promise<ProbeResult>;
  #resolve: (result: ProbeResult) => void = () => {};
  #ended = false;
  #endsAt = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #lastLook: NodeJS.Immediate | undefined;
  #closers: (() => void)[] = [];
  #signal: AbortSignal | undefined;
  readonly #abort = (): void => this.end(Reason.none);

  /** @param signal stops the probe; it then ends with `Reason.none`, which says nothing */
  constructor(signal: AbortSignal | undefined) {
    this.result = new Promise((resolve) => (this.#resolve = resolve));
    this.#signal = signal;
    if (signal?.aborted) this.end(Reason.none);
    else signal?.addEventListener("abort", this.#abort);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Sets the time for all that is still to come; no `limit` goes beyond it. */
  deadline(timeoutMs: number): void {
    this.#endsAt = performance.now() + timeoutMs;
  }

  /** Sets the time that what happens now may take, in place of the limit set before. */
  limit(timeoutMs: number, reason: Reason, detail = 0): void {
    if (this.#ended) return;
    this.#clearLimit();
    const leftMs = Math.min(timeoutMs, this.#endsAt - performance.now());
    this.#timer = setTimeout(() => {
      // Where this thread was late, an answer may be there already: the sockets are read first.
      this.#lastLook = setImmediate(() => this.end(reason, detail));
    }, leftMs);
  }

  #clearLimit(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#lastLook);
  }

  /** What is closed when the probe ends; at once, if it has. */
  closes(close: () => void): void {
    if (this.#ended) close();
    else this.#closers.push(close);
  }

  /** Runs a step in an event's listener: a bug in it is this probe's end, not the checker's. */
  step(run: () => void): void {
    if (this.#ended) return;
    try {
      run();
    } catch {
      this.end(Reason.internal);
    }
  }

  /** Ends the probe: timer off, everything closed, result given. */
  end(reason: Reason, detail = 0): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#clearLimit();
    this.#signal?.removeEventListener("abort", this.#abort);
    for (const close of this.#closers) close();
    this.#closers = [];
    const { connectMs, tlsMs, firstByteMs } = this;
    const bounded = Math.min(Math.max(Math.trunc(detail), 0), 65_535);
    this.#resolve({ reason, detail: bounded, connectMs, tlsMs, firstByteMs });
  }
}
