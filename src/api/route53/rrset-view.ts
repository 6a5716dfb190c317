import type { ResourceRecordSet as AwsRRset } from "@aws-sdk/client-route-53";
import type { GeoLocation, ResourceRecordSet } from "../../control/model/resource-record-set.ts";

/** A resource record set as answers have it. */
export function rrsetView(rrset: ResourceRecordSet): AwsRRset {
  const view: AwsRRset = { Name: rrset.name, Type: rrset.type as AwsRRset["Type"] };
  if (rrset.setIdentifier !== undefined) addRouting(view, rrset);
  if (rrset.ttl !== undefined) view.TTL = rrset.ttl;
  if (rrset.resourceRecords) {
    view.ResourceRecords = rrset.resourceRecords.map((Value) => ({ Value }));
  }
  if (rrset.aliasTarget) {
    view.AliasTarget = {
      HostedZoneId: rrset.aliasTarget.hostedZoneId,
      DNSName: rrset.aliasTarget.dnsName,
      EvaluateTargetHealth: rrset.aliasTarget.evaluateTargetHealth,
    };
  }
  if (rrset.healthCheckId !== undefined) view.HealthCheckId = rrset.healthCheckId;
  if (rrset.trafficPolicyInstanceId !== undefined) {
    view.TrafficPolicyInstanceId = rrset.trafficPolicyInstanceId;
  }
  return view;
}

function addRouting(view: AwsRRset, rrset: ResourceRecordSet): void {
  view.SetIdentifier = rrset.setIdentifier;
  if (rrset.weight !== undefined) view.Weight = rrset.weight;
  if (rrset.region !== undefined) view.Region = rrset.region as AwsRRset["Region"];
  if (rrset.failover !== undefined) view.Failover = rrset.failover;
  if (rrset.geoLocation) view.GeoLocation = geoLocationView(rrset.geoLocation);
  if (rrset.multiValueAnswer !== undefined) view.MultiValueAnswer = rrset.multiValueAnswer;
  if (rrset.geoProximityLocation) {
    view.GeoProximityLocation = geoProximityView(rrset.geoProximityLocation);
  }
  if (rrset.cidrRoutingConfig) {
    const { collectionId, locationName } = rrset.cidrRoutingConfig;
    view.CidrRoutingConfig = { CollectionId: collectionId, LocationName: locationName };
  }
}

function geoLocationView(location: GeoLocation): AwsRRset["GeoLocation"] {
  return {
    ContinentCode: location.continentCode,
    CountryCode: location.countryCode,
    SubdivisionCode: location.subdivisionCode,
  };
}

function geoProximityView(
  location: NonNullable<ResourceRecordSet["geoProximityLocation"]>,
): AwsRRset["GeoProximityLocation"] {
  const { awsRegion, localZoneGroup, coordinates, bias } = location;
  return {
    AWSRegion: awsRegion,
    LocalZoneGroup: localZoneGroup,
    Coordinates: coordinates && {
      Latitude: coordinates.latitude,
      Longitude: coordinates.longitude,
    },
    Bias: bias,
  };
}
