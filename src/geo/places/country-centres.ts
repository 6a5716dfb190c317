import { coordinateTable } from "./coordinates.ts";
import type { Coordinates } from "./coordinates.ts";
import { countryCentreTable } from "./country-centres.generated.ts";

const centres = coordinateTable(countryCentreTable);

/**
 * The middle of a country's IPv4 addresses, for location data that names countries but no points;
 * `undefined` for a code that no location data uses.
 */
export function countryCentre(country: string): Coordinates | undefined {
  return centres.get(country);
}
