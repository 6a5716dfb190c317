/**
 * The location table: which place an address is at, flat, in one SharedArrayBuffer, read by all
 * answering workers and never written again once it is handed out.
 *
 * ```
 *   ┌───────────────┐ 0           Header: words, columns below
 *   │ header        │
 *   ├───────────────┤             IPv4
 *   │ ipv4Groups    │ i32 × 65,537  by the upper 16 bits of an address: index of the first range that
 *   │               │               begins there or later; one more ends the last group
 *   │ ipv4Edges     │ u32 × 65,536  by the same: the upper 16 bits that begin the range which reaches into
 *   │               │               the group from before; above them those that begin the first
 *   │               │               range after the group's, 0 if there is none
 *   │ ipv4Lows      │ u16 × n       by range: the lower 16 bits of its first address
 *   │ ipv4Ids       │ id  × n       by range: where it is
 *   ├───────────────┤             IPv6, 2000::/3 alone (all that is handed out), by /64
 *   │ ipv6Slots     │ i32 × 131,073 by the upper 20 bits of an address, less 0x20000: index of the
 *   │               │               first group there or later; one more ends the last slot
 *   │ ipv6Highs     │ u32 × g       by group: the upper 32 bits that the ranges of a group begin with
 *   │ ipv6Groups    │ i32 × (g + 1) by group: index of its first range; never empty
 *   │ ipv6Lows      │ u32 × n       by range: bits 32 to 63 of its first address
 *   │ ipv6Fences    │ u32 × f       every 32nd of them, from the first: a search of a large group
 *   │               │               begins there, in a twentieth of the memory
 *   │ ipv6Ids       │ id  × n
 *   ├───────────────┤             Locations, by id; 0 is no place: all its columns are 0
 *   │ vectors       │ i32 × 3m      where it is as a vector (great-circle.ts); 0 0 0 if unknown
 *   │ cities        │ u32 × m       city, 0 if unknown or if the table has none
 *   │ countries     │ u16 × m       code of two letters (place-code.ts), 0 if unknown
 *   │ subdivisions  │ u16 × m       the same, states of the US alone
 *   │ continents    │ u16 × m       the same
 *   │ latitudes     │ i16 × m       hundredths of a degree, −9,000–9,000; 0 if unknown
 *   │ longitudes    │ i16 × m       hundredths of a degree, −18,000–18,000; 0 if unknown
 *   ├───────────────┤             Text, never read for an answer
 *   │ textStarts    │ u32 × (c + 1) by city: where its text begins; text 0 is the table's source
 *   │ text          │ UTF-8         of a city: name, line feed, name of the region it is in
 *   └───────────────┘
 * ```
 *
 * Ranges are in order of address and leave no gap: one ends where the next begins, and the first
 * begins at 0.0.0.0 or 2000::. Neighbours differ in place. Ids are u16 in a table of up to 65,536
 * locations, else u32. All columns begin at a whole word and are in host order.
 */

/** "SGL1": what a location table begins with. */
export const LOCATION_MAGIC = 0x53474c31;

/** Columns of the header, in words. */
export const LOCATION_HEADER = {
  /** LOCATION_MAGIC. */
  magic: 0,
  /** When the data was made: seconds since 1970, unsigned. */
  madeAtSeconds: 1,
  /** Ranges of IPv4: n of the drawing, at least 1. */
  ipv4Count: 2,
  /** Ranges and groups of IPv6: n and g, at least 1. */
  ipv6Count: 3,
  ipv6GroupCount: 4,
  /** m: at least 1. */
  locationCount: 5,
  /** c: at least 1; city 0 stands for the source's text. */
  cityCount: 6,
  /** Octets of all text. */
  textSize: 7,
} as const;
export const LOCATION_HEADER_WORDS = 8;

/** Groups of IPv4 ranges: the values of 16 bits. */
export const IPV4_GROUP_COUNT = 0x1_0000;
/** 2000::/3 by its upper 20 bits: the first, and how many there are. */
export const IPV6_SLOT_FIRST = 0x2_0000;
export const IPV6_SLOT_COUNT = 0x2_0000;
/** Ranges between two fences, as a shift. */
export const IPV6_FENCE_SHIFT = 5;
/** Locations that ids of 16 bits can name. */
export const SMALL_ID_COUNT = 0x1_0000;

/** How much of everything a table holds; names as in the header. */
export type LocationCounts = {
  readonly ipv4Count: number;
  readonly ipv6Count: number;
  readonly ipv6GroupCount: number;
  readonly locationCount: number;
  readonly cityCount: number;
  readonly textSize: number;
};

/** Octets of one id. */
export function locationIdSize(locationCount: number): 2 | 4 {
  return locationCount <= SMALL_ID_COUNT ? 2 : 4;
}

/** Fences over so many ranges: f of the drawing. */
export function fenceCount(ipv6Count: number): number {
  return ((ipv6Count - 1) >> IPV6_FENCE_SHIFT) + 1;
}

/** Octets of the columns in the order of the drawing, text left out. */
export function locationColumnSizes(counts: LocationCounts): readonly number[] {
  const { ipv4Count, ipv6Count, ipv6GroupCount, locationCount, cityCount } = counts;
  const idSize = locationIdSize(locationCount);
  return [
    (IPV4_GROUP_COUNT + 1) * 4,
    IPV4_GROUP_COUNT * 4,
    ipv4Count * 2,
    ipv4Count * idSize,
    (IPV6_SLOT_COUNT + 1) * 4,
    ipv6GroupCount * 4,
    (ipv6GroupCount + 1) * 4,
    ipv6Count * 4,
    fenceCount(ipv6Count) * 4,
    ipv6Count * idSize,
    locationCount * 12,
    locationCount * 4,
    locationCount * 2,
    locationCount * 2,
    locationCount * 2,
    locationCount * 2,
    locationCount * 2,
    (cityCount + 1) * 4,
  ];
}

/** Octets of the whole table. */
export function locationTableSize(counts: LocationCounts): number {
  const columns = locationColumnSizes(counts).reduce((sum, size) => sum + wholeWords(size), 0);
  return LOCATION_HEADER_WORDS * 4 + columns + counts.textSize;
}

/** A size rounded up to whole words. */
export function wholeWords(size: number): number {
  return (size + 3) & ~3;
}
