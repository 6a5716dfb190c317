import { regionCoordinates } from "../../geo/places/aws-regions.ts";
import { localZoneGroupCoordinates } from "../../geo/places/local-zone-groups.ts";
import { geoPlaceIndex } from "./geo-locations.ts";
import type { GeoLocation } from "./resource-record-set.ts";
import type { PolicyPlace } from "./traffic-policy-document.ts";
import type { PolicyObject } from "./traffic-policy-object.ts";
import { PolicyProblem } from "./traffic-policy-object.ts";

/** The place of a geolocation branch; the default is the country `*`. */
export function readGeoLocation(object: PolicyObject): GeoLocation {
  const continentCode = object.optionalText("Continent");
  const countryCode = object.optionalText("Country");
  const subdivisionCode = object.optionalText("Subdivision");
  const isDefault = object.flag("IsDefault", countryCode === "*");
  const location: GeoLocation = {
    ...(continentCode === undefined ? {} : { continentCode }),
    ...(countryCode === undefined ? {} : { countryCode }),
    ...(subdivisionCode === undefined ? {} : { subdivisionCode }),
  };
  const isEverywhere = Object.values(location).every((code) => code === "*");
  if (isDefault && isEverywhere) return { countryCode: "*" };
  if (isDefault) throw object.problem("IsDefault", "a place of its own cannot be the default");
  if (countryCode === "*") {
    throw object.problem("IsDefault", "the country * is always the default");
  }
  if (continentCode !== undefined && countryCode !== undefined) {
    throw object.problem("Continent", "cannot be given together with Country");
  }
  if (geoPlaceIndex(location) !== undefined) return location;
  const code = Object.values(location).join("-");
  const message = code === "" ? "has no place and is not the default" : `unknown place '${code}'`;
  throw new PolicyProblem(object.path, message);
}

/** The region code of a latency branch. */
export function readRegion(object: PolicyObject): string {
  const region = object.text("Region");
  if (regionCoordinates(region)) return region;
  throw object.problem("Region", `unknown region '${region}'`);
}

const namePrefix = "aws:route53:";

/** `aws:route53:us-east-1`, as geoproximity rules name regions and Local Zones. */
function readPrefixed(object: PolicyObject, name: string): string {
  const text = object.text(name);
  if (text.startsWith(namePrefix)) return text.slice(namePrefix.length);
  throw object.problem(name, `'${text}' does not begin with ${namePrefix}`);
}

function requireRegion(object: PolicyObject, name: string): PolicyPlace {
  const region = readPrefixed(object, name);
  if (regionCoordinates(region)) return { region };
  throw object.problem(name, `unknown region '${region}'`);
}

/** A place as 2015-10-01 writes it: members of the branch itself. */
export function readFlatPlace(object: PolicyObject): PolicyPlace {
  const hasCoordinates = object.has("Latitude") || object.has("Longitude");
  if (object.has("Region") === hasCoordinates) {
    const message = "exactly one of Region, and Latitude with Longitude, is expected";
    throw new PolicyProblem(object.path, message);
  }
  return hasCoordinates ? readCoordinates(object) : requireRegion(object, "Region");
}

/** A place as 2023-05-09 writes it: an object `Location`. */
export function readLocation(branch: PolicyObject): PolicyPlace {
  const object = branch.object("Location");
  const type = object.oneOf("Type", ["Region", "LocalZone", "Coordinate"]);
  const place = readTyped(object, type);
  object.end();
  return place;
}

function readTyped(object: PolicyObject, type: "Region" | "LocalZone" | "Coordinate"): PolicyPlace {
  if (type === "Coordinate") return readCoordinates(object);
  if (type === "Region") return requireRegion(object, "LocationName");
  const zone = readPrefixed(object, "LocationName");
  // A zone is its group and a letter.
  const localZoneGroup = zone.replace(/(\d)[a-z]$/, "$1");
  if (localZoneGroupCoordinates(localZoneGroup)) return { localZoneGroup };
  throw object.problem("LocationName", `unknown Local Zone '${zone}'`);
}

function readCoordinates(object: PolicyObject): PolicyPlace {
  const latitude = readDegrees(object, "Latitude", 90);
  const longitude = readDegrees(object, "Longitude", 180);
  return { latitude, longitude };
}

function readDegrees(object: PolicyObject, name: string, max: number): number {
  const text = object.decimal(name);
  if (/\.\d{3}/.test(text)) throw object.problem(name, "must not have more than two decimals");
  const degrees = Number(text);
  if (Math.abs(degrees) <= max) return degrees;
  throw object.problem(name, `must be from -${max} to ${max}, not ${degrees}`);
}

/** A text that is the same for the same place. */
export function placeKey(place: PolicyPlace): string {
  return Object.entries(place).join();
}
