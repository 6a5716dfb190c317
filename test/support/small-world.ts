import { LocationView } from "../../src/dataplane/geo/location-view.ts";
import { packPlaceCode } from "../../src/dataplane/geo/place-code.ts";
import { RangeColumns } from "../../src/geo/table/range-columns.ts";
import { writeTable } from "../../src/geo/table/write-table.ts";

/** Who lives in 1.N.0.0/16 and 2400:N::/32, N counted from 1; nobody lives elsewhere. */
const inhabitants = [
  ["KR", "AS", "", 37.57, 126.98, "Seoul"],
  ["DE", "EU", "", 50.11, 8.68, "Frankfurt"],
  ["US", "NA", "NY", 40.71, -74.01, "New York"],
  ["US", "NA", "CA", 37.77, -122.42, "San Francisco"],
  ["US", "NA", "", 38, -97, ""],
  ["BR", "SA", "", -23.55, -46.63, "São Paulo"],
] as const;

/** A location table of six places. */
export function smallWorld(): LocationView {
  const ipv4 = new RangeColumns();
  const ipv6 = new RangeColumns();
  ipv4.append(0, 0, 0);
  ipv6.append(0x2000_0000, 0, 0);
  for (let id = 1; id <= inhabitants.length; id++) {
    ipv4.append(0x0100_0000 | (id << 16), 0, id);
    ipv6.append(0x2400_0000 | id, 0, id);
  }
  ipv4.append(0x0100_0000 | ((inhabitants.length + 1) << 16), 0, 0);
  ipv6.append(0x2400_0000 | (inhabitants.length + 1), 0, 0);
  const nowhere = { country: 0, subdivision: 0, continent: 0, city: 0 };
  const locations = inhabitants.map(([country, continent, state, latitude, longitude], index) => ({
    country: packPlaceCode(country),
    continent: packPlaceCode(continent),
    subdivision: packPlaceCode(state),
    latitude: latitude * 100,
    longitude: longitude * 100,
    city: index + 1,
  }));
  const table = writeTable({
    ipv4,
    ipv6,
    locations: [{ ...nowhere, latitude: undefined, longitude: undefined }, ...locations],
    texts: ["a small world", ...inhabitants.map(([, , , , , city]) => `${city}\nregion`)],
    madeAtSeconds: 0,
  });
  return new LocationView(table);
}
