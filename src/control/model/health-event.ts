/**
 * Something about health that happened: what the event log keeps and webhooks are sent, as it is.
 * Plain data; texts of people's own words (`why`, `status`) are at most a few hundred characters.
 */
export type HealthEvent = EventCommon & EventBody;

/** What there is to tell, before the log gives it an id and a time. */
export type EventBody =
  | StatusEvent
  | VerdictEvent
  | LocationEvent
  | RoutingControlEvent
  | AlarmEvent
  | TestEvent;

export type HealthEventType = EventBody["type"];

type EventCommon = {
  /** Unique; ids of later events sort after those of earlier ones (drawTimeUuid, for one). */
  id: string;
  /** ISO 8601, UTC, milliseconds. */
  at: string;
};

/** A check is healthy or unhealthy from now on: what answers go by. */
export type StatusEvent = {
  type: "health-check.status";
  healthCheckId: string;
  /** The check's tag `Name`. */
  name?: string;
  from: "healthy" | "unhealthy";
  to: "healthy" | "unhealthy";
  /** One sentence: `2 of 5 locations say healthy (40 %), more than 18 % are needed`. */
  why: string;
  votes?: VoteCount;
  /** Who saw what: one a location. */
  verdicts?: LocationVerdict[];
  /** What answers otherwise because of it. */
  affects: AffectedSets;
};

/** One location has come to another verdict on one check. */
export type VerdictEvent = {
  type: "health-check.verdict";
  healthCheckId: string;
  name?: string;
  from: Verdict;
} & LocationVerdict;

/** A checker has not been heard of for 3 s, or is there again. */
export type LocationEvent = {
  type: "location.silent" | "location.live";
  location: string;
  region?: string;
  /** How many are live now; 0 keeps every check at its last status. */
  liveLocations: number;
};

/** An operator has switched a routing control. */
export type RoutingControlEvent = {
  type: "routing-control.state";
  routingControlArn: string;
  name: string;
  from: "On" | "Off";
  to: "On" | "Off";
  /** The access key. */
  by: string;
  /** Names of safety rules that were overridden. */
  overridden: string[];
};

/** A CloudWatch alarm has changed its state, or an action of it is due. */
export type AlarmEvent = {
  type: "alarm.state";
  alarmName: string;
  from: "OK" | "ALARM" | "INSUFFICIENT_DATA";
  to: "OK" | "ALARM" | "INSUFFICIENT_DATA";
  reason: string;
};

/** Sent when an operator tries a webhook out. */
export type TestEvent = { type: "test"; message: string };

export type Verdict = "unknown" | "unhealthy" | "healthy";

export type VoteCount = {
  healthy: number;
  /** Live locations with a verdict. */
  voting: number;
  /** Live locations that run the check. */
  live: number;
};

export type LocationVerdict = {
  location: string;
  region?: string;
  verdict: Verdict;
  /** `Success: HTTP Status Code 200, OK` */
  status: string;
};

/** Record sets that name the check, itself or by way of calculated checks. */
export type AffectedSets = {
  count: number;
  /** The first of them. */
  recordSets: { zoneId: string; name: string; type: string; setIdentifier?: string }[];
};
