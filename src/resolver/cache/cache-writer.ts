import { assert } from "../../base/assert.ts";
import { cacheSecondChanceCountMax, cacheSecondChancesPerPut } from "../../base/limits.ts";
import type { CacheEntry, CacheKey } from "./answer-cache.ts";
import {
  BUCKET,
  COUNT,
  ENTRY,
  HEADER,
  MARK,
  countsOf,
  hashKey,
  keyWord,
  unitSize,
  unitWords,
} from "./cache-layout.ts";
import { readResponse } from "./cached-response.ts";
import type { CachedResponse } from "./cached-response.ts";

/** A TTL runs out before that; words are signed. */
const never = 0x7fffffff;

/**
 * The one writer of an answer cache. All its state is in the memory, so that one that dies leaves
 * nothing behind that its successor, or a reader, would trip over.
 */
export class CacheWriter {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #marks: Uint8Array<SharedArrayBuffer>;
  readonly #counts: Float64Array<SharedArrayBuffer>;
  readonly #ringUnits: number;
  readonly #cycle: number;
  readonly #entryUnitsMax: number;
  /** Second chances that may be given now; each put brings some. */
  #chances = cacheSecondChanceCountMax;

  constructor(memory: SharedArrayBuffer) {
    const words = new Int32Array(memory);
    this.#words = words;
    this.#marks = new Uint8Array(memory);
    this.#counts = countsOf(memory);
    this.#ringUnits = words[HEADER.ringUnits] as number;
    this.#cycle = words[HEADER.cycle] as number;
    this.#entryUnitsMax = words[HEADER.entryUnitsMax] as number;
  }

  /**
   * Puts an answer in, in the place of any other to the same question.
   * @returns false where it is too large; there is none to the question then
   */
  put(entry: CacheEntry): boolean {
    const response = readResponse(entry.response, entry.key.name);
    const units = unitsOf(entry.key, response);
    if (units > this.#entryUnitsMax) {
      this.#count(COUNT.refused, 1);
      this.remove(entry.key);
      return false;
    }
    this.#makeRoom(units, entry.storedAtSeconds);
    const hash = this.#hashOf(entry.key);
    const position = this.#skipTo(units);
    this.#write(this.#wordOf(position), { entry, response, units, hash });
    this.#setHead(position + units);
    this.#point(hash, position, entry);
    this.#count(COUNT.puts, 1);
    return true;
  }

  /** Takes the answer to a question out. @returns whether there was one */
  remove(key: CacheKey): boolean {
    const slot = this.#slotOfKey(this.#hashOf(key), key);
    if (slot < 0) return false;
    this.#clear(slot);
    return true;
  }

  #hashOf({ name, type, variant, partition }: CacheKey): number {
    const padded = new Uint8Array(name.length + 4);
    padded.set(name);
    const word = keyWord(type, variant, name.length);
    const view = new DataView(padded.buffer);
    return hashKey(this.#words[HEADER.seed] as number, view, word, partition);
  }

