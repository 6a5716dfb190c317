import type { SetInput } from "./routed-zone.ts";

/** One sentence of Route 53's documentation, sets that it speaks of, and what must be answered. */
export type PolicyCase = {
  says: string;
  sets: readonly SetInput[];
  asked: readonly Expectation[];
};

export type Expectation = {
  /** A key of `clients`, or none: the sender's own address, which is at no place. */
  from?: keyof typeof clients;
  /** Below the case's name. */
  at?: string;
  type?: string;
  /** Every answer is one of these, and each of them comes: several are asked for often. */
  answers?: readonly string[];
  /** Each answer has all of these, in any order. */
  all?: readonly string[];
  /** Each answer has so many of these, and no other. */
  some?: { of: readonly string[]; count: number };
  ttl?: number;
  scope?: number;
};

/** Networks whose place is certain enough in every location table. */
export const clients = {
  newYork: "98.113.1.0/24",
  california: "171.64.1.0/24",
  texas: "128.83.1.0/24",
  toronto: "142.1.1.0/24",
  frankfurt: "18.184.0.0/24",
  paris: "138.195.1.0/24",
  seoul: "121.134.0.0/24",
  tokyo: "133.11.0.0/24",
  sydney: "1.1.1.0/24",
  saoPaulo: "143.107.1.0/24",
  capeTown: "41.185.1.0/24",
  newYorkIpv6: "2600:4040::/48",
  /** Documentation and private networks are at no place. */
  nowhere: "203.0.113.0/24",
  inside: "10.1.2.0/24",
} as const;

/** A record whose set identifier is its address's last octet. */
export function record(last: number, policy: SetInput): SetInput {
  return { id: String(last), ip: ip(last), ...policy };
}

export function ip(last: number): string {
  return `192.0.2.${last}`;
}

export function alias(id: string, target: string, policy: SetInput): SetInput {
  return { id, alias: target, ...policy };
}

export const [one, two, three, four] = [ip(1), ip(2), ip(3), ip(4)];

export const down = { health: "down" } as const;
export const up = { health: "up" } as const;
export const primary = { Failover: "PRIMARY" } as const;
export const secondary = { Failover: "SECONDARY" } as const;
export const weight = (Weight: number): SetInput => ({ Weight });
const country = (CountryCode: string): SetInput => ({ GeoLocation: { CountryCode } });
export const continent = (ContinentCode: string): SetInput => ({ GeoLocation: { ContinentCode } });
const state = (SubdivisionCode: string): SetInput => ({
  GeoLocation: { CountryCode: "US", SubdivisionCode },
});
export const anywhere = country("*");
export const region = (Region: string): SetInput => ({ Region: Region as "us-east-1" });
const near = (Latitude: string, Longitude: string, Bias = 0): SetInput => ({
  GeoProximityLocation: { Coordinates: { Latitude, Longitude }, Bias },
});
const nearRegion = (AWSRegion: string, Bias = 0): SetInput => ({
  GeoProximityLocation: { AWSRegion, Bias },
});
const nearZone = (LocalZoneGroup: string): SetInput => ({
  GeoProximityLocation: { LocalZoneGroup },
});
const multivalue = { MultiValueAnswer: true } as const;

export const only = (...answers: string[]): Expectation[] => [{ answers }];

export const generalCases: readonly PolicyCase[] = [
  {
    says: "a simple set answers all its values, whoever asks",
    sets: [{ ip: [one, two, three] }],
    asked: [
      { all: [one, two, three], scope: 0, ttl: 60, from: "seoul" },
      { all: [one, two, three] },
    ],
  },
  {
    says: "a simple set answers whatever its health check says: it is alone",
    sets: [{ ip: [one, two], ...down }],
    asked: [{ all: [one, two] }],
  },
  {
    says: "a set without a health check is always healthy",
    sets: [record(1, primary), record(2, { ...secondary, ...up })],
    asked: only(one),
  },
  {
    says: "an unhealthy set is passed over for another by the same criteria",
    sets: [record(1, { ...weight(9), ...down }), record(2, weight(1)), record(3, weight(1))],
    asked: only(two, three),
  },
  {
    says: "with no healthy set in the group all are healthy",
    sets: [record(1, { ...weight(1), ...down }), record(2, { ...weight(1), ...down })],
    asked: only(one, two),
  },
];

