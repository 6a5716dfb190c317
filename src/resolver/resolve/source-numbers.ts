import { numbersPerThread, sourceNumberCountMax } from "../../base/limits.ts";

/**
 * Numbers for views and for partitions of the cache. What has the same text has the same number; a
 * number that was given out stands for nothing else until the process ends.
 */
export class SourceNumbers {
  readonly #numbers = new Map<string, number>();
  readonly #end: number;
  readonly #onUsedUp: (error: Error) => void;
  #next: number;

  /**
   * @param first above all that threads before this one gave out
   * @param options `onUsedUp`: those after them belong to the next thread, which is to begin
   */
  constructor(
    first: number,
    options: { count?: number; onUsedUp?(this: void, error: Error): void } = {},
  ) {
    this.#next = first;
    this.#end = first + (options.count ?? numbersPerThread);
    this.#onUsedUp = options.onUsedUp ?? (() => undefined);
  }

  /**
   * @param text all that makes a difference
   * @throws Error where this thread has given out all its numbers
   */
  of(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    if (this.#next === this.#end) {
      const error = new Error("All numbers of this resolver thread are used up");
      this.#onUsedUp(error);
      throw error;
    }
    // What is forgotten gets another number, and so an empty partition.
    if (this.#numbers.size >= sourceNumberCountMax) this.#numbers.clear();
    const number = this.#next++;
    this.#numbers.set(text, number);
    return number;
  }
}
