import { locationCountMax } from "../../base/limits.ts";
import { packPlaceCode } from "../../dataplane/geo/place-code.ts";
import { MmdbError } from "../mmdb/mmdb-error.ts";
import type { Coordinates } from "../places/coordinates.ts";
import { countryCentre } from "../places/country-centres.ts";
import type { Place } from "./place.ts";

/** One location of a table; codes are packed (place-code.ts). */
export type LocationRow = {
  readonly country: number;
  readonly subdivision: number;
  readonly continent: number;
  /** Hundredths of a degree; `undefined` where nobody knows. */
  readonly latitude: number | undefined;
  readonly longitude: number | undefined;
  /** Index in `texts`, 0 for none. */
  readonly city: number;
};

export type LocationSetOptions = {
  /** Whether cities are told apart. */
  readonly cities: boolean;
  /** What coordinates are rounded to: hundredths of a degree, a divisor of 9,000. */
  readonly coordinateStep: number;
};

/** The distinct locations of a table while it is made. */
export class LocationSet {
  /** By location id; 0 is no place. */
  readonly rows: LocationRow[] = [
    {
      country: 0,
      subdivision: 0,
      continent: 0,
      latitude: undefined,
      longitude: undefined,
      city: 0,
    },
  ];
  /** By city id: name, line feed, region. The first is not a city's. */
  readonly texts: string[] = [""];
  /** Records with no country and no continent, which are no place. */
  unplaced = 0;
  readonly #options: LocationSetOptions;
  readonly #ids = new Map<string, number>();
  readonly #cityIds = new Map<string, number>();

  constructor(options: LocationSetOptions) {
    this.#options = options;
  }

  /** The id of a place; two places that differ in nothing the table keeps have one id. */
  add(place: Place): number {
    if (!place.country && !place.continent) {
      this.unplaced++;
      return 0;
    }
    const point = place.coordinates ?? countryCentre(place.country);
    const latitude = point && this.#rounded(point.latitude);
    const longitude = point && this.#rounded(point.longitude);
    const city = this.#options.cities ? this.#cityId(place) : 0;
    const { country, continent, subdivision } = place;
    const key = `${country} ${continent} ${subdivision} ${city} ${latitude} ${longitude}`;
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.rows.length;
    if (id >= locationCountMax) throw new MmdbError(`more than ${locationCountMax} locations`);
    this.#ids.set(key, id);
    this.rows.push({
      country: packPlaceCode(country),
      continent: packPlaceCode(continent),
      subdivision: packPlaceCode(subdivision),
      latitude,
      longitude,
      city,
    });
    return id;
  }

  #cityId({ country, subdivision, region, city }: Place): number {
    if (!city) return 0;
    const text = `${city}\n${region}`;
    const key = `${country} ${subdivision} ${text}`;
    const known = this.#cityIds.get(key);
    if (known !== undefined) return known;
    const id = this.texts.length;
    this.#cityIds.set(key, id);
    this.texts.push(text);
    return id;
  }

  #rounded(degrees: Coordinates["latitude"]): number {
    const step = this.#options.coordinateStep;
    return Math.round((degrees * 100) / step) * step;
  }
}
