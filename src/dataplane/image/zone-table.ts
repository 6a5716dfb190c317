import { assert } from "../../base/assert.ts";
import { equalOctets } from "./find-node.ts";
import { HEADER } from "./layout.ts";
import { type ZoneImage, ZoneView } from "./zone-image.ts";

/** Flags that a zone is served with. */
export const ZONE_FLAG = {
  /** Its queries go to a query log. */
  LOGGED: 1,
} as const;

const bucketCountMin = 16;
/** End of a chain; an index no zone has. */
const NONE = -1;

/**
 * The zones that one thread answers for, found by apex. Changed between batches, read by queries.
 * Of several zones with one apex, that with the lowest key answers.
 */
export class ZoneTable {
  /** Seed of the name hash: that of the images, all alike. */
  seed: number;
  /** Labels of the longest apex there was. */
  labelCountMax = 0;
  /** Zones by index; holes where a zone was taken out. */
  readonly zones: (ZoneView | undefined)[] = [];
  /** Chain heads by hash: a zone's index, or NONE. A power of two of them. */
  #buckets = new Int32Array(bucketCountMin).fill(NONE);
  /** By zone index: the next index of the chain, or NONE. Chains go by rising zone key. */
  #next = new Int32Array(bucketCountMin).fill(NONE);
  readonly #indexes = new Map<number, number>();
  readonly #freeIndexes: number[] = [];

  /** @param seed to be the images', where it is known; else it is the first one's */
  constructor(seed = 0) {
    this.seed = seed;
  }

  /** Zones in the table. */
  get size(): number {
    return this.#indexes.size;
  }

  /**
   * Puts a zone in, or another image of it in the place of the one before.
   * @param zoneKey a whole number of the caller's
   * @param image undefined takes the zone out
   * @param flags bits of ZONE_FLAG
   */
  set(zoneKey: number, image: ZoneImage | undefined, flags = 0): void {
    const index = this.#indexes.get(zoneKey);
    if (index !== undefined) this.#remove(zoneKey, index);
    if (image !== undefined) this.#insert(zoneKey, image, flags);
  }

  get(zoneKey: number): ZoneView | undefined {
    const index = this.#indexes.get(zoneKey);
    return index === undefined ? undefined : this.zones[index];
  }

  /**
   * The zone whose apex is a given name.
   * @param hash of the name
   * @param name holds it in lower case, root label included; up to 3 octets after it are read
   * @param start its offset
   */
  find(hash: number, name: DataView, start: number, size: number): ZoneView | undefined {
    let index = this.#buckets[hash & (this.#buckets.length - 1)] as number;
    while (index !== NONE) {
      const zone = this.zones[index] as ZoneView;
      if (
        zone.apexHash === hash &&
        zone.apexSize === size &&
        equalOctets(zone.data, zone.apexOffset, name, start, size)
      ) {
        return zone;
      }
      index = this.#next[index] as number;
    }
    return undefined;
  }

  #insert(zoneKey: number, image: ZoneImage, flags: number): void {
    const zone = new ZoneView(image.buffer);
    const seed = zone.words[HEADER.seed] as number;
    assert(this.size === 0 || seed === this.seed, "the zones of a table have one hash seed");
    this.seed = seed;
    this.labelCountMax = Math.max(this.labelCountMax, zone.apexLabelCount);
    zone.zoneKey = zoneKey;
    zone.flags = flags;
    const index = this.#freeIndexes.pop() ?? this.zones.length;
    this.zones[index] = zone;
    this.#indexes.set(zoneKey, index);
    if (this.zones.length > this.#next.length) this.#grow();
    else this.#link(index);
  }

  #remove(zoneKey: number, index: number): void {
    const bucket = this.#bucketOf(this.zones[index] as ZoneView);
    let previous = NONE;
    for (let i = this.#buckets[bucket] as number; i !== index; i = this.#next[i] as number) {
      previous = i;
    }
    if (previous === NONE) this.#buckets[bucket] = this.#next[index] as number;
    else this.#next[previous] = this.#next[index] as number;
    this.zones[index] = undefined;
    this.#indexes.delete(zoneKey);
    this.#freeIndexes.push(index);
  }

  #link(index: number): void {
    const zone = this.zones[index] as ZoneView;
    const bucket = this.#bucketOf(zone);
    let previous = NONE;
    let next = this.#buckets[bucket] as number;
    while (next !== NONE && (this.zones[next] as ZoneView).zoneKey < zone.zoneKey) {
      previous = next;
      next = this.#next[next] as number;
    }
    this.#next[index] = next;
    if (previous === NONE) this.#buckets[bucket] = index;
    else this.#next[previous] = index;
  }

  #grow(): void {
    const count = this.#next.length * 2;
    this.#buckets = new Int32Array(count).fill(NONE);
    this.#next = new Int32Array(count).fill(NONE);
    for (const index of this.#indexes.values()) this.#link(index);
  }

  #bucketOf(zone: ZoneView): number {
    return zone.apexHash & (this.#buckets.length - 1);
  }
}
