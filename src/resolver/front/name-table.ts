import { equalOctets } from "../../dataplane/image/find-node.ts";
import { hashLabel } from "../../dataplane/image/name-hash.ts";
import type { QueryContext } from "../../dataplane/nameserver/query-context.ts";

/** What becomes of names at and below one of the table, where it is no partition of the cache. */
export const NAME = {
  HAND_OVER: -1,
  /** As if the table had nothing: public zones, then the view's public partition. */
  LOCAL: -2,
  /** The view's private zones answer. */
  ZONE: -3,
} as const;

/** The names at which a view parts from the public's, for look-ups by longest suffix. */
export class NameTable {
  /** By index from 1. */
  readonly #hashes: Int32Array;
  readonly #starts: Int32Array;
  readonly #sizes: Int32Array;
  readonly #values: Int32Array;
  /** All names, one behind the other, and where the next one goes. */
  readonly #octets: Uint8Array;
  readonly #view: DataView;
  #end = 0;
  #count = 0;
  /** Indexes by hash, open addressing; 0: free. A power of two of them. */
  readonly #slots: Int32Array;
  readonly #seed: number;
  /** Labels of the longest name; −1: there is none. */
  #labelCountMax = -1;

  /**
   * @param room names that will be added, and octets of all of them
   * @param seed of the hash of names
   */
  constructor(room: { count: number; size: number }, seed: number) {
    const { count, size } = room;
    this.#hashes = new Int32Array(count + 1);
    this.#starts = new Int32Array(count + 1);
    this.#sizes = new Int32Array(count + 1);
    this.#values = new Int32Array(count + 1);
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * count + 2)));
    this.#octets = new Uint8Array(size + 4);
    this.#view = new DataView(this.#octets.buffer);
    this.#seed = seed;
  }

  /**
   * Adds a name, unless it is there.
   * @param name wire form, lower case
   * @returns its index; −1 where it was there
   */
  add(name: Uint8Array, value: number): number {
    const start = this.#end;
    this.#octets.set(name, start);
    const hash = hashName(this.#view, start, this.#seed);
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    while (this.#slots[slot] !== 0) {
      const index = this.#slots[slot] as number;
      if (this.#isAt(index, hash, this.#view, start, name.length)) return -1;
      slot = (slot + 1) & mask;
    }
    const index = ++this.#count;
    this.#slots[slot] = index;
    this.#hashes[index] = hash;
    this.#starts[index] = start;
    this.#sizes[index] = name.length;
    this.#values[index] = value;
    this.#end = start + name.length;
    const labels = countLabels(name);
    if (labels > this.#labelCountMax) this.#labelCountMax = labels;
    return index;
  }

  /** Changes what becomes of a name. */
  set(index: number, value: number): void {
    this.#values[index] = value;
  }

  /** The value at the longest suffix of the name at hand, which is hashed; LOCAL if there is none. */
  find(context: QueryContext): number {
    const { labelCount, labelStart, suffixHash, nameView, nameSize } = context;
    const slots = this.#slots;
    const mask = slots.length - 1;
    let label = labelCount - this.#labelCountMax;
    if (label < 0) label = 0;
    for (; label <= labelCount; label++) {
      const hash = suffixHash[label] as number;
      const start = labelStart[label] as number;
      let slot = hash & mask;
      for (let index = slots[slot] as number; index !== 0; index = slots[slot] as number) {
        if (this.#isAt(index, hash, nameView, start, nameSize - start)) {
          return this.#values[index] as number;
        }
        slot = (slot + 1) & mask;
      }
    }
    return NAME.LOCAL;
  }

  #isAt(index: number, hash: number, name: DataView, start: number, size: number): boolean {
    return (
      this.#hashes[index] === hash &&
      this.#sizes[index] === size &&
      equalOctets(this.#view, this.#starts[index] as number, name, start, size)
    );
  }
}

/** Labels of a name, the root's not counted. */
function countLabels(name: Uint8Array): number {
  let count = 0;
  for (let at = 0; name[at] !== 0; at += (name[at] as number) + 1) count++;
  return count;
}

/** As hashSuffixes (nameserver/query-name.ts) does it: from the root. */
function hashName(octets: DataView, start: number, seed: number): number {
  const size = octets.getUint8(start);
  if (size === 0) return seed;
  return hashLabel(hashName(octets, start + size + 1, seed), octets, start);
}
