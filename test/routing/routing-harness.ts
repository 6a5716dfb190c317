import { LocationView } from "../../src/dataplane/geo/location-view.ts";
import { packPlaceCode } from "../../src/dataplane/geo/place-code.ts";
import { RangeColumns } from "../../src/geo/table/range-columns.ts";
import { writeTable } from "../../src/geo/table/write-table.ts";
import type { LocationRow } from "../../src/geo/table/location-set.ts";
import { clientPlaces } from "./random-tree.ts";
import type { Place } from "./reference-places.ts";

/** The location table in which the clients of random trees are at the places they should be. */
export function locationsOfClients(): LocationView {
  const ipv4 = new RangeColumns();
  ipv4.append(0, 0, 0);
  for (let first = 1; first <= 3; first++) {
    clientPlaces.forEach((_, place) => ipv4.append(((first << 24) | (place << 16)) >>> 0, 0, place));
    ipv4.append(((first << 24) | (clientPlaces.length << 16)) >>> 0, 0, 0);
  }
  const ipv6 = new RangeColumns();
  ipv6.append(0x2000_0000, 0, 0);
  for (let third = 0; third < 2; third++) {
    for (let place = 0; place < 4; place++) {
      ipv6.append(0x2400_0000 | (third << 8) | place, 0, place);
    }
    ipv6.append(0x2400_0000 | (third << 8) | 4, 0, 0);
  }
  const texts = ["places of a test"];
  const locations = clientPlaces.map((place) => rowOf(place));
  return new LocationView(writeTable({ ipv4, ipv6, locations, texts, madeAtSeconds: 0 }));
}

function rowOf({ continent, country, subdivision, latitude, longitude }: Place): LocationRow {
  return {
    continent: packPlaceCode(continent ?? ""),
    country: packPlaceCode(country ?? ""),
    subdivision: packPlaceCode(subdivision ?? ""),
    latitude: latitude === undefined ? undefined : latitude * 100,
    longitude: longitude === undefined ? undefined : longitude * 100,
    city: 0,
  };
}
