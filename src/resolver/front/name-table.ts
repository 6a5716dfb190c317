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

export type NameValue = { name: Uint8Array; value: number };

/** The names at which a view parts from the public's, for look-ups by longest suffix. */
export class NameTable {
  /** By index from 1. */
  readonly #hashes: Int32Array;
  readonly #starts: Int32Array;
  readonly #sizes: Int32Array;
  readonly #values: Int32Array;
  /** All names, one behind the other. */
  readonly #octets: DataView;
  /** Indexes by hash, open addressing; 0: free. A power of two of them. */
  readonly #slots: Int32Array;
  /** Labels of the longest name; −1: there is none. */
  readonly #labelCountMax: number;

  /**
   * @param names all different, wire form, lower case
   * @param seed of the hash of names
   */
  constructor(names: readonly NameValue[], seed: number) {
    const count = names.length;
    this.#hashes = new Int32Array(count + 1);
    this.#starts = new Int32Array(count + 1);
    this.#sizes = new Int32Array(count + 1);
    this.#values = new Int32Array(count + 1);
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * count + 2)));
    const octets = new Uint8Array(names.reduce((size, { name }) => size + name.length, 0) + 4);
    this.#octets = new DataView(octets.buffer);
    let labelCountMax = -1;
    let at = 0;
    for (const [i, { name, value }] of names.entries()) {
      octets.set(name, at);
      labelCountMax = Math.max(labelCountMax, countLabels(name));
      this.#hashes[i + 1] = hashName(this.#octets, at, seed);
      this.#starts[i + 1] = at;
      this.#sizes[i + 1] = name.length;
      this.#values[i + 1] = value;
      this.#link(i + 1);
      at += name.length;
    }
    this.#labelCountMax = labelCountMax;
  }

  /** Changes what becomes of a name. @param index in the order given, from 0 */
  set(index: number, value: number): void {
    this.#values[index + 1] = value;
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
        if (
          this.#hashes[index] === hash &&
          this.#sizes[index] === nameSize - start &&
          equalOctets(
            this.#octets,
            this.#starts[index] as number,
            nameView,
            start,
            nameSize - start,
          )
        ) {
          return this.#values[index] as number;
        }
        slot = (slot + 1) & mask;
      }
    }
    return NAME.LOCAL;
  }

  #link(index: number): void {
    const mask = this.#slots.length - 1;
    let slot = (this.#hashes[index] as number) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = index;
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
