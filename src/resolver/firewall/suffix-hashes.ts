import { labelCountMax } from "../../base/limits.ts";
import type { Name } from "../../dns/wire/name.ts";

/**
 * A name with the hash of each of its suffixes: number 0 is the name itself, number i what is left
 * without its first i labels. Made once, filled again for each name.
 */
export class SuffixHashes {
  /** Have the name at `start`, up to `end`. */
  octets: Uint8Array = new Uint8Array(1);
  start = 0;
  end = 1;
  /** Labels, the root's not counted; as many suffixes have a hash. */
  count = 0;
  /** Where each suffix begins in the name. */
  readonly offsets = new Uint8Array(labelCountMax + 1);
  /** Whole 32 bits each. */
  readonly hashes = new Uint32Array(labelCountMax + 1);

  /**
   * @param name wire form, lower case
   * @param size its octets, where others follow
   */
  fill(name: Name, size = name.length): void {
    this.fillAt(name, 0, size);
  }

  /** The same of the name from `start` to `end` of `octets`. */
  fillAt(octets: Uint8Array, start: number, end: number): void {
    const { offsets, hashes } = this;
    let count = 0;
    for (let at = start; octets[at] !== 0; at += (octets[at] as number) + 1) {
      offsets[count++] = at - start;
    }
    this.octets = octets;
    this.start = start;
    this.end = end;
    this.count = count;
    let hash = 0x811c9dc5;
    let labelEnd = end - 1;
    for (let i = count - 1; i >= 0; i--) {
      const label = start + (offsets[i] as number);
      for (let at = label; at < labelEnd; at++)
        hash = Math.imul(hash ^ (octets[at] as number), prime);
      hashes[i] = finished(hash);
      labelEnd = label;
    }
  }
}

/** FNV-1a's. */
const prime = 0x01000193;

/** Spreads FNV's low bits, by which tables are indexed, over all 32 (MurmurHash3's finalizer). */
function finished(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
