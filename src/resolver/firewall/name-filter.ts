import type { Name } from "../../dns/wire/name.ts";
import { MATCHES } from "./domain-set.ts";
import type { DomainSet } from "./domain-set.ts";
import { SuffixHashes } from "./suffix-hashes.ts";

/**
 * Says of most names that no rule of a firewall can match them, by two bits for each line of its
 * domain lists (a Bloom filter). Plain data in shared memory: threads that answer from the cache
 * can look at it, too.
 */
export type NameFilter = {
  /** Every name may match: a list has `*`, or one cannot be read. */
  matchesAll: boolean;
  /** A power of two of words, in a SharedArrayBuffer. */
  words: Uint32Array;
};

/** Bits for each line: some 0.8 % of other suffixes are taken for one of them. */
const bitsPerLine = 16;
/** What the hash of a line that matches names below it is changed by. */
const belowSalt = 0x9e3779b9;

export function makeNameFilter(sets: readonly DomainSet[]): NameFilter {
  let count = 0;
  for (const set of sets) set.eachHash(() => count++);
  const wordCount = 2 ** Math.max(0, Math.ceil(Math.log2((count * bitsPerLine) / 32 + 1)));
  const words = new Uint32Array(new SharedArrayBuffer(4 * wordCount));
  for (const set of sets) {
    set.eachHash((hash, matches) => {
      const bits = matches === MATCHES.BELOW ? hash ^ belowSalt : hash;
      addBit(words, bits);
      addBit(words, secondHash(bits));
    });
  }
  return { matchesAll: sets.some((set) => set.matchesAll), words };
}

const scratch = new SuffixHashes();

/**
 * Whether any line could match; allocates nothing.
 * @param name wire form, lower case
 * @param size its octets, where others follow
 */
export function filterMayMatch(filter: NameFilter, name: Name, size = name.length): boolean {
  if (filter.matchesAll) return true;
  scratch.fill(name, size);
  return suffixesMayMatch(filter, scratch);
}

export function suffixesMayMatch({ matchesAll, words }: NameFilter, of: SuffixHashes): boolean {
  if (matchesAll) return true;
  if (of.count === 0) return false;
  if (hasBits(words, of.hashes[0] as number)) return true;
  for (let i = 1; i < of.count; i++) {
    if (hasBits(words, (of.hashes[i] as number) ^ belowSalt)) return true;
  }
  return false;
}

function hasBits(words: Uint32Array, hash: number): boolean {
  return hasBit(words, hash) && hasBit(words, secondHash(hash));
}

function hasBit(words: Uint32Array, hash: number): boolean {
  return (((words[(hash >>> 5) & (words.length - 1)] as number) >>> (hash & 31)) & 1) === 1;
}

function addBit(words: Uint32Array, hash: number): void {
  const index = (hash >>> 5) & (words.length - 1);
  words[index] = (words[index] as number) | (1 << (hash & 31));
}

function secondHash(hash: number): number {
  const h = Math.imul(hash, 0x2c1b3c6d);
  return h ^ (h >>> 15);
}
