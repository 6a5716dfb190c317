import { geoPlaceIndex, geoPlaces } from "../../control/model/geo-locations.ts";
import type { GeoPlace } from "../../control/model/geo-locations.ts";
import type { GeoLocation } from "../../control/model/resource-record-set.ts";
import { ServiceError } from "../protocol/service-error.ts";
import { cutPage, pageSize } from "./pages.ts";
import type { HandlerFamily } from "./route53-handler.ts";

const pageSizeMax = 100;

export const geoLocations: HandlerFamily<"GetGeoLocation" | "ListGeoLocations"> = () => ({
  GetGeoLocation(input) {
    const { ContinentCode, CountryCode, SubdivisionCode } = input;
    const location = locationOf(ContinentCode, CountryCode, SubdivisionCode);
    // Without a code it is the default place that is asked for.
    const index = geoPlaceIndex(
      Object.keys(location).length === 0 ? { countryCode: "*" } : location,
    );
    const place = index === undefined ? undefined : geoPlaces[index];
    if (!place) throw noSuchLocation(location);
    return { GeoLocationDetails: detailsOf(place) };
  },

  ListGeoLocations(input) {
    const { StartContinentCode, StartCountryCode, StartSubdivisionCode } = input;
    const size = pageSize(input.MaxItems, pageSizeMax);
    const start = startOf(locationOf(StartContinentCode, StartCountryCode, StartSubdivisionCode));
    const { page, next } = cutPage(geoPlaces.slice(start, start + size + 1), size);
    return {
      GeoLocationDetailsList: page.map(detailsOf),
      IsTruncated: next !== undefined,
      NextContinentCode: next?.continentCode,
      NextCountryCode: next?.countryCode,
      NextSubdivisionCode: next?.subdivisionCode,
      MaxItems: size,
    };
  },
});

function locationOf(
  continentCode: string | undefined,
  countryCode: string | undefined,
  subdivisionCode: string | undefined,
): GeoLocation {
  const wrong =
    (continentCode !== undefined && (countryCode ?? subdivisionCode) !== undefined) ||
    (subdivisionCode !== undefined && countryCode === undefined);
  if (wrong) {
    throw new ServiceError(
      "InvalidInput",
      "A continent code goes alone, and a subdivision code only with its country code",
    );
  }
  return {
    ...(continentCode === undefined ? {} : { continentCode }),
    ...(countryCode === undefined ? {} : { countryCode }),
    ...(subdivisionCode === undefined ? {} : { subdivisionCode }),
  };
}

function startOf(location: GeoLocation): number {
  if (Object.keys(location).length === 0) return 0;
  const index = geoPlaceIndex(location);
  if (index !== undefined) return index;
  const { message } = noSuchLocation(location);
  throw new ServiceError("InvalidInput", message);
}

function noSuchLocation(location: GeoLocation): ServiceError {
  const code = Object.values(location).join("-");
  return new ServiceError("NoSuchGeoLocation", `The geolocation ${code} is not supported`);
}

function detailsOf(place: GeoPlace) {
  return {
    ContinentCode: place.continentCode,
    ContinentName: place.continentName,
    CountryCode: place.countryCode,
    CountryName: place.countryName,
    SubdivisionCode: place.subdivisionCode,
    SubdivisionName: place.subdivisionName,
  };
}
