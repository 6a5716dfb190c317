import { NODE_HEADER_WORDS, SLOT_UNUSED } from "./layout.ts";
import type { ZoneView } from "./zone-image.ts";

/**
 * Finds a name below the apex.
 * @param hash of the whole name
 * @param octets holds the name in lower case
 * @param start offset of the name
 * @param size octets of the labels below the apex: 1–254
 * @returns the offset of its node in words; 0 where the name does not exist
 */
export function findNode(
  zone: ZoneView,
  hash: number,
  octets: Uint8Array,
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
      if (((words[node] as number) & 0xff) === size && hasName(zone, node, octets, start, size)) {
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

function hasName(
  zone: ZoneView,
  node: number,
  octets: Uint8Array,
  start: number,
  size: number,
): boolean {
  const own = zone.octets;
  let at = (node + NODE_HEADER_WORDS) << 2;
  for (let i = start; i < start + size; i++) {
    if (own[at++] !== octets[i]) return false;
  }
  return true;
}
