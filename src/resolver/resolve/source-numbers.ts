import { sourceNumberCountMax } from "../../base/limits.ts";

/**
 * Numbers for views and for partitions of the cache. What has the same text has the same number; a
 * number that was given out stands for nothing else until the process ends.
 */
export class SourceNumbers {
  readonly #numbers = new Map<string, number>();
  #next: number;

  /** @param first above all that threads before this one gave out */
  constructor(first: number) {
    this.#next = first;
  }

  /** @param text all that makes a difference */
  of(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    // What is forgotten gets another number, and so an empty partition.
    if (this.#numbers.size >= sourceNumberCountMax) this.#numbers.clear();
    const number = this.#next++;
    this.#numbers.set(text, number);
    return number;
  }
}