export const weightedCases: readonly PolicyCase[] = [
  {
    says: "weight 0 is never returned without health checks",
    sets: [record(1, weight(1)), record(2, weight(0)), record(3, weight(1))],
    asked: [{ answers: [one, three], scope: 0, from: "seoul" }],
  },
  {
    says: "with all weights 0 each set is as likely as any other",
    sets: [record(1, weight(0)), record(2, weight(0)), record(3, weight(0))],
    asked: only(one, two, three),
  },
  {
    says: "nonzero weights are considered first",
    sets: [record(1, { ...weight(1), ...up }), record(2, { ...weight(0), ...up })],
    asked: only(one),
  },
  {
    says: "zero weights are considered when every nonzero one is unhealthy",
    sets: [
      record(1, { ...weight(5), ...down }),
      record(2, { ...weight(1), ...down }),
      record(3, { ...weight(0), ...up }),
      record(4, { ...weight(0), ...down }),
    ],
    asked: only(three),
  },
  {
    says: "one healthy nonzero weight keeps the zero weights out",
    sets: [
      record(1, { ...weight(200), ...down }),
      record(2, { ...weight(1), ...up }),
      record(3, weight(0)),
    ],
    asked: only(two),
  },
  {
    says: "with none healthy the weights decide as if all were, so weight 0 stays out",
    sets: [
      record(1, { ...weight(1), ...down }),
      record(2, { ...weight(1), ...down }),
      record(3, { ...weight(0), ...down }),
    ],
    asked: only(one, two),
  },
];

export const failoverCases: readonly PolicyCase[] = [
  {
    says: "primary healthy, secondary healthy: primary",
    sets: [record(1, { ...primary, ...up }), record(2, { ...secondary, ...up })],
    asked: [{ answers: [one], scope: 0, from: "seoul" }],
  },
  {
    says: "primary healthy, secondary unhealthy: primary",
    sets: [record(1, { ...primary, ...up }), record(2, { ...secondary, ...down })],
    asked: only(one),
  },
  {
    says: "primary unhealthy, secondary healthy: secondary",
    sets: [record(1, { ...primary, ...down }), record(2, { ...secondary, ...up })],
    asked: only(two),
  },
  {
    says: "primary unhealthy, secondary unhealthy: primary",
    sets: [record(1, { ...primary, ...down }), record(2, { ...secondary, ...down })],
    asked: only(one),
  },
  {
    says: "primary unhealthy, secondary without a check: always the secondary",
    sets: [record(1, { ...primary, ...down }), record(2, secondary)],
    asked: only(two),
  },
  {
    says: "a primary without a health signal never fails over",
    sets: [record(1, primary), record(2, { ...secondary, ...down })],
    asked: only(one),
  },
];

const ladder: readonly SetInput[] = [
  record(1, state("NY")),
  record(2, country("US")),
  record(3, continent("NA")),
  record(4, anywhere),
];

export const geolocationCases: readonly PolicyCase[] = [
  {
    says: "the smallest region wins: state, country, continent, default",
    sets: ladder,
    asked: [
      { from: "newYork", answers: [one] },
      { from: "newYorkIpv6", answers: [one] },
      { from: "california", answers: [two] },
      { from: "toronto", answers: [three] },
      { from: "frankfurt", answers: [four] },
    ],
  },
  {
    says: "the default serves places with no set, and addresses at no place",
    sets: [record(1, country("KR")), record(2, anywhere)],
    asked: [
      { from: "seoul", answers: [one] },
      { from: "saoPaulo", answers: [two] },
      { from: "nowhere", answers: [two] },
      { from: "inside", answers: [two] },
      { answers: [two] },
    ],
  },
  {
    says: "without a default there is no answer",
    sets: [record(1, country("KR"))],
    asked: [
      { from: "seoul", answers: [one] },
      { from: "tokyo", answers: [] },
      { from: "nowhere", answers: [] },
    ],
  },
  ...["1", "12", "123", "1234"].map((failing): PolicyCase => ({
    says: `unhealthy steps to the next larger region: ${failing.length} failing`,
    sets: ladder.map((set) => ({ ...set, health: failing.includes(set.id ?? "") ? "down" : "up" })),
    asked: [{ from: "newYork", answers: [failing.length === 4 ? one : ip(failing.length + 1)] }],
  })),
  {
    says: "sets of other places are never tried",
    sets: [
      record(1, { ...country("KR"), ...down }),
      record(2, country("JP")),
      record(3, continent("EU")),
    ],
    asked: [
      { from: "seoul", answers: [one] },
      { from: "tokyo", answers: [two] },
    ],
  },
  {
    says: "two sets of one country at two names do not meet",
    sets: [record(1, country("DE")), record(2, { ...country("DE"), at: "other" })],
    asked: [
      { from: "frankfurt", answers: [one] },
      { from: "frankfurt", at: "other", answers: [two] },
    ],
  },
];

