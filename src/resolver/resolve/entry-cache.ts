import type { CacheEntry, CacheKey } from "../cache/answer-cache.ts";
import type { CachedAnswer } from "../cache/cache-lookup.ts";
import { CacheLookup } from "../cache/cache-lookup.ts";
import { CacheWriter } from "../cache/cache-writer.ts";

/** Where answers are kept. */
export type EntryCache = {
  /** An answer that is fresh, or may still be given though it is not. */
  find(key: CacheKey, nowSeconds: number): CachedAnswer | undefined;
  put(entry: CacheEntry): void;
};

/** The cache that the front reads as well. */
export function sharedEntryCache(memory: SharedArrayBuffer): EntryCache {
  const lookup = new CacheLookup(memory);
  const writer = new CacheWriter(memory);
  return {
    find: (key, nowSeconds) => lookup.find(key, nowSeconds),
    put: (entry) => void writer.put(entry),
  };
}
