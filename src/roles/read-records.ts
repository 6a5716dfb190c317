import { BLOCK_FLAG, BLOCK_FLAG_SHIFT, PLAIN_BLOCK_WIRE } from "../dataplane/image/layout.ts";
import type { ZoneView } from "../dataplane/image/zone-image.ts";
import { formatRdata } from "../dns/rdata/rdata.ts";

/** Octets of a record before its RDATA: owner pointer, type, class, TTL and size. */
const recordHeadSize = 12;

/**
 * The values of a block of records that are all of one size and hold no names (addresses, mostly);
 * of any other how many there are.
 */
export function readRecords(zone: ZoneView, block: number): string[] {
  const sizes = zone.words[block] as number;
  const isPlain = ((sizes >>> BLOCK_FLAG_SHIFT) & BLOCK_FLAG.EXTENDED) === 0;
  if (!isPlain) return ["its records"];
  const count = (sizes >>> 16) & 0xff;
  const recordSize = (sizes & 0xffff) / count;
  const start = (block + PLAIN_BLOCK_WIRE) << 2;
  return Array.from({ length: count }, (_, index) => {
    const at = start + index * recordSize;
    const type = zone.data.getUint16(at + 2);
    return formatRdata(type, zone.octets.slice(at + recordHeadSize, at + recordSize));
  });
}
