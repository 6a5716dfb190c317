import type { Libc } from "../libc.ts";

/**
 * One of the four rings that a worker shares with the kernel: mapped by the main thread, so that it
 * outlives workers. Offsets are octets from `address`.
 */
export type RingMapping = {
  address: number;
  size: number;
  producer: number;
  consumer: number;
  flags: number;
  descriptors: number;
  /** A power of two. */
  entryCount: number;
};

/**
 * A ring as a worker uses it. Producer and consumer are counters that wrap at 2^32: the producer
 * writes entries, then its counter; the consumer reads entries, then counts them as consumed. Both
 * are read with Atomics, so that an entry is never read before it has been written.
 */
export class Ring {
  readonly words: Int32Array<ArrayBuffer>;
  readonly #producer: number;
  readonly #consumer: number;
  readonly #flags: number;
  /** Index of the first entry in `words`. */
  readonly #entries: number;
  readonly #wordsPerEntryBits: number;
  readonly #mask: number;
  /** The side that is ours: entries produced or consumed. */
  #position = 0;

  /** `entrySize` 16: `struct xdp_desc`; 8: a frame's address. */
  constructor(libc: Libc, mapping: RingMapping, role: { entrySize: 8 | 16; isProducer: boolean }) {
    this.words = new Int32Array(libc.view(mapping.address, mapping.size));
    this.#producer = mapping.producer >> 2;
    this.#consumer = mapping.consumer >> 2;
    this.#flags = mapping.flags >> 2;
    this.#entries = mapping.descriptors >> 2;
    this.#wordsPerEntryBits = role.entrySize === 16 ? 2 : 1;
    this.#mask = mapping.entryCount - 1;
    this.#position = Atomics.load(this.words, role.isProducer ? this.#producer : this.#consumer);
  }

  /** As consumer: entries that wait. */
  available(): number {
    return (Atomics.load(this.words, this.#producer) - this.#position) | 0;
  }

  /** As producer: entries that the kernel has not taken. */
  pending(): number {
    return (this.#position - Atomics.load(this.words, this.#consumer)) | 0;
  }

  /** Index in `words` of the entry that comes `ahead` entries after our position. */
  entryAt(ahead: number): number {
    return this.#entries + (((this.#position + ahead) & this.#mask) << this.#wordsPerEntryBits);
  }

  /** As producer: hands `count` written entries to the kernel. */
  produce(count: number): void {
    this.#position = (this.#position + count) | 0;
    Atomics.store(this.words, this.#producer, this.#position);
  }

  /** As consumer: gives the room of `count` read entries back. */
  consume(count: number): void {
    this.#position = (this.#position + count) | 0;
    Atomics.store(this.words, this.#consumer, this.#position);
  }

  /** XDP_RING_NEED_WAKEUP: the kernel looks at the ring only when it is told to. */
  needsWakeup(): boolean {
    return (Atomics.load(this.words, this.#flags) & 1) !== 0;
  }
}
