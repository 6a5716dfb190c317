import { assert } from "../../base/assert.ts";
import { cacheEntrySizeMax, cacheSizeMin } from "../../base/limits.ts";

/**
 * The memory of the answer cache, in 32-bit words of the machine's order:
 *
 * ```
 *   header     32 words   see HEADER
 *   counts     16 × Float64, see COUNT
 *   buckets    16 words each, a cache line: see BUCKET
 *   ring       entries, one behind the other in the order in which they were put in
 * ```
 *
 * The ring is a log: the writer appends at the head, and frees entries at the tail to make room. One
 * that was read since it came there is appended again instead (second chance), so what goes first is
 * what nobody asks for, and room is shared by octets, whatever the size of an answer.
 *
 * A position counts units of 8 octets since the beginning, modulo `cycle` (a multiple of the ring's
 * size, so that it never means two places within a reader's lifetime). An entry is never changed
 * once a slot points to it. Before its memory is used again the tail has passed it: so a reader that
 * has copied an entry, and then finds the tail still at or before it, has copied it whole. The
 * writer stays `guard` units behind the tail: loads of a processor that reorders them can pass the
 * look at the tail by some instructions, never by the time in which that much is written.
 */
export const HEADER = {
  /** Seed of the hash of keys. */
  seed: 0,
  /** Buckets less one; their number is a power of two. */
  bucketMask: 1,
  /** Offset of the first bucket, in words. */
  buckets: 2,
  /** Offset of the ring, in words. */
  ring: 3,
  /** Units of the ring. */
  ringUnits: 4,
  /** Positions are below it. */
  cycle: 5,
  /** Units of the largest entry; the guard is twice that. */
  entryUnitsMax: 6,
  /** Where the next entry goes; the writer's. */
  head: 7,
  /** Position of the oldest entry; read and written atomically, in a cache line of its own. */
  tail: 16,
  words: 32,
} as const;

/** Indexes of the counts, which the writer alone writes. */
export const COUNT = {
  /** Entries that can be found. */
  entries: 0,
  /** Octets that they take. */
  octets: 1,
  puts: 2,
  /** Entries that gave way to a newer one of the same key. */
  replaced: 3,
  /** Entries that were freed to make room though still good for something. */
  evicted: 4,
  /** Entries that were freed when no longer good for anything. */
  expired: 5,
  /** Second chances. */
  kept: 6,
  /** Entries that a full bucket gave up for another. */
  crowded: 7,
  /** Answers that were too large to be put in. */
  refused: 8,
  size: 16,
} as const;

/** Words of a bucket, which has 7 slots, from its first. */
export const BUCKET = {
  slots: 7,
  /** Hash of each slot's key. */
  hashes: 0,
  /** Position of each slot's entry, counted from 1; 0: the slot is free. */
  positions: 7,
  /** An octet a slot, bits of MARK. They are not in the entry: a reader may be late to set one. */
  marks: 14,
  words: 16,
} as const;

export const MARK = {
  /** Somebody has read it. */
  USED: 1,
  /** It has been handed over to be fetched anew. */
  PREFETCHED: 2,
} as const;

/**
 * Words of an entry. After them come the name, padded to a word; the records, padded to a word; and
 * for each record the offset of its TTL from the first record, 16 bits each, two a word.
 */
export const ENTRY = {
  /** Units of the entry; negative: that many units are unused up to the ring's end. */
  units: 0,
  hash: 1,
  partition: 2,
  /** type 16 | variant 8 | octets of the name 8 */
  key: 3,
  storedAt: 4,
  expiresAt: 5,
  prefetchAt: 6,
  staleUntil: 7,
  /** header's second word 16 (its flags) | number of TTLs 16 */
  flags: 8,
  /** answer count 16 | authority count 16 */
  counts: 9,
  /** additional count 16 | octets of the records 16 */
  additional: 10,
  name: 11,
} as const;

export const unitSize = 8;
export const unitWords = unitSize / 4;
const countsOffset = HEADER.words * 4;
/** Octets of memory for each bucket: some four usual entries, so that few buckets are full. */
const sizePerBucket = 512;
/** A larger entry than this part of the ring would push out too much at once. */
const entriesMin = 16;

/**
 * Memory for a cache, empty.
 * @param size of all of it, in octets
 * @param seed 32 bits that nobody outside knows
 */
export function createCacheMemory(size: number, seed: number): SharedArrayBuffer {
  assert(size >= cacheSizeMin, "a cache has its least size");
  const memory = new SharedArrayBuffer(size);
  const words = new Int32Array(memory);
  const bucketCount = 2 ** Math.floor(Math.log2(size / sizePerBucket));
  const buckets = (countsOffset + COUNT.size * 8) / 4;
  const ring = buckets + bucketCount * BUCKET.words;
  const ringUnits = Math.floor((words.length - ring) / unitWords);
  words[HEADER.seed] = seed;
  words[HEADER.bucketMask] = bucketCount - 1;
  words[HEADER.buckets] = buckets;
  words[HEADER.ring] = ring;
  words[HEADER.ringUnits] = ringUnits;
  words[HEADER.cycle] = ringUnits * Math.floor((2 ** 31 - 1) / ringUnits);
  const entrySizeMax = Math.min(cacheEntrySizeMax, (ringUnits * unitSize) / entriesMin);
  words[HEADER.entryUnitsMax] = Math.floor(entrySizeMax / unitSize);
  return memory;
}

export function countsOf(memory: SharedArrayBuffer): Float64Array<SharedArrayBuffer> {
  return new Float64Array(memory, countsOffset, COUNT.size);
}

export type CacheStatistics = Record<Exclude<keyof typeof COUNT, "size">, number> & {
  /** Octets of all of it. */
  size: number;
};

/** What the writer has counted so far; for any thread. */
export function cacheStatistics(memory: SharedArrayBuffer): CacheStatistics {
  const counts = countsOf(memory);
  const entries = Object.entries(COUNT).map(([name, index]) => [name, counts[index] ?? 0]);
  return { ...(Object.fromEntries(entries) as CacheStatistics), size: memory.byteLength };
}

export function keyWord(type: number, variant: number, nameSize: number): number {
  return (type << 16) | (variant << 8) | nameSize;
}

/**
 * @param name in lower case from offset 0; up to 3 octets after it are read
 * @param word type, variant and size of the name, see `keyWord`
 */
export function hashKey(seed: number, name: DataView, word: number, partition: number): number {
  const size = word & 0xff;
  let hash = mix(mix(seed, word), partition);
  let at = 0;
  for (; at + 4 <= size; at += 4) hash = mix(hash, name.getInt32(at, true));
  return at === size ? hash : mix(hash, lastOctets(name.getInt32(at, true), size - at));
}

/** The first `count` octets of a word that was read little-endian, 1 to 3. */
export function lastOctets(word: number, count: number): number {
  return word & ((1 << (count << 3)) - 1);
}

function mix(hash: number, word: number): number {
  const product = Math.imul(hash ^ word, 0x9e3779b1);
  return product ^ (product >>> 15);
}
