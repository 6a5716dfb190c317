import { compileTable, operatorTableOptions } from "../table/compile-table.ts";
import type { CompileOptions } from "../table/compile-table.ts";
import { writeMmdb } from "./mmdb-writer.ts";

/** A network and where it is, in the flat shape of location files. */
export type PlacedNetwork = {
  readonly cidr: string;
  readonly country: string;
  /** Name of the state or province. */
  readonly region?: string;
  readonly city?: string;
  /** Degrees. */
  readonly latitude?: number;
  readonly longitude?: number;
};

/** A location table of a few networks; the more specific ones win. */
export function locationTableOf(
  networks: readonly PlacedNetwork[],
  options: CompileOptions = operatorTableOptions,
): SharedArrayBuffer {
  const octets = writeMmdb(networks.map(({ cidr, ...place }) => ({ cidr, data: flat(place) })));
  return compileTable([{ path: "test.mmdb", octets }], options);
}

function flat(place: Omit<PlacedNetwork, "cidr">): { [key: string]: string | number } {
  const { country, region = "", city = "", latitude, longitude } = place;
  const names = { country_code: country, state1: region, city };
  if (latitude === undefined || longitude === undefined) return names;
  return { ...names, latitude, longitude };
}
