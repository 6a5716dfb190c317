import { formatIp } from "../base/ip.ts";
import { MATCH } from "../dataplane/geo/location-view.ts";
import type { LocationView } from "../dataplane/geo/location-view.ts";
import { POINT_WORDS } from "../dataplane/geo/great-circle.ts";
import { placeCodeText } from "../dataplane/geo/place-code.ts";

/** What a location table is made of, and how large it is. */
export type TableDescription = {
  /** What its data calls itself, such as `GeoLite2-City`. */
  readonly source: string;
  /** When the data was made, by its own word; milliseconds since 1970. */
  readonly madeAtMs: number;
  readonly ipv4RangeCount: number;
  readonly ipv6RangeCount: number;
  readonly locationCount: number;
  readonly cityCount: number;
  /** Octets. */
  readonly tableSize: number;
};

export function describeTable(view: LocationView): TableDescription {
  return {
    source: textAt(view, 0),
    madeAtMs: view.madeAtSeconds * 1000,
    ipv4RangeCount: view.ipv4Lows.length,
    ipv6RangeCount: view.ipv6Lows.length,
    locationCount: view.countries.length - 1,
    cityCount: view.textStarts.length - 2,
    tableSize: view.buffer.byteLength,
  };
}

/** A location for people to read; what is not known is left out. */
export type LocationDescription = {
  continent?: string;
  country?: string;
  /** State of the US. */
  subdivision?: string;
  /** State, province or the like, as the data names it; told with a city alone. */
  region?: string;
  city?: string;
  /** Degrees. */
  latitude?: number;
  longitude?: number;
};

/** The location with the id that a look-up gave; `undefined` for 0, which is no place. */
export function describeLocation(view: LocationView, id: number): LocationDescription | undefined {
  if (id === 0) return undefined;
  const location: LocationDescription = {};
  const code = (codes: Uint16Array): string => placeCodeText(codes[id] as number);
  if (view.continents[id]) location.continent = code(view.continents);
  if (view.countries[id]) location.country = code(view.countries);
  if (view.subdivisions[id]) location.subdivision = code(view.subdivisions);
  const cityId = view.cities[id] as number;
  if (cityId !== 0) {
    const [city = "", region = ""] = textAt(view, cityId).split("\n");
    location.city = city;
    if (region) location.region = region;
  }
  const point = view.vectors.subarray(id * POINT_WORDS, (id + 1) * POINT_WORDS);
  if (point.some((part) => part !== 0)) {
    location.latitude = (view.latitudes[id] as number) / 100;
    location.longitude = (view.longitudes[id] as number) / 100;
  }
  return location;
}

/** The range of addresses that the last look-up was answered from; `undefined` if from none. */
export function matchedRange(view: LocationView): { first: string; last: string } | undefined {
  const { matchIndex: index, matchKind } = view;
  if (matchKind === MATCH.NONE) return undefined;
  const isIpv6 = matchKind === MATCH.IPV6;
  const startOf = isIpv6 ? ipv6Start : ipv4Start;
  const isLast = index + 1 === (isIpv6 ? view.ipv6Lows : view.ipv4Lows).length;
  const end = isLast ? (isIpv6 ? 1n << 126n : 1n << 32n) : startOf(view, index + 1);
  const text = (address: bigint): string => formatIp(octetsOf(address, isIpv6 ? 16 : 4));
  return { first: text(startOf(view, index)), last: text(end - 1n) };
}

function ipv4Start(view: LocationView, index: number): bigint {
  const group = view.ipv4Groups.findLastIndex((first) => first <= index);
  return (BigInt(group) << 16n) | BigInt(view.ipv4Lows[index] as number);
}

function ipv6Start(view: LocationView, index: number): bigint {
  const group = view.ipv6Groups.findLastIndex((first) => first <= index);
  const high = BigInt(view.ipv6Highs[group] as number);
  return ((high << 32n) | BigInt(view.ipv6Lows[index] as number)) << 64n;
}

function octetsOf(address: bigint, size: number): Uint8Array {
  const octets = new Uint8Array(size);
  for (let i = size - 1, rest = address; i >= 0; i--, rest >>= 8n) octets[i] = Number(rest & 255n);
  return octets;
}

/** Which city; the region tells cities of one name in one country apart. */
export type CityName = { country: string; region?: string; city: string };

/**
 * The ids that a table gives to the cities of this name: several where no region is given and the
 * country has several, none where the table knows no cities. Takes time in proportion to the table.
 */
export function citiesNamed(view: LocationView, name: CityName): number[] {
  const wanted = new Set<number>();
  for (let id = 1; id < view.cities.length; id++) {
    const cityId = view.cities[id] as number;
    if (cityId === 0 || placeCodeText(view.countries[id] as number) !== name.country) continue;
    if (!wanted.has(cityId) && isNamed(view, cityId, name)) wanted.add(cityId);
  }
  return [...wanted];
}

function isNamed(view: LocationView, cityId: number, name: CityName): boolean {
  const [city = "", region] = textAt(view, cityId).toLowerCase().split("\n");
  const sameRegion = name.region === undefined || name.region.toLowerCase() === region;
  return sameRegion && city === name.city.toLowerCase();
}

function textAt(view: LocationView, index: number): string {
  const { textStarts, text } = view;
  return Buffer.from(text.slice(textStarts[index], textStarts[index + 1])).toString();
}
