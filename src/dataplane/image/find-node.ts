import { NODE_HEADER_WORDS, SLOT_UNUSED } from "./layout.ts";
import type { ZoneView } from "./zone-image.ts";

/**
 * Finds a name below the apex.
 * @param hash of the whole name
 * @param data holds the name in lower case; up to 3 octets after it are read
 * @param start offset of the name
 * @param size octets of the labels below the apex: 1–254
 * @returns the offset of its node in words; 0 where the name does not exist
 */
export function findNode(
  zone: ZoneView,
  hash: number,
  data: DataView,
  start: number,
  size: number,
): number {
  const words = zone.words;
  const bits = zone.offsetBits;
  const tag = hash << bits;
  let slot = firstSlot(zone, hash);
  for (;;) {
    // Read once: the compiler's thread may be storing another node here.
    const value = words[slot] as number;
    if (value === SLOT_UNUSED) return 0;
    if ((value ^ tag) >>> bits === 0) {
      const node = value & zone.offsetMask;
      if (
        ((words[node] as number) & 0xff) === size &&
        equalOctets(zone.data, (node + NODE_HEADER_WORDS) << 2, data, start, size)
      ) {
        zone.foundSlot = slot;
        return node;
      }
    }
    if (++slot === zone.tableEnd) slot = zone.tableStart;
  }
}

/** Where the search for a hash begins: an offset in words. */
export function firstSlot(zone: ZoneView, hash: number): number {
  return zone.tableStart + (Math.imul(hash >>> 3, zone.slotMultiplier) >>> zone.slotShift);
}

/** Compares octets word by word; up to 3 octets after them are read, too. */
export function equalOctets(
  a: DataView,
  aStart: number,
  b: DataView,
  bStart: number,
  size: number,
): boolean {
  let i = 0;
  for (; i + 4 <= size; i += 4) {
    if (a.getInt32(aStart + i, true) !== b.getInt32(bStart + i, true)) return false;
  }
  if (i === size) return true;
  const difference = a.getInt32(aStart + i, true) ^ b.getInt32(bStart + i, true);
  return difference << ((4 - size + i) << 3) === 0;
}
