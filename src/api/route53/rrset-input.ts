import { geoPlaceIndex } from "../../control/model/geo-locations.ts";
import type {
  AliasTarget,
  GeoLocation,
  GeoProximityLocation,
  ResourceRecordSet,
} from "../../control/model/resource-record-set.ts";
import { normaliseName } from "../../control/model/route53-name.ts";
import { ServiceError } from "../protocol/service-error.ts";
import { bareId } from "./resource-ids.ts";
import type { Route53Handlers } from "./route53-handler.ts";

type BatchInput = Parameters<NonNullable<Route53Handlers["ChangeResourceRecordSets"]>>[0];
export type ChangeInput = BatchInput["ChangeBatch"]["Changes"][number];
export type RRsetInput = ChangeInput["ResourceRecordSet"];

const routingFields = [
  "Weight",
  "Region",
  "Failover",
  "GeoLocation",
  "MultiValueAnswer",
  "GeoProximityLocation",
  "CidrRoutingConfig",
] as const;

/**
 * A resource record set of a request in the form the state keeps.
 * @throws ServiceError InvalidInput for fields that do not go together
 * @throws InvalidNameError
 */
export function readRRset(change: ChangeInput): ResourceRecordSet {
  checkFields(change);
  const input = change.ResourceRecordSet;
  return {
    name: normaliseName(input.Name),
    type: input.Type,
    ...present("setIdentifier", input.SetIdentifier),
    ...present("weight", input.Weight),
    ...present("region", input.Region),
    ...present("failover", input.Failover),
    ...present("geoLocation", readGeoLocation(change)),
    ...present("geoProximityLocation", readGeoProximity(change)),
    ...present("multiValueAnswer", input.MultiValueAnswer === true ? true : undefined),
    ...present("cidrRoutingConfig", readCidr(input)),
    ...present("healthCheckId", input.HealthCheckId),
    ...present("ttl", input.TTL),
    ...present(
      "resourceRecords",
      input.ResourceRecords?.map(({ Value }) => Value),
    ),
    ...present("aliasTarget", readAlias(input)),
  };
}

/** A member with its value, or no member. */
function present<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });
}

function checkFields(change: ChangeInput): void {
  const input = change.ResourceRecordSet;
  const hasValues = input.TTL !== undefined && input.ResourceRecords !== undefined;
  const hasAny = input.TTL !== undefined || input.ResourceRecords !== undefined;
  const others = [input.AliasTarget, input.TrafficPolicyInstanceId].filter(isGiven).length;
  expectOne(change, {
    of: "AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId",
    count: others + Number(others > 0 ? hasAny : hasValues),
  });
  const routed = routingFields.filter((field) => isGiven(input[field]) && input[field] !== false);
  if (input.SetIdentifier !== undefined) {
    const names = [...routingFields.slice(0, -1), `or ${routingFields.at(-1)}`];
    expectOne(change, { of: names.join(", "), count: routed.length });
  } else if (routed.length > 0) {
    throw invalid(change, "Missing field 'SetIdentifier'");
  }
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function expectOne(change: ChangeInput, expected: { of: string; count: number }): void {
  if (expected.count === 1) return;
  const found = expected.count === 0 ? "none" : "more than one";
  throw invalid(change, `Expected exactly one of [${expected.of}], but found ${found}`);
}

function invalid(change: ChangeInput, what: string): ServiceError {
  const { Name, Type, SetIdentifier = "null" } = change.ResourceRecordSet;
  const where = `Action=${change.Action}, Name=${Name}, Type=${Type}`;
  const message = `${what} in Change with [${where}, SetIdentifier=${SetIdentifier}]`;
  return new ServiceError("InvalidInput", `Invalid request: ${message}`);
}

function readGeoLocation(change: ChangeInput): GeoLocation | undefined {
  const input = change.ResourceRecordSet.GeoLocation;
  if (!input) return undefined;
  const { ContinentCode, CountryCode, SubdivisionCode } = input;
  const ofCountry = CountryCode !== undefined || SubdivisionCode !== undefined;
  expectOne(change, {
    of: "ContinentCode, or CountryCode",
    count: Number(ContinentCode !== undefined) + Number(ofCountry),
  });
  if (ofCountry && CountryCode === undefined) throw invalid(change, "Missing field 'CountryCode'");
  const location = {
    ...present("continentCode", ContinentCode),
    ...present("countryCode", CountryCode),
    ...present("subdivisionCode", SubdivisionCode),
  };
  if (geoPlaceIndex(location) !== undefined) return location;
  const code = [ContinentCode, CountryCode, SubdivisionCode].filter(isGiven).join("-");
  throw invalid(change, `Unsupported GeoLocation '${code}'`);
}

const latitudeMax = 90;
const longitudeMax = 180;

function readGeoProximity(change: ChangeInput): GeoProximityLocation | undefined {
  const input = change.ResourceRecordSet.GeoProximityLocation;
  if (!input) return undefined;
  const { AWSRegion, LocalZoneGroup, Coordinates, Bias } = input;
  expectOne(change, {
    of: "AWSRegion, LocalZoneGroup, or Coordinates",
    count: [AWSRegion, LocalZoneGroup, Coordinates].filter(isGiven).length,
  });
  if (
    Coordinates &&
    (Math.abs(Number(Coordinates.Latitude)) > latitudeMax ||
      Math.abs(Number(Coordinates.Longitude)) > longitudeMax)
  ) {
    throw invalid(change, "Coordinates out of range");
  }
  return {
    ...present("awsRegion", AWSRegion),
    ...present("localZoneGroup", LocalZoneGroup),
    ...present(
      "coordinates",
      Coordinates && { latitude: Coordinates.Latitude, longitude: Coordinates.Longitude },
    ),
    ...present("bias", Bias),
  };
}

function readCidr(input: RRsetInput): ResourceRecordSet["cidrRoutingConfig"] {
  const config = input.CidrRoutingConfig;
  return config && { collectionId: config.CollectionId, locationName: config.LocationName };
}

function readAlias(input: RRsetInput): AliasTarget | undefined {
  const target = input.AliasTarget;
  return (
    target && {
      hostedZoneId: bareId(target.HostedZoneId),
      dnsName: normaliseName(target.DNSName),
      evaluateTargetHealth: target.EvaluateTargetHealth,
    }
  );
}