  #write(
    at: number,
    {
      entry,
      response,
      units,
      hash,
    }: {
      entry: CacheEntry;
      response: CachedResponse;
      units: number;
      hash: number;
    },
  ): void {
    const words = this.#words;
    const { key } = entry;
    const { records, ttlOffsets } = response;
    words[at + ENTRY.units] = units;
    words[at + ENTRY.hash] = hash;
    words[at + ENTRY.partition] = key.partition;
    words[at + ENTRY.key] = keyWord(key.type, key.variant, key.name.length);
    words[at + ENTRY.storedAt] = Math.floor(entry.storedAtSeconds);
    words[at + ENTRY.expiresAt] = Math.floor(entry.expiresAtSeconds);
    words[at + ENTRY.prefetchAt] = Math.floor(entry.prefetchAtSeconds ?? never);
    words[at + ENTRY.staleUntil] = Math.floor(entry.staleUntilSeconds);
    words[at + ENTRY.flags] = (response.flags << 16) | ttlOffsets.length;
    words[at + ENTRY.counts] = (response.answerCount << 16) | response.authorityCount;
    words[at + ENTRY.additional] = (response.additionalCount << 16) | records.length;
    const afterName = this.#writeOctets(at + ENTRY.name, key.name);
    const afterRecords = this.#writeOctets(afterName, records);
    for (let i = 0; i < ttlOffsets.length; i += 2) {
      const second = ttlOffsets[i + 1] ?? 0;
      words[afterRecords + (i >> 1)] = (second << 16) | (ttlOffsets[i] as number);
    }
  }

  /** @returns the word after the octets, which are padded with zeros */
  #writeOctets(at: number, octets: Uint8Array): number {
    const words = this.#words;
    const count = Math.ceil(octets.length / 4);
    for (let i = 0; i < count; i++) {
      const from = i * 4;
      const [a = 0, b = 0] = [octets[from], octets[from + 1]];
      const [c = 0, d = 0] = [octets[from + 2], octets[from + 3]];
      words[at + i] = a | (b << 8) | (c << 16) | (d << 24);
    }
    return at + count;
  }

  /** Frees at the tail until so many units fit in one piece, and the guard stays. */
  #makeRoom(units: number, nowSeconds: number): void {
    const room = this.#ringUnits - 2 * this.#entryUnitsMax;
    const chances = this.#chances + cacheSecondChancesPerPut;
    this.#chances = Math.min(chances, cacheSecondChanceCountMax);
    while (this.#usedUnits() + this.#gapBefore(units) + units > room) {
      if (this.#freeOldest(nowSeconds, this.#chances > 0)) this.#chances--;
    }
  }

  /** @returns whether it was appended again, where it may */
  #freeOldest(nowSeconds: number, mayStay: boolean): boolean {
    const words = this.#words;
    const tail = words[HEADER.tail] as number;
    const at = this.#wordOf(tail);
    const units = words[at + ENTRY.units] as number;
    let stays = false;
    const slot = units < 0 ? -1 : this.#slotAt(words[at + ENTRY.hash] as number, tail);
    if (slot >= 0) {
      const isDead = this.#isDead(tail, nowSeconds);
      const isUsed = ((this.#marks[this.#markOf(slot)] as number) & MARK.USED) !== 0;
      stays = mayStay && isUsed && !isDead && this.#append(slot, at, units);
      if (!stays) {
        this.#clear(slot);
        this.#count(isDead ? COUNT.expired : COUNT.evicted, 1);
      }
    }
    // Not before: from now on its memory may be written to.
    Atomics.store(words, HEADER.tail, (tail + Math.abs(units)) % this.#cycle);
    return stays;
  }

  /** Second chance: a copy at the head, not yet used. @returns false where there is no room */
  #append(slot: number, from: number, units: number): boolean {
    const words = this.#words;
    const room = this.#ringUnits - this.#entryUnitsMax;
    if (this.#usedUnits() + this.#gapBefore(units) + units > room) return false;
    const position = this.#skipTo(units);
    words.copyWithin(this.#wordOf(position), from, from + units * unitWords);
    this.#setHead(position + units);
    Atomics.store(words, slot + BUCKET.positions, position + 1);
    // What was asked to be fetched anew stays so.
    this.#marks[this.#markOf(slot)] = (this.#marks[this.#markOf(slot)] as number) & ~MARK.USED;
    this.#count(COUNT.kept, 1);
    return true;
  }

  /** Units before the ring's end that an entry of this size does not fit into. */
  #gapBefore(units: number): number {
    const left = this.#ringUnits - ((this.#words[HEADER.head] as number) % this.#ringUnits);
    return units > left ? left : 0;
  }

  /** @returns the position of an entry of this size, after what the one before it leaves unused */
  #skipTo(units: number): number {
    const gap = this.#gapBefore(units);
    const head = this.#words[HEADER.head] as number;
    if (gap === 0) return head;
    this.#words[this.#wordOf(head) + ENTRY.units] = -gap;
    this.#setHead(head + gap);
    return this.#words[HEADER.head] as number;
  }

  #setHead(position: number): void {
    this.#words[HEADER.head] = position % this.#cycle;
  }

  #usedUnits(): number {
    const words = this.#words;
    const distance = (words[HEADER.head] as number) - (words[HEADER.tail] as number);
    return distance < 0 ? distance + this.#cycle : distance;
  }

  /** Lets a slot point to a new entry: that of the same key, a free one, or the least useful one. */
  #point(hash: number, position: number, { key, storedAtSeconds }: CacheEntry): void {
    const same = this.#slotOfKey(hash, key);
    const slot = same < 0 ? this.#freeSlot(hash, storedAtSeconds) : same;
    const old = (this.#words[slot + BUCKET.positions] as number) - 1;
    if (same >= 0) {
      // Not cleared: readers go from the old answer to the new one without a gap.
      this.#countEntry(old, -1);
      this.#count(COUNT.replaced, 1);
    } else if (old >= 0) {
      this.#count(this.#isDead(old, storedAtSeconds) ? COUNT.expired : COUNT.crowded, 1);
      this.#clear(slot);
    }
    this.#words[slot] = hash;
    this.#marks[this.#markOf(slot)] = 0;
    Atomics.store(this.#words, slot + BUCKET.positions, position + 1);
    this.#countEntry(position, 1);
  }

  /**
   * A slot of the hash's bucket: one that is free, else whose entry is good for nothing any more,
   * else one that nobody has used, else the one with the oldest entry.
   */
  #freeSlot(hash: number, nowSeconds: number): number {
    const first = this.#bucketAt(hash);
    let chosen = first;
    let least = Infinity;
    for (let slot = first; slot < first + BUCKET.slots; slot++) {
      const position = (this.#words[slot + BUCKET.positions] as number) - 1;
      if (position < 0 || this.#isDead(position, nowSeconds)) return slot;
      const isUsed = ((this.#marks[this.#markOf(slot)] as number) & MARK.USED) !== 0;
      const age = this.#distance(position) + (isUsed ? this.#cycle : 0);
      if (age < least) [chosen, least] = [slot, age];
    }
    return chosen;
  }

  #isDead(position: number, nowSeconds: number): boolean {
    return (this.#words[this.#wordOf(position) + ENTRY.staleUntil] as number) <= nowSeconds;
  }

  /** Units from the tail. */
  #distance(position: number): number {
    const distance = position - (this.#words[HEADER.tail] as number);
    return distance < 0 ? distance + this.#cycle : distance;
  }

  #clear(slot: number): void {
    this.#countEntry((this.#words[slot + BUCKET.positions] as number) - 1, -1);
    Atomics.store(this.#words, slot + BUCKET.positions, 0);
    this.#marks[this.#markOf(slot)] = 0;
  }

  #countEntry(position: number, sign: 1 | -1): void {
    const units = this.#words[this.#wordOf(position) + ENTRY.units] as number;
    this.#count(COUNT.entries, sign);
    this.#count(COUNT.octets, sign * units * unitSize);
  }

  /** The slot that points to a position; −1: none does any more. */
  #slotAt(hash: number, position: number): number {
    const first = this.#bucketAt(hash);
    for (let slot = first; slot < first + BUCKET.slots; slot++) {
      if (this.#words[slot + BUCKET.positions] === position + 1) return slot;
    }
    return -1;
  }

  #slotOfKey(hash: number, key: CacheKey): number {
    const words = this.#words;
    const word = keyWord(key.type, key.variant, key.name.length);
    const first = this.#bucketAt(hash);
    for (let slot = first; slot < first + BUCKET.slots; slot++) {
      const position = (words[slot + BUCKET.positions] as number) - 1;
      if (position < 0 || words[slot] !== hash) continue;
      const at = this.#wordOf(position);
      const isSame =
        words[at + ENTRY.key] === word && words[at + ENTRY.partition] === key.partition;
      if (isSame && this.#hasName(at + ENTRY.name, key.name)) return slot;
    }
    return -1;
  }

  #hasName(at: number, name: Uint8Array): boolean {
    const octets = new Uint8Array(this.#words.buffer, at * 4, name.length);
    return octets.every((octet, i) => octet === name[i]);
  }

  /** Where a bucket begins. Slots are known by the words of their hashes. */
  #bucketAt(hash: number): number {
    const words = this.#words;
    const bucket = hash & (words[HEADER.bucketMask] as number);
    return (words[HEADER.buckets] as number) + bucket * BUCKET.words;
  }

  /** The octet of a slot's marks. */
  #markOf(slot: number): number {
    const index = (slot - (this.#words[HEADER.buckets] as number)) % BUCKET.words;
    return (slot - index + BUCKET.marks) * 4 + index;
  }

  #wordOf(position: number): number {
    return (this.#words[HEADER.ring] as number) + (position % this.#ringUnits) * unitWords;
  }

  #count(index: number, by: number): void {
    this.#counts[index] = (this.#counts[index] as number) + by;
  }
}

function unitsOf(key: CacheKey, { records, ttlOffsets }: CachedResponse): number {
  const nameWords = Math.ceil(key.name.length / 4);
  const recordWords = Math.ceil(records.length / 4);
  const ttlWords = Math.ceil(ttlOffsets.length / 2);
  return Math.ceil((ENTRY.name + nameWords + recordWords + ttlWords) / unitWords);
}
