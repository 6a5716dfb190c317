import {
  BUCKET,
  ENTRY,
  HEADER,
  MARK,
  hashKey,
  keyWord,
  lastOctets,
  unitWords,
} from "./cache-layout.ts";

/** Results of `read()` that are no size. */
export const READ = {
  /** The entry went while it was read: as good as none. */
  GONE: -1,
  /** Its records have no room. */
  TOO_LARGE: -2,
} as const;

/**
 * Reads the answer cache, without locks and allocating nothing: find an entry, look at its times,
 * and copy its records. What the entry says counts only if `read()` then finds it whole.
 */
export class CacheReader {
  /** Of the response that was read: header's flags with AD and RCODE, counts of the sections. */
  flags = 0;
  answerCount = 0;
  authorityCount = 0;
  additionalCount = 0;
  /** Of the entry that was found: words and octets from the start of the memory, position. */
  #entry = 0;
  #mark = 0;
  #position = 0;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #marks: Uint8Array<SharedArrayBuffer>;
  readonly #seed: number;
  readonly #bucketMask: number;
  readonly #buckets: number;
  readonly #ring: number;
  readonly #ringUnits: number;
  readonly #cycle: number;

  constructor(memory: SharedArrayBuffer) {
    const words = new Int32Array(memory);
    this.#words = words;
    this.#marks = new Uint8Array(memory);
    this.#seed = words[HEADER.seed] as number;
    this.#bucketMask = words[HEADER.bucketMask] as number;
    this.#buckets = words[HEADER.buckets] as number;
    this.#ring = words[HEADER.ring] as number;
    this.#ringUnits = words[HEADER.ringUnits] as number;
    this.#cycle = words[HEADER.cycle] as number;
  }

  /**
   * Finds the entry of a question, fresh or not.
   * @param name holds the name in lower case from offset 0; up to 3 octets after it are read
   * @param variant bits of CACHE_VARIANT
   */
  find(
    name: DataView,
    nameSize: number,
    type: number,
    variant: number,
    partition: number,
  ): boolean {
    const words = this.#words;
    const key = keyWord(type, variant, nameSize);
    const hash = hashKey(this.#seed, name, key, partition);
    const bucket = this.#buckets + (hash & this.#bucketMask) * BUCKET.words;
    for (let i = 0; i < BUCKET.slots; i++) {
      if (words[bucket + i] !== hash) continue;
      // Not Atomics.load: what is read of the entry depends on the position, so it is read later.
      const position = (words[bucket + BUCKET.positions + i] as number) - 1;
      if (position < 0) continue;
      const entry = this.#ring + (position % this.#ringUnits) * unitWords;
      if (words[entry + ENTRY.key] !== key || words[entry + ENTRY.partition] !== partition)
        continue;
      if (!this.#hasName(entry + ENTRY.name, name, nameSize)) continue;
      this.#entry = entry;
      this.#position = position;
      this.#mark = (bucket + BUCKET.marks) * 4 + i;
      return true;
    }
    return false;
  }

  /** Until when the entry that was found is fresh. */
  get expiresAt(): number {
    return this.#words[this.#entry + ENTRY.expiresAt] as number;
  }

  get staleUntil(): number {
    return this.#words[this.#entry + ENTRY.staleUntil] as number;
  }

  get storedAt(): number {
    return this.#words[this.#entry + ENTRY.storedAt] as number;
  }

  /** Whether the entry that was found is to be fetched anew: true for one reader only. */
  claimPrefetch(nowSeconds: number): boolean {
    if ((this.#words[this.#entry + ENTRY.prefetchAt] as number) > nowSeconds) return false;
    if (((this.#marks[this.#mark] as number) & MARK.PREFETCHED) !== 0) return false;
    return (Atomics.or(this.#marks, this.#mark, MARK.PREFETCHED) & MARK.PREFETCHED) === 0;
  }

  /**
   * Copies the records of the entry that was found, with what is left of their TTLs, and marks it
   * as used.
   * @param to offset in `packet` where the first record goes: in the response after the question
   * @param limit offset that they may not pass
   * @param age to be subtracted from the TTLs, in seconds
   * @returns octets of the records, or a value of READ; what lies after `to` may be overwritten then
   */
  read(packet: DataView, to: number, limit: number, age: number): number {
    const words = this.#words;
    const entry = this.#entry;
    const flags = words[entry + ENTRY.flags] as number;
    const counts = words[entry + ENTRY.counts] as number;
    const additional = words[entry + ENTRY.additional] as number;
    const nameSize = (words[entry + ENTRY.key] as number) & 0xff;
    const size = additional & 0xffff;
    const records = entry + ENTRY.name + ((nameSize + 3) >> 2);
    const ttls = records + ((size + 3) >> 2);
    this.flags = flags >>> 16;
    this.answerCount = counts >>> 16;
    this.authorityCount = counts & 0xffff;
    this.additionalCount = additional >>> 16;
    if (to + size > limit) return this.#isWhole() ? READ.TOO_LARGE : READ.GONE;
    if (ttls >= words.length) return READ.GONE;
    this.#copy(packet, to, records, size);
    if (age > 0) this.#countDown(packet, to, size, ttls, flags & 0xffff, age);
    if (!this.#isWhole()) return READ.GONE;
    const marks = this.#marks;
    const mark = marks[this.#mark] as number;
    if ((mark & MARK.USED) === 0) marks[this.#mark] = mark | MARK.USED;
    return size;
  }

  /** Whether the entry's memory still is that of the entry. */
  #isWhole(): boolean {
    const distance = this.#position - Atomics.load(this.#words, HEADER.tail);
    return (distance < 0 ? distance + this.#cycle : distance) < this.#ringUnits;
  }

  #hasName(at: number, name: DataView, size: number): boolean {
    const words = this.#words;
    let i = 0;
    let word = at;
    for (; i + 4 <= size; i += 4) {
      if (words[word++] !== name.getInt32(i, true)) return false;
    }
    return i === size || words[word] === lastOctets(name.getInt32(i, true), size - i);
  }

  #copy(packet: DataView, to: number, from: number, size: number): void {
    const words = this.#words;
    let word = from;
    let i = 0;
    for (; i + 4 <= size; i += 4) packet.setInt32(to + i, words[word++] as number, true);
    if (i === size) return;
    for (let rest = words[word] as number; i < size; i++, rest >>>= 8)
      packet.setUint8(to + i, rest);
  }

  /** Offsets are checked, as they may be those of another entry by now. */
  #countDown(
    packet: DataView,
    to: number,
    size: number,
    ttls: number,
    count: number,
    age: number,
  ): void {
    const words = this.#words;
    for (let i = 0; i < count; i++) {
      const pair = words[ttls + (i >> 1)] as number;
      const offset = (i & 1) === 0 ? pair & 0xffff : pair >>> 16;
      if (offset + 4 > size) return;
      const ttl = packet.getUint32(to + offset);
      packet.setUint32(to + offset, ttl > age ? ttl - age : 0);
    }
  }
}
