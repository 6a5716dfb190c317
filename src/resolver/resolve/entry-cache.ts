import type { CacheEntry, CacheKey } from "../cache/answer-cache.ts";

/** Where answers are kept: the shared cache, or memory of this thread in tests. */
export type EntryCache = {
  /** Fresh or not; the response is the caller's. */
  get(key: CacheKey): CacheEntry | undefined;
  put(entry: CacheEntry): void;
};

/** Entries in a Map; the longest unused goes first. */
export class MemoryCache implements EntryCache {
  readonly #entries = new Map<string, CacheEntry>();
  readonly #countMax: number;

  constructor(countMax = 1_000) {
    this.#countMax = countMax;
  }

  get(key: CacheKey): CacheEntry | undefined {
    const text = textOf(key);
    const entry = this.#entries.get(text);
    if (!entry) return undefined;
    this.#entries.delete(text);
    this.#entries.set(text, entry);
    return entry;
  }

  put(entry: CacheEntry): void {
    const text = textOf(entry.key);
    this.#entries.delete(text);
    this.#entries.set(text, entry);
    if (this.#entries.size <= this.#countMax) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }
}

function textOf({ partition, name, type, variant }: CacheKey): string {
  return `${partition} ${type} ${variant} ${String.fromCharCode(...name)}`;
}
