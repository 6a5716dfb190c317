import {
  IPV4_GROUP_COUNT,
  IPV6_FENCE_SHIFT,
  IPV6_SLOT_COUNT,
  IPV6_SLOT_FIRST,
  LOCATION_HEADER,
  LOCATION_HEADER_WORDS,
  LOCATION_MAGIC,
  locationTableSize,
} from "../../dataplane/geo/layout.ts";
import type { LocationCounts } from "../../dataplane/geo/layout.ts";
import { writePoint } from "../../dataplane/geo/great-circle.ts";
import { LocationView } from "../../dataplane/geo/location-view.ts";
import type { LocationRow } from "./location-set.ts";
import type { RangeColumns } from "./range-columns.ts";

/** All that goes into a location table. */
export type TableContent = {
  readonly ipv4: RangeColumns;
  readonly ipv6: RangeColumns;
  readonly locations: readonly LocationRow[];
  /** By city id; the first is the source's text. */
  readonly texts: readonly string[];
  readonly madeAtSeconds: number;
};

/** Writes a table in the form that look-ups read. */
export function writeTable(content: TableContent): SharedArrayBuffer {
  const texts = content.texts.map((text) => Buffer.from(text));
  const view = allocateTable(
    {
      ipv4Count: content.ipv4.count,
      ipv6Count: content.ipv6.count,
      ipv6GroupCount: groupCount(content.ipv6),
      locationCount: content.locations.length,
      cityCount: texts.length,
      textSize: texts.reduce((size, text) => size + text.length, 0),
    },
    content.madeAtSeconds,
  );
  writeIpv4(view, content.ipv4);
  writeIpv6(view, content.ipv6);
  content.locations.forEach((row, id) => writeLocation(view, id, row));
  writeTexts(view, texts);
  return view.buffer;
}

/** An empty table with room for so much. */
export function allocateTable(counts: LocationCounts, madeAtSeconds: number): LocationView {
  const buffer = new SharedArrayBuffer(locationTableSize(counts));
  const header = new Int32Array(buffer, 0, LOCATION_HEADER_WORDS);
  header[LOCATION_HEADER.magic] = LOCATION_MAGIC;
  header[LOCATION_HEADER.madeAtSeconds] = madeAtSeconds;
  header[LOCATION_HEADER.ipv4Count] = counts.ipv4Count;
  header[LOCATION_HEADER.ipv6Count] = counts.ipv6Count;
  header[LOCATION_HEADER.ipv6GroupCount] = counts.ipv6GroupCount;
  header[LOCATION_HEADER.locationCount] = counts.locationCount;
  header[LOCATION_HEADER.cityCount] = counts.cityCount;
  header[LOCATION_HEADER.textSize] = counts.textSize;
  return new LocationView(buffer);
}

function groupCount({ highs, count }: RangeColumns): number {
  let groups = 0;
  for (let i = 0; i < count; i++) if (i === 0 || highs[i] !== highs[i - 1]) groups++;
  return groups;
}

function writeIpv4(view: LocationView, { highs, ids, count }: RangeColumns): void {
  writeIpv4Starts(view, highs.subarray(0, count));
  for (let i = 0; i < count; i++) view.ipv4Ids[i] = ids[i] as number;
}

/** Writes where the ranges of IPv4 begin, and the indexes over that. @param starts in order */
export function writeIpv4Starts(view: LocationView, starts: Uint32Array): void {
  const { ipv4Groups, ipv4Edges, ipv4Lows } = view;
  let group = 0;
  for (let i = 0; i < starts.length; i++) {
    const start = starts[i] as number;
    while (group <= start >>> 16) ipv4Groups[group++] = i;
    ipv4Lows[i] = start & 0xffff;
  }
  while (group <= IPV4_GROUP_COUNT) ipv4Groups[group++] = starts.length;
  for (group = 0; group < IPV4_GROUP_COUNT; group++) {
    const before = (starts[(ipv4Groups[group] as number) - 1] ?? 0) >>> 16;
    const after = (starts[ipv4Groups[group + 1] as number] ?? 0) >>> 16;
    ipv4Edges[group] = before | (after << 16);
  }
}

function writeIpv6(view: LocationView, { highs, lows, ids, count }: RangeColumns): void {
  let group = 0;
  for (let i = 0; i < count; i++) {
    if (i === 0 || highs[i] !== highs[i - 1]) {
      view.ipv6Highs[group] = highs[i] as number;
      view.ipv6Groups[group] = i;
      group++;
    }
    view.ipv6Lows[i] = lows[i] as number;
    view.ipv6Ids[i] = ids[i] as number;
  }
  view.ipv6Groups[group] = count;
  writeIpv6Indexes(view);
}

/** Fills the indexes over groups and ranges of IPv6, which must be there. */
export function writeIpv6Indexes(view: LocationView): void {
  const { ipv6Slots, ipv6Highs, ipv6Fences, ipv6Lows } = view;
  let slot = 0;
  for (let group = 0; group < ipv6Highs.length; group++) {
    const upper = ((ipv6Highs[group] as number) >>> 12) - IPV6_SLOT_FIRST;
    while (slot <= upper) ipv6Slots[slot++] = group;
  }
  while (slot <= IPV6_SLOT_COUNT) ipv6Slots[slot++] = ipv6Highs.length;
  for (let fence = 0; fence < ipv6Fences.length; fence++) {
    ipv6Fences[fence] = ipv6Lows[fence << IPV6_FENCE_SHIFT] as number;
  }
}

/** Writes one location's columns. */
export function writeLocation(view: LocationView, id: number, row: LocationRow): void {
  view.countries[id] = row.country;
  view.subdivisions[id] = row.subdivision;
  view.continents[id] = row.continent;
  view.cities[id] = row.city;
  if (row.latitude === undefined || row.longitude === undefined) return;
  view.latitudes[id] = row.latitude;
  view.longitudes[id] = row.longitude;
  writePoint(view.vectors, id * 3, row.latitude / 100, row.longitude / 100);
}

function writeTexts(view: LocationView, texts: readonly Uint8Array[]): void {
  let at = 0;
  for (const [index, text] of texts.entries()) {
    view.textStarts[index] = at;
    view.text.set(text, at);
    at += text.length;
  }
  view.textStarts[texts.length] = at;
}
