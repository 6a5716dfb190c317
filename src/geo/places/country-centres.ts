import type { Coordinates } from "./coordinates.ts";

/** Where most of a country's addresses are; `undefined` for a code that no location data uses. */
export function countryCentre(_country: string): Coordinates | undefined {
  return undefined;
}
