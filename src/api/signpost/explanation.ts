import type { Cidr } from "../../base/ip.ts";

/** A question whose answer is to be explained, and who asks it. */
export type ExplainQuestion = {
  zoneId: string;
  /** Normalised like `ResourceRecordSet.name`; lies in the zone. */
  name: string;
  /** A mnemonic, `A`. */
  type: string;
  /** The client subnet that the query carries. */
  client?: Cidr;
  /** When it is asked: milliseconds since 1970. */
  atMs: number;
};

/** Why a question is answered as it is: what `GET /signpost/v1/explain` returns. */
export type Explanation = {
  question: { name: string; type: string; at: string };
  hostedZone: { id: string; name: string };
  /** The network that counted as the client's, and why that one. */
  client: { network: string; why: string };
  /** Where that network is; absent where no policy asked. */
  place?: ExplainedPlace;
  /** Every group that was chosen from, in the order of the choices. */
  groups: ExplainedGroup[];
  answer: ExplainedAnswer;
};

export type ExplainedPlace = {
  /** Empty where the location table does not know. */
  continent: string;
  country: string;
  subdivision: string;
  latitude?: number;
  longitude?: number;
  /** Where this was read. */
  source: string;
};

export type ExplainedGroup = {
  /** Owner name and type, `www.example.com. A`; with a JSON path inside a traffic policy. */
  set: string;
  /** How many aliases and rules lead to it from the question. */
  depth: number;
  policy: string;
  /** No candidate was healthy, so all counted as healthy. */
  failOpen: boolean;
  /** What it answers where none is healthy, if not Route 53's way: `closed`, `geofence`. */
  failMode?: string;
  /** What a record extension does here, or why it does nothing. */
  extension?: string;
  candidates: ExplainedCandidate[];
};

export type ExplainedCandidate = {
  /** Its set identifier. */
  id: string;
  /** Its values, or the name that it is an alias of. */
  target: string;
  /** What the policy goes by: `weight 10`, `120 km`, `country US`. */
  criterion: string;
  health: string;
  verdict: "taken" | "passed over" | "not needed";
  why: string;
};

export type ExplainedAnswer = {
  /** `NOERROR`, `NXDOMAIN`, … */
  responseCode: string;
  records: { name: string; type: string; ttl: number; value: string }[];
  /** Where the TTL is from. */
  ttlOrigin?: string;
  /** Scope prefix length of the client subnet option; absent where the query has none. */
  scope?: number;
};
