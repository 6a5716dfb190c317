/** Policy documents that have every rule type of their version, and what four places are answered. */

const one = (n: number) => ({ Type: "value", Value: `192.0.2.${n}` });

const endpoints = {
  ...{ virginia: one(1), frankfurt: one(2), seoul: one(3), saoPaulo: one(4) },
  ...{ first: one(5), second: one(6), any1: one(7), any2: one(8) },
};

/** By the rule that each place is led to. */
export const everyRuleAnswers = {
  newYork: "192.0.2.1",
  frankfurt: "192.0.2.2",
  seoul: "192.0.2.6",
  saoPaulo: "192.0.2.4",
} as const;

const end = (EndpointReference: string) => ({ EndpointReference });
const rule = (RuleReference: string) => ({ RuleReference });

/** Where `down` is the id of a health check that is unhealthy. */
function commonRules(down: string) {
  return {
    where: {
      RuleType: "geo",
      Locations: [
        { Country: "US", Subdivision: "NY", ...rule("newYork") },
        { Continent: "EU", ...rule("closest") },
        { Country: "KR", ...rule("pair") },
        { Continent: "SA", ...rule("proximity") },
        { IsDefault: "true", ...rule("any") },
      ],
    },
    closest: {
      RuleType: "latency",
      Regions: [
        { Region: "us-east-1", ...end("virginia") },
        { Region: "eu-central-1", ...end("frankfurt") },
      ],
    },
    pair: {
      RuleType: "failover",
      Primary: { ...end("first"), HealthCheck: down },
      Secondary: end("second"),
    },
    any: { RuleType: "multivalue", Items: [end("any1"), end("any2")] },
    weights: {
      RuleType: "weighted",
      Items: [
        { ...end("virginia"), Weight: "3" },
        { ...end("frankfurt"), Weight: 0 },
      ],
    },
  };
}

const flatPlaces = {
  RuleType: "geoproximity",
  GeoproximityLocations: [
    { Region: "aws:route53:us-east-1", Bias: "-10", ...end("virginia") },
    { Latitude: "-23.55", Longitude: "-46.63", ...end("saoPaulo") },
  ],
};

const places = {
  RuleType: "geoproximity",
  GeoproximityLocations: [
    {
      Location: { Type: "Region", LocationName: "aws:route53:us-east-1" },
      ...{ Bias: "-10", ...end("virginia") },
    },
    {
      Location: { Type: "Coordinate", Latitude: "-23.55", Longitude: "-46.63" },
      ...end("saoPaulo"),
    },
  ],
};

const metric = { Namespace: "Shop", MetricName: "Requests", Dimensions: { Pool: "virginia" } };

/** Rules that only our own version has, each leading to the next. */
const ownRules = {
  newYork: {
    RuleType: "timeofday",
    TimeZone: "America/New_York",
    Items: [{ ...rule("networks"), Windows: [{ Start: "00:00", End: "24:00" }] }],
  },
  networks: {
    RuleType: "cidr",
    Items: [
      { ...rule("shards"), Blocks: ["98.113.0.0/16"] },
      { ...rule("weights"), IsDefault: true },
    ],
  },
  shards: { RuleType: "sticky", Items: [{ ...rule("idlest"), Weight: 2 }] },
  idlest: {
    RuleType: "load",
    FailMode: "closed",
    Items: [{ ...rule("ranked"), LowWatermark: 1, HighWatermark: 2, Metric: metric }],
  },
  ranked: { RuleType: "failover", Ranks: [rule("near"), rule("weights"), end("second")] },
  near: {
    RuleType: "nearby",
    Items: [
      {
        ...{ ...end("virginia"), Country: "US", City: "Ashburn", Metric: metric },
        Location: { Type: "Coordinate", Latitude: 39.04, Longitude: -77.49 },
      },
      {
        ...{ ...end("frankfurt"), Country: "DE" },
        Location: { Type: "Region", LocationName: "aws:route53:eu-central-1" },
      },
    ],
  },
};

export const policyVersions = ["2015-10-01", "2023-05-09", "2026-11-22"] as const;

/** @param down id of a health check that is unhealthy */
export function everyRuleDocument(
  AWSPolicyFormatVersion: (typeof policyVersions)[number],
  down: string,
) {
  const { weights, ...rules } = commonRules(down);
  const isOurs = AWSPolicyFormatVersion === "2026-11-22";
  return {
    ...{ AWSPolicyFormatVersion, RecordType: "A", StartRule: "where", Endpoints: endpoints },
    Rules: {
      ...rules,
      proximity: AWSPolicyFormatVersion === "2015-10-01" ? flatPlaces : places,
      ...(isOurs ? { ...ownRules, weights } : { newYork: weights }),
    },
  };
}

/** What a New Yorker's answer goes through, by version. */
export const newYorkPolicies: Readonly<Record<(typeof policyVersions)[number], string[]>> = {
  "2015-10-01": ["geolocation", "weighted"],
  "2023-05-09": ["geolocation", "weighted"],
  "2026-11-22": [
    ...["geolocation", "timeOfDay", "cidr", "sticky", "leastLoaded", "failover", "nearby"],
  ],
};
