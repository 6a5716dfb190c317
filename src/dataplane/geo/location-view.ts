import { assert } from "../../base/assert.ts";
import {
  IPV4_GROUP_COUNT,
  IPV6_SLOT_COUNT,
  LOCATION_HEADER,
  LOCATION_HEADER_WORDS,
  LOCATION_MAGIC,
  fenceCount,
  locationColumnSizes,
  locationIdSize,
  wholeWords,
} from "./layout.ts";
import type { LocationCounts } from "./layout.ts";

/** What the last look-up was answered from. */
export const MATCH = {
  /** Outside all that the table has ranges for. */
  NONE: 0,
  IPV4: 1,
  IPV6: 2,
  /** An IPv4 address in an IPv6 one (::ffff:0:0/96). */
  MAPPED: 3,
} as const;

/**
 * One thread's view on a location table: its columns as layout.ts draws them, and what the last
 * look-up found. Make one per table and thread, and keep it.
 */
export class LocationView {
  readonly buffer: SharedArrayBuffer;
  readonly madeAtSeconds: number;
  readonly ipv4Groups: Int32Array;
  readonly ipv4Edges: Uint32Array;
  readonly ipv4Lows: Uint16Array;
  readonly ipv4Ids: Uint16Array | Uint32Array;
  readonly ipv6Slots: Int32Array;
  readonly ipv6Highs: Uint32Array;
  readonly ipv6Groups: Int32Array;
  readonly ipv6Lows: Uint32Array;
  readonly ipv6Fences: Uint32Array;
  readonly ipv6Ids: Uint16Array | Uint32Array;
  readonly vectors: Int32Array;
  readonly cities: Uint32Array;
  readonly countries: Uint16Array;
  readonly subdivisions: Uint16Array;
  readonly continents: Uint16Array;
  readonly latitudes: Int16Array;
  readonly longitudes: Int16Array;
  readonly textStarts: Uint32Array;
  readonly text: Uint8Array;

  // The last look-up (locate.ts)
  /** One of MATCH. */
  matchKind = 0;
  /** Index of the range, and for IPv6 of its group; −1 without a match. */
  matchIndex = -1;
  matchGroup = -1;
  /** The address: its upper 64 bits, or IPv4 in `addressHigh`; signed. */
  addressHigh = 0;
  addressLow = 0;

  constructor(buffer: SharedArrayBuffer) {
    const counts = readCounts(buffer);
    const { ipv4Count, ipv6Count, ipv6GroupCount, locationCount, cityCount } = counts;
    const starts: number[] = [];
    let end = LOCATION_HEADER_WORDS * 4;
    for (const size of locationColumnSizes(counts)) {
      starts.push(end);
      end += wholeWords(size);
    }
    assert(end + counts.textSize <= buffer.byteLength, "a location table holds its columns");
    const column = starts.values();
    const next = (): number => column.next().value as number;
    const nextIds = (count: number): Uint16Array | Uint32Array =>
      locationIdSize(locationCount) === 2
        ? new Uint16Array(buffer, next(), count)
        : new Uint32Array(buffer, next(), count);
    this.buffer = buffer;
    this.madeAtSeconds = new Uint32Array(buffer, 0, LOCATION_HEADER_WORDS)[
      LOCATION_HEADER.madeAtSeconds
    ] as number;
    this.ipv4Groups = new Int32Array(buffer, next(), IPV4_GROUP_COUNT + 1);
    this.ipv4Edges = new Uint32Array(buffer, next(), IPV4_GROUP_COUNT);
    this.ipv4Lows = new Uint16Array(buffer, next(), ipv4Count);
    this.ipv4Ids = nextIds(ipv4Count);
    this.ipv6Slots = new Int32Array(buffer, next(), IPV6_SLOT_COUNT + 1);
    this.ipv6Highs = new Uint32Array(buffer, next(), ipv6GroupCount);
    this.ipv6Groups = new Int32Array(buffer, next(), ipv6GroupCount + 1);
    this.ipv6Lows = new Uint32Array(buffer, next(), ipv6Count);
    this.ipv6Fences = new Uint32Array(buffer, next(), fenceCount(ipv6Count));
    this.ipv6Ids = nextIds(ipv6Count);
    this.vectors = new Int32Array(buffer, next(), locationCount * 3);
    this.cities = new Uint32Array(buffer, next(), locationCount);
    this.countries = new Uint16Array(buffer, next(), locationCount);
    this.subdivisions = new Uint16Array(buffer, next(), locationCount);
    this.continents = new Uint16Array(buffer, next(), locationCount);
    this.latitudes = new Int16Array(buffer, next(), locationCount);
    this.longitudes = new Int16Array(buffer, next(), locationCount);
    this.textStarts = new Uint32Array(buffer, next(), cityCount + 1);
    this.text = new Uint8Array(buffer, end, counts.textSize);
  }
}

/** What the header of a table says it holds. */
export function readCounts(buffer: SharedArrayBuffer): LocationCounts {
  const header = new Int32Array(buffer, 0, LOCATION_HEADER_WORDS);
  const at = (column: keyof typeof LOCATION_HEADER): number =>
    header[LOCATION_HEADER[column]] as number;
  assert(at("magic") === LOCATION_MAGIC, "a location table begins with its magic number");
  return {
    ipv4Count: at("ipv4Count"),
    ipv6Count: at("ipv6Count"),
    ipv6GroupCount: at("ipv6GroupCount"),
    locationCount: at("locationCount"),
    cityCount: at("cityCount"),
    textSize: at("textSize"),
  };
}
