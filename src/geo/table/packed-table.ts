/**
 * A location table as it is kept in a file: what can be computed is left out, the rest is written
 * so that brotli makes little of it.
 *
 * ```
 *   header      u32 × 8    as in the table (dataplane/geo/layout.ts)
 *   IPv4        n times    a step: from the start of the range before to that of this one
 *               id × n
 *   IPv6        g times    a step: from the upper 32 bits of the group before; ranges in the group
 *               n times    a step: from bits 32 to 63 of the range before in the group
 *               id × n
 *   locations   columns    cities, countries, subdivisions, continents, latitudes, longitudes;
 *                          a latitude of −32,768 where the point is unknown
 *   text        c times    size; then all of it
 *   checksum    u32        CRC-32 of all before
 * ```
 *
 * A step d is a varint: 2d/u where d is a multiple of the unit u (256 for IPv4, 65,536 for IPv6),
 * else 2d + 1. Columns are little-endian. The first step of each family begins at its network.
 */
import { promisify } from "node:util";
import { brotliCompress, brotliDecompressSync, constants, crc32 } from "node:zlib";
import {
  IPV4_GROUP_COUNT,
  LOCATION_HEADER,
  LOCATION_HEADER_WORDS,
  LOCATION_MAGIC,
} from "../../dataplane/geo/layout.ts";
import type { LocationCounts } from "../../dataplane/geo/layout.ts";
import { POINT_WORDS, writePoint } from "../../dataplane/geo/great-circle.ts";
import { LocationView } from "../../dataplane/geo/location-view.ts";
import { locationCountMax, locationRangeCountMax } from "../../base/limits.ts";
import { OctetReader, OctetWriter } from "./octet-stream.ts";
import { allocateTable, writeIpv4Starts, writeIpv6Indexes } from "./write-table.ts";

/** A packed table that is cut off, damaged or of another version. */
export class PackedTableError extends Error {
  override name = "PackedTableError";
}

const unitIpv4 = 256;
const unitIpv6 = 65_536;
const firstIpv6High = 0x2000_0000;
/** Octets decompressed at a time: a third faster than by 16 KiB, as is usual (measured). */
const decompressedPieceSize = 4 * 1024 * 1024;
const latitudeUnknown = -0x8000;
const compress = promisify(brotliCompress);

/** Packs a table; `quality` of the compression is 0–11, of which 11 takes a minute or two. */
export async function packTable(table: SharedArrayBuffer, quality: number): Promise<Uint8Array> {
  const view = new LocationView(table);
  const out = new OctetWriter();
  out.column(new Uint32Array(table, 0, LOCATION_HEADER_WORDS));
  packIpv4(out, view);
  packIpv6(out, view);
  packLocations(out, view);
  packTexts(out, view);
  out.column(Uint32Array.of(crc32(out.written())));
  const plain = out.written();
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: quality,
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
  };
  return compress(plain, { params });
}

/**
 * The table that `packTable` packed. Takes about 0.1 s for 5 million ranges.
 * @throws PackedTableError if it is anything else
 */
export function unpackTable(packed: Uint8Array): SharedArrayBuffer {
  const plain = decompressed(packed);
  const header = new Uint32Array(LOCATION_HEADER_WORDS);
  const end = plain.length - 4;
  if (end < header.byteLength) throw new PackedTableError("cut off");
  const checksum = new Uint32Array(1);
  new OctetReader(plain.subarray(end)).column(checksum);
  if (checksum[0] !== crc32(plain.subarray(0, end))) throw new PackedTableError("damaged");
  const from = new OctetReader(plain);
  from.column(header);
  if (header[LOCATION_HEADER.magic] !== LOCATION_MAGIC) throw new PackedTableError("of no version");
  const view = allocateTable(countsIn(header), header[LOCATION_HEADER.madeAtSeconds] as number);
  unpackIpv4(from, view);
  unpackIpv6(from, view);
  unpackLocations(from, view);
  unpackTexts(from, view);
  return view.buffer;
}

function decompressed(packed: Uint8Array): Uint8Array {
  try {
    return brotliDecompressSync(packed, { chunkSize: decompressedPieceSize });
  } catch (error) {
    throw new PackedTableError(`not brotli, or damaged: ${(error as Error).message}`);
  }
}

function countsIn(header: Uint32Array): LocationCounts {
  const count = (column: keyof typeof LOCATION_HEADER, limit: number): number => {
    const value = header[LOCATION_HEADER[column]] as number;
    if (value > limit) throw new PackedTableError(`${column} ${value}, limit ${limit}`);
    return value;
  };
  return {
    ipv4Count: count("ipv4Count", locationRangeCountMax),
    ipv6Count: count("ipv6Count", locationRangeCountMax),
    ipv6GroupCount: count("ipv6GroupCount", locationRangeCountMax),
    locationCount: count("locationCount", locationCountMax),
    cityCount: count("cityCount", locationCountMax),
    textSize: count("textSize", locationCountMax * 64),
  };
}

