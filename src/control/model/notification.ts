import type { HealthEvent, HealthEventType } from "./health-event.ts";

/** A row of the table `notification`, by its name: whom to tell of health events. */
export type Webhook = {
  name: string;
  /** `http:` or `https:`, without credentials. */
  url: string;
  /** Requests are signed with it. */
  secret: string;
  /** Absent: all but verdicts, of which there are many. */
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

/** Whether a webhook is to be told of an event. */
export function isWanted(webhook: Pick<Webhook, "events" | "checks">, event: HealthEvent): boolean {
  const { events, checks } = webhook;
  const isOfType = events ? events.includes(event.type) : event.type !== "health-check.verdict";
  if (!isOfType) return false;
  return !checks || !("healthCheckId" in event) || checks.includes(event.healthCheckId);
}
