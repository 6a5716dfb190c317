/**
 * One resource record set of a hosted zone, in AWS's shape, normalised: the form in which the
 * change log, the state tables and the API handlers pass it around.
 */
export type ResourceRecordSet = {
  /** Lower case, escaped as Route 53 writes it (`\052` for `*`), with its trailing dot. */
  name: string;
  /** `A`, `AAAA`, …: a mnemonic in upper case. */
  type: string;
  /** Tells sets of one name and type apart; only routed sets have one. 1–128 characters. */
  setIdentifier?: string;
  /** 0–255. */
  weight?: number;
  region?: string;
  failover?: "PRIMARY" | "SECONDARY";
  geoLocation?: GeoLocation;
  geoProximityLocation?: GeoProximityLocation;
  multiValueAnswer?: boolean;
  cidrRoutingConfig?: { collectionId: string; locationName: string };
  healthCheckId?: string;
  trafficPolicyInstanceId?: string;
  /** Seconds; present with `resourceRecords`, absent with `aliasTarget`. */
  ttl?: number;
  /** Values verbatim, as the client wrote them. */
  resourceRecords?: string[];
  aliasTarget?: AliasTarget;
};

export type AliasTarget = {
  hostedZoneId: string;
  /** Normalised like `name`. */
  dnsName: string;
  evaluateTargetHealth: boolean;
};

export type GeoLocation = {
  continentCode?: string;
  countryCode?: string;
  subdivisionCode?: string;
};

export type GeoProximityLocation = {
  awsRegion?: string;
  localZoneGroup?: string;
  coordinates?: { latitude: string; longitude: string };
  bias?: number;
};
