/**
 * Whole responses by question, in shared memory of a fixed size: written by the resolver thread
 * alone, read by the threads that answer.
 */
export type CacheKey = {
  /** Answers of different views or upstreams never mix: each has a number of its own. */
  partition: number;
  /** Wire form, lower case. */
  name: Uint8Array;
  type: number;
  /** Bits of CACHE_VARIANT. */
  variant: number;
};

/** What answers differ by besides the question. */
export const CACHE_VARIANT = {
  /** The client wants DNSSEC records (DO). */
  DNSSEC_OK: 1,
  /** The client checks signatures itself (CD). */
  CHECKING_DISABLED: 2,
} as const;

export type CacheEntry = {
  key: CacheKey;
  /**
   * A response message without OPT: header (its id is the reader's to set), question with the name
   * in lower case, records with their TTLs as of `storedAtSeconds`.
   */
  response: Uint8Array;
  /** Monotonic seconds (the cache's clock), when it was put in and until when it is fresh. */
  storedAtSeconds: number;
  expiresAtSeconds: number;
  /** Until when it may still be given where nothing better is to be had (RFC 8767). */
  staleUntilSeconds: number;
};
