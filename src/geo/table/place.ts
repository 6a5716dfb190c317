import type { MmdbValue, Wanted } from "../mmdb/mmdb-data.ts";
import { continentOf } from "../places/continents.ts";
import type { Coordinates } from "../places/coordinates.ts";
import { usStateCode } from "../places/us-states.ts";

/** What one record of a location file says; empty where it says nothing. */
export type Place = {
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** Of the US alone: the code of the state. */
  readonly subdivision: string;
  /** One of Route 53's seven. */
  readonly continent: string;
  /** The state, province or the like, as the file names it. */
  readonly region: string;
  readonly city: string;
  readonly coordinates: Coordinates | undefined;
};

/** The fields that are read of either shape; `country` and `city` are maps in the one. */
export const placeFields: Wanted = {
  // MaxMind's GeoIP2 and GeoLite2, and what DB-IP itself publishes
  continent: { code: true },
  country: { iso_code: true },
  subdivisions: { iso_code: true, names: { en: true } },
  city: { names: { en: true } },
  location: { latitude: true, longitude: true },
  // ip-location-db
  country_code: true,
  continent_code: true,
  state1: true,
  latitude: true,
  longitude: true,
};

type Fields = { readonly [key: string]: MmdbValue };

const noFields: Fields = {};

/** The place a record tells of, in MaxMind's shape of nested maps or in the flat one. */
export function readPlace(record: MmdbValue): Place {
  const fields = mapIn(record);
  return "country_code" in fields ? flatPlace(fields) : nestedPlace(fields);
}

function flatPlace(fields: Fields): Place {
  const country = countryCode(fields.country_code);
  const region = textIn(fields.state1);
  return {
    country,
    subdivision: subdivisionCode(country, region),
    continent: continentCode(country, fields.continent_code),
    region,
    city: textIn(fields.city),
    coordinates: coordinatesIn(fields),
  };
}

function nestedPlace(fields: Fields): Place {
  const country = countryCode(mapIn(fields.country).iso_code);
  const subdivisions = fields.subdivisions;
  const widest = mapIn(Array.isArray(subdivisions) ? subdivisions[0] : undefined);
  const region = textIn(mapIn(widest.names).en) || textIn(widest.iso_code);
  return {
    country,
    subdivision: subdivisionCode(country, textIn(widest.iso_code) || region),
    continent: continentCode(country, mapIn(fields.continent).code),
    region,
    city: textIn(mapIn(mapIn(fields.city).names).en),
    coordinates: coordinatesIn(mapIn(fields.location)),
  };
}

function countryCode(value: MmdbValue | undefined): string {
  const code = textIn(value).toUpperCase();
  return /^[A-Z]{2}$/.test(code) ? code : "";
}

function subdivisionCode(country: string, region: string): string {
  return country === "US" ? (usStateCode(region) ?? "") : "";
}

/** Our own table goes first, so that a country is on one continent whatever the file. */
function continentCode(country: string, value: MmdbValue | undefined): string {
  const known = continentOf(country);
  if (known) return known;
  const code = textIn(value).toUpperCase();
  return /^(?:AF|AN|AS|EU|NA|OC|SA)$/.test(code) ? code : "";
}

function coordinatesIn(fields: Fields): Coordinates | undefined {
  const { latitude, longitude } = fields;
  if (typeof latitude !== "number" || typeof longitude !== "number") return undefined;
  const isPoint = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
  return isPoint ? { latitude, longitude } : undefined;
}

function mapIn(value: MmdbValue | undefined): Fields {
  const isMap =
    typeof value === "object" && !Array.isArray(value) && !(value instanceof Uint8Array);
  return isMap ? value : noFields;
}

function textIn(value: MmdbValue | undefined): string {
  return typeof value === "string" ? value.trim() : "";
}