function writeStep(out: OctetWriter, step: number, unit: number): void {
  out.varint(step % unit === 0 ? (step / unit) * 2 : step * 2 + 1);
}

function packIpv4(out: OctetWriter, view: LocationView): void {
  let before = 0;
  for (let group = 0; group < IPV4_GROUP_COUNT; group++) {
    const end = view.ipv4Groups[group + 1] as number;
    for (let i = view.ipv4Groups[group] as number; i < end; i++) {
      const start = group * 65_536 + (view.ipv4Lows[i] as number);
      writeStep(out, start - before, unitIpv4);
      before = start;
    }
  }
  out.column(view.ipv4Ids);
}

function unpackIpv4(from: OctetReader, view: LocationView): void {
  const starts = new Uint32Array(view.ipv4Lows.length);
  from.steps(starts, 0, starts.length, unitIpv4);
  writeIpv4Starts(view, starts);
  from.column(view.ipv4Ids);
}

function packIpv6(out: OctetWriter, view: LocationView): void {
  const { ipv6Highs, ipv6Groups, ipv6Lows } = view;
  let high = firstIpv6High;
  for (let group = 0; group < ipv6Highs.length; group++) {
    out.varint((ipv6Highs[group] as number) - high);
    out.varint((ipv6Groups[group + 1] as number) - (ipv6Groups[group] as number));
    high = ipv6Highs[group] as number;
  }
  for (let group = 0; group < ipv6Highs.length; group++) {
    let before = 0;
    for (let i = ipv6Groups[group] as number; i < (ipv6Groups[group + 1] as number); i++) {
      const low = ipv6Lows[i] as number;
      writeStep(out, low - before, unitIpv6);
      before = low;
    }
  }
  out.column(view.ipv6Ids);
}

function unpackIpv6(from: OctetReader, view: LocationView): void {
  const { ipv6Highs, ipv6Groups, ipv6Lows } = view;
  let high = firstIpv6High;
  let index = 0;
  for (let group = 0; group < ipv6Highs.length; group++) {
    high += from.varint();
    ipv6Highs[group] = high;
    ipv6Groups[group] = index;
    index += from.varint();
  }
  ipv6Groups[ipv6Highs.length] = index;
  if (index !== ipv6Lows.length) throw new PackedTableError("its IPv6 groups do not add up");
  for (let group = 0; group < ipv6Highs.length; group++) {
    const [first, end] = [ipv6Groups[group] as number, ipv6Groups[group + 1] as number];
    from.steps(ipv6Lows, first, end, unitIpv6);
  }
  writeIpv6Indexes(view);
  from.column(view.ipv6Ids);
}

function packLocations(out: OctetWriter, view: LocationView): void {
  out.column(view.cities);
  out.column(view.countries);
  out.column(view.subdivisions);
  out.column(view.continents);
  const latitudes = view.latitudes.map((latitude, id) =>
    isKnownPoint(view, id) ? latitude : latitudeUnknown,
  );
  out.column(latitudes);
  out.column(view.longitudes);
}

function isKnownPoint({ vectors }: LocationView, id: number): boolean {
  const at = id * POINT_WORDS;
  return vectors[at] !== 0 || vectors[at + 1] !== 0 || vectors[at + 2] !== 0;
}

function unpackLocations(from: OctetReader, view: LocationView): void {
  const { latitudes, longitudes, vectors } = view;
  from.column(view.cities);
  from.column(view.countries);
  from.column(view.subdivisions);
  from.column(view.continents);
  from.column(latitudes);
  from.column(longitudes);
  for (let id = 0; id < latitudes.length; id++) {
    const latitude = latitudes[id] as number;
    if (latitude === latitudeUnknown) latitudes[id] = 0;
    else writePoint(vectors, id * POINT_WORDS, latitude / 100, (longitudes[id] as number) / 100);
  }
}

function packTexts(out: OctetWriter, view: LocationView): void {
  const { textStarts, text } = view;
  for (let i = 0; i + 1 < textStarts.length; i++) {
    out.varint((textStarts[i + 1] as number) - (textStarts[i] as number));
  }
  out.column(text);
}

function unpackTexts(from: OctetReader, view: LocationView): void {
  const { textStarts, text } = view;
  let start = 0;
  for (let i = 0; i + 1 < textStarts.length; i++) {
    textStarts[i] = start;
    start += from.varint();
  }
  textStarts[textStarts.length - 1] = start;
  from.column(text);
}
