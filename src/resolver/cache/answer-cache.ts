/**
 * Whole responses by question, in shared memory of a fixed size: written by the resolver thread
 * alone (cache-writer.ts), read by the threads that answer (cache-reader.ts). The format is drawn in
 * cache-layout.ts.
 */
export type CacheKey = {
  /**
   * Answers of different views or upstreams never mix: each has a number of its own, never used
   * again. What a partition has that nobody asks any more makes room for others by and by.
   */
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

/** Times are whole seconds of `monotonicSeconds()` (base/clock.ts), or of any other clock. */
export type CacheEntry = {
  key: CacheKey;
  /**
   * A response message without OPT: header, of which RCODE and AD count and the id is the reader's
   * to set; question with the name in lower case; records with their TTLs as of `storedAtSeconds`.
   */
  response: Uint8Array;
  /** When it was put in: its TTLs count down from then. */
  storedAtSeconds: number;
  /** Until when it is fresh. */
  expiresAtSeconds: number;
  /** Until when it may still be given where nothing better is to be had (RFC 8767). */
  staleUntilSeconds: number;
  /** Whoever reads it from then on while it is fresh has it fetched anew, once; none: nobody. */
  prefetchAtSeconds?: number | undefined;
};
