import { queryLogEntryCountMax } from "../base/limits.ts";

/**
 * A bounded queue of query log entries from one worker to the main thread, in shared memory: one
 * thread writes, one reads, nobody waits. A full ring drops the new entry.
 *
 *   head  Int32 entries ever written (wraps), tail  Int32 entries ever read, then the slots:
 *
 *   offset  size  field
 *        0     8  time, Float64, milliseconds since 1970
 *        8     4  zone key, Int32
 *       12     2  qtype
 *       14     2  rcode
 *       16     1  protocol: 0 UDP, 1 TCP
 *       17     1  size of the client's address: 4 or 16
 *       18     1  size of the EDNS client subnet's address: 4, 16, or 0 for none
 *       19     1  source prefix length of the EDNS client subnet
 *       20    16  client's address
 *       36    16  EDNS client subnet's address, zero-padded
 *       52     1  size of qname
 *       53   255  qname, uncompressed wire form
 */
export const queryLogSlot = {
  time: 0,
  zoneKey: 8,
  qtype: 12,
  rcode: 14,
  protocol: 16,
  clientSize: 17,
  subnetSize: 18,
  subnetPrefixLength: 19,
  client: 20,
  subnet: 36,
  qnameSize: 52,
  qname: 53,
  size: 320,
} as const;

const headIndex = 0;
const tailIndex = 16; // a cache line of its own
const headerSize = 128;

export class QueryLogRing {
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly view: DataView<SharedArrayBuffer>;
  readonly #positions: Int32Array<SharedArrayBuffer>;
  readonly #count: number;

  constructor(memory: SharedArrayBuffer) {
    this.bytes = new Uint8Array(memory);
    this.view = new DataView(memory);
    this.#positions = new Int32Array(memory, 0, headerSize / 4);
    this.#count = Math.floor((memory.byteLength - headerSize) / queryLogSlot.size);
  }

  /** Offset of the slot to fill, to be followed by `commit`; -1 if the ring is full. */
  reserve(): number {
    const head = Atomics.load(this.#positions, headIndex);
    if (((head - Atomics.load(this.#positions, tailIndex)) | 0) >= this.#count) return -1;
    return this.#slotOffset(head);
  }

  commit(): void {
    Atomics.add(this.#positions, headIndex, 1);
  }

  /** Offset of the oldest entry, to be followed by `release`; -1 if there is none. */
  peek(): number {
    const tail = Atomics.load(this.#positions, tailIndex);
    if (tail === Atomics.load(this.#positions, headIndex)) return -1;
    return this.#slotOffset(tail);
  }

  release(): void {
    Atomics.add(this.#positions, tailIndex, 1);
  }

  #slotOffset(position: number): number {
    return headerSize + ((position >>> 0) % this.#count) * queryLogSlot.size;
  }
}

/** Memory of one ring; `entryCount` must be a power of two, as positions wrap at 2^32. */
export function createQueryLogMemory(entryCount = queryLogEntryCountMax): SharedArrayBuffer {
  return new SharedArrayBuffer(headerSize + entryCount * queryLogSlot.size);
}
