import type { HealthEvent, HealthEventType } from "./health-event.ts";

/** A row of the table `notification`, by its name: whom to tell of health events. */
export type Webhook = {
  name: string;
  /** `http:` or `https:`, without credentials. */
  url: string;
  /** Requests are signed with it. */
  secret: string;
  /** Absent: all but those of `onlyOnDemand`. */
  events?: HealthEventType[];
  /** Ids; absent: all. Events that are about no check pass. */
  checks?: string[];
  /** ISO 8601. */
  createdAt: string;
};

export const healthEventTypes = [
  "health-check.status",
  "health-check.verdict",
  "location.silent",
  "location.live",
  "routing-control.state",
  "alarm.state",
  "test",
] as const satisfies HealthEventType[];

/** Verdicts are many, and an alarm's own actions say whom to tell of its states. */
const onlyOnDemand: ReadonlySet<HealthEventType> = new Set(["health-check.verdict", "alarm.state"]);

/** Whether a webhook is to be told of an event. */
export function isWanted(webhook: Pick<Webhook, "events" | "checks">, event: HealthEvent): boolean {
  const { events, checks } = webhook;
  const isOfType = events ? events.includes(event.type) : !onlyOnDemand.has(event.type);
  if (!isOfType) return false;
  return !checks || !("healthCheckId" in event) || checks.includes(event.healthCheckId);
}
