import { checkerLocationNameSizeMax } from "../../base/limits.ts";
import { isRegionName } from "../../base/region-name.ts";
import type { LocationName } from "./checker-desk.ts";

const nameForm = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

/** A location's name or region has the wrong form; the message says which and how it must be. */
export class LocationNameError extends Error {
  override name = "LocationNameError";
}

/**
 * A location from texts; no region, or an empty one: `null`.
 * @throws LocationNameError
 */
export function locationNamed(name: string, region?: string | null): LocationName {
  if (!nameForm.test(name) || name.length > checkerLocationNameSizeMax) {
    const form = `lower-case letters, digits and inner hyphens, limit ${checkerLocationNameSizeMax}`;
    throw new LocationNameError(`location ${name.slice(0, 100)} is not a name of ${form}`);
  }
  if (region && !isRegionName(region)) {
    throw new LocationNameError(`region ${region.slice(0, 100)} does not look like us-east-1`);
  }
  return { location: name, region: region || null };
}

/**
 * `NAME` or `NAME=REGION`.
 * @throws LocationNameError
 */
export function parseLocation(text: string): LocationName {
  const equals = text.indexOf("=");
  if (equals < 0) return locationNamed(text);
  const region = text.slice(equals + 1);
  if (region === "") throw new LocationNameError(`location ${text} names no region after "="`);
  return locationNamed(text.slice(0, equals), region);
}