export const geoproximityCases: readonly PolicyCase[] = [
  {
    says: "the nearest wins, by coordinates or by region",
    sets: [
      record(1, nearRegion("us-east-1")),
      record(2, near("50.11", "8.68")),
      record(3, nearRegion("ap-northeast-2")),
    ],
    asked: [
      { from: "newYork", answers: [one] },
      { from: "paris", answers: [two] },
      { from: "tokyo", answers: [three] },
    ],
  },
  {
    says: "a Local Zone group is a place as well",
    sets: [record(1, nearZone("us-east-1-nyc-1")), record(2, nearZone("us-west-2-lax-1"))],
    asked: [
      { from: "newYork", answers: [one] },
      { from: "california", answers: [two] },
    ],
  },
  {
    says: "150 km with a bias of 50 beat 100 km",
    // Austin, the table's 30 N 98 W, is 100 km from the one and 150 km from the other.
    sets: [record(1, near("30.90", "-98.00")), record(2, near("31.35", "-98.00", 50))],
    asked: [{ from: "texas", answers: [two] }],
  },
  {
    says: "a bias of 0 changes nothing",
    sets: [record(1, near("30.90", "-98.00", 0)), record(2, near("31.35", "-98.00", 0))],
    asked: [{ from: "texas", answers: [one] }],
  },
  {
    says: "a negative bias moves a set away: 100 km at −50 are 200 km",
    sets: [record(1, near("30.90", "-98.00", -50)), record(2, near("31.35", "-98.00"))],
    asked: [{ from: "texas", answers: [two] }],
  },
  {
    says: "unhealthy: the next nearest; none healthy: the nearest",
    sets: [
      record(1, { ...nearRegion("us-east-1"), ...down }),
      record(2, nearRegion("eu-central-1")),
      record(3, nearRegion("ap-northeast-2")),
      ...[1, 2].map((last) => ({
        ...record(last, last === 1 ? nearRegion("us-east-1") : nearRegion("eu-central-1")),
        ...down,
        at: "none",
      })),
    ],
    asked: [
      { from: "newYork", answers: [two] },
      { from: "newYork", at: "none", answers: [one] },
    ],
  },
];

export const latencyCases: readonly PolicyCase[] = [
  {
    says: "the region with the lowest latency among those with sets",
    sets: [
      record(1, region("us-east-1")),
      record(2, region("eu-central-1")),
      record(3, region("ap-northeast-1")),
      record(4, region("sa-east-1")),
    ],
    asked: [
      { from: "newYork", answers: [one] },
      { from: "frankfurt", answers: [two] },
      { from: "seoul", answers: [three] },
      { from: "saoPaulo", answers: [four] },
    ],
  },
  {
    says: "the next best when it is unhealthy",
    sets: [
      record(1, { ...region("eu-central-1"), ...down }),
      record(2, region("us-east-1")),
      record(3, region("ap-southeast-2")),
    ],
    asked: [
      { from: "frankfurt", answers: [two] },
      { from: "sydney", answers: [three] },
    ],
  },
  {
    says: "the best when none is healthy",
    sets: [
      record(1, { ...region("eu-central-1"), ...down }),
      record(2, { ...region("us-east-1"), ...down }),
    ],
    asked: [
      { from: "paris", answers: [one] },
      { from: "newYork", answers: [two] },
    ],
  },
];

const ten = Array.from({ length: 10 }, (_, index) => index + 1);

export const multivalueCases: readonly PolicyCase[] = [
  {
    says: "up to eight healthy: all of them",
    sets: [record(1, multivalue), record(2, { ...multivalue, ...up }), record(3, multivalue)],
    asked: [{ all: [one, two, three], scope: 0, from: "seoul" }],
  },
  {
    says: "more than eight: eight of them, others each time",
    sets: ten.map((last) => record(last, multivalue)),
    asked: [{ some: { of: ten.map(ip), count: 8 } }],
  },
  {
    says: "unhealthy ones are left out",
    sets: ten.map((last) => record(last, last > 2 ? { ...multivalue, ...down } : multivalue)),
    asked: [{ all: [one, two] }],
  },
  {
    says: "all unhealthy: up to eight unhealthy ones",
    sets: ten.map((last) => record(last, { ...multivalue, ...down })),
    asked: [{ some: { of: ten.map(ip), count: 8 } }],
  },
];

export const policyCases: Readonly<Record<string, readonly PolicyCase[]>> = {
  general: generalCases,
  weighted: weightedCases,
  failover: failoverCases,
  geolocation: geolocationCases,
  geoproximity: geoproximityCases,
  latency: latencyCases,
  multivalue: multivalueCases,
};
