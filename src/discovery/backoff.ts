import type { Random } from "../base/random.ts";

export type BackoffRange = { minMs: number; maxMs: number };

/** Growing pauses between tries: doubled each time, half of each pause drawn at random. */
export class Backoff {
  readonly #range: BackoffRange;
  readonly #random: Random;
  #failureCount = 0;

  constructor(range: BackoffRange, random: Random) {
    this.#range = range;
    this.#random = random;
  }

  /** How long to wait after one more failure. */
  nextMs(): number {
    const { minMs, maxMs } = this.#range;
    const wholeMs = Math.min(maxMs, minMs * 2 ** Math.min(this.#failureCount, 30));
    this.#failureCount += 1;
    return (wholeMs / 2) * (1 + this.#random.uint32() / 2 ** 32);
  }

  reset(): void {
    this.#failureCount = 0;
  }
}
