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
  const rrset: ResourceRecordSet = { name: normaliseName(input.Name), type: input.Type };
  if (input.SetIdentifier !== undefined) addRouting(rrset, change);
  if (input.HealthCheckId !== undefined) rrset.healthCheckId = input.HealthCheckId;
  if (input.TTL !== undefined) rrset.ttl = input.TTL;
  if (input.ResourceRecords) {
    rrset.resourceRecords = input.ResourceRecords.map(({ Value }) => Value);
  }
  if (input.TrafficPolicyInstanceId !== undefined) {
    rrset.trafficPolicyInstanceId = input.TrafficPolicyInstanceId;
  }
  if (input.AliasTarget) rrset.aliasTarget = readAlias(input.AliasTarget);
  return rrset;
}

/** Adds what only a set with an identifier has. */
function addRouting(rrset: ResourceRecordSet, change: ChangeInput): void {
  const input = change.ResourceRecordSet;
  if (input.SetIdentifier !== undefined) rrset.setIdentifier = input.SetIdentifier;
  if (input.Weight !== undefined) rrset.weight = input.Weight;
  if (input.Region !== undefined) rrset.region = input.Region;
  if (input.Failover !== undefined) rrset.failover = input.Failover;
  if (input.MultiValueAnswer === true) rrset.multiValueAnswer = true;
  if (input.GeoLocation) rrset.geoLocation = readGeoLocation(change, input.GeoLocation);
  if (input.GeoProximityLocation) {
    rrset.geoProximityLocation = readGeoProximity(change, input.GeoProximityLocation);
  }
  if (input.CidrRoutingConfig) {
    const { CollectionId, LocationName } = input.CidrRoutingConfig;
    rrset.cidrRoutingConfig = { collectionId: CollectionId, locationName: LocationName };
  }
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

type GeoLocationInput = NonNullable<RRsetInput["GeoLocation"]>;

function readGeoLocation(change: ChangeInput, input: GeoLocationInput): GeoLocation {
  const { ContinentCode, CountryCode, SubdivisionCode } = input;
  const ofCountry = CountryCode !== undefined || SubdivisionCode !== undefined;
  expectOne(change, {
    of: "ContinentCode, or CountryCode",
    count: Number(ContinentCode !== undefined) + Number(ofCountry),
  });
  if (ofCountry && CountryCode === undefined) throw invalid(change, "Missing field 'CountryCode'");
  const location: GeoLocation = {};
  if (ContinentCode !== undefined) location.continentCode = ContinentCode;
  if (CountryCode !== undefined) location.countryCode = CountryCode;
  if (SubdivisionCode !== undefined) location.subdivisionCode = SubdivisionCode;
  if (geoPlaceIndex(location) !== undefined) return location;
  const code = Object.values(location).join("-");
  throw invalid(change, `Unsupported GeoLocation '${code}'`);
}

const latitudeMax = 90;
const longitudeMax = 180;

type GeoProximityInput = NonNullable<RRsetInput["GeoProximityLocation"]>;

function readGeoProximity(change: ChangeInput, input: GeoProximityInput): GeoProximityLocation {
  const { AWSRegion, LocalZoneGroup, Coordinates, Bias } = input;
  expectOne(change, {
    of: "AWSRegion, LocalZoneGroup, or Coordinates",
    count: [AWSRegion, LocalZoneGroup, Coordinates].filter(isGiven).length,
  });
  const location: GeoProximityLocation = {};
  if (AWSRegion !== undefined) location.awsRegion = AWSRegion;
  if (LocalZoneGroup !== undefined) location.localZoneGroup = LocalZoneGroup;
  if (Coordinates) {
    const { Latitude: latitude, Longitude: longitude } = Coordinates;
    const onEarth =
      Math.abs(Number(latitude)) <= latitudeMax && Math.abs(Number(longitude)) <= longitudeMax;
    if (!onEarth) throw invalid(change, "Coordinates out of range");
    location.coordinates = { latitude, longitude };
  }
  if (Bias !== undefined) location.bias = Bias;
  return location;
}

function readAlias(target: NonNullable<RRsetInput["AliasTarget"]>): AliasTarget {
  return {
    hostedZoneId: bareId(target.HostedZoneId),
    dnsName: normaliseName(target.DNSName),
    evaluateTargetHealth: target.EvaluateTargetHealth,
  };
}
