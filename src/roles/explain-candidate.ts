import { formatCidr, networkOf } from "../base/ip.ts";
import type { ExplainedCandidate } from "../api/signpost/explanation.ts";
import { loadMax } from "../base/limits.ts";
import type { StateReader } from "../control/state/state-reader.ts";
import { ADDRESS_FAMILY } from "../dataplane/geo/locate.ts";
import { modelledRttMicroseconds } from "../dataplane/geo/great-circle.ts";
import type { TracedCriterion } from "../dataplane/policy/decode-criterion.ts";
import type { TracedCandidate, TracedGroup } from "../dataplane/policy/decode-trace.ts";
import type { GroupNode, WantedPlace, WeeklyWindow } from "../dataplane/policy/routing-tree.ts";
import { formatName } from "../dns/wire/name.ts";
import { readRecords } from "./read-records.ts";
import type { ImageAnswer } from "./ask-image.ts";

type Known = {
  answer: ImageAnswer;
  zoneId: string;
  state: StateReader;
  group: TracedGroup;
  /** Of the routed set: its type as a mnemonic and its owner as in `ResourceRecordSet.name`. */
  set: { type: string; owner: string };
};

/** One candidate of a group in words. */
export function explainCandidate(candidate: TracedCandidate, known: Known): ExplainedCandidate {
  const { label, isTaken, isEligible } = candidate;
  const isHealthy = candidate.isCheckUp && candidate.isTargetHealthy;
  const isPassedOver = !isTaken && (!isHealthy || !isEligible);
  return {
    id: label,
    target: targetOf(candidate, known),
    criterion: criterionOf(candidate.criterion, known.answer),
    health: healthOf(candidate, known.state),
    verdict: isTaken ? "taken" : isPassedOver ? "passed over" : "not needed",
    why: reasonOf(candidate, known.group),
  };
}

function targetOf({ label, target }: TracedCandidate, known: Known): string {
  const { answer, state, zoneId, set } = known;
  switch (target.kind) {
    case "alias":
      return `alias of ${formatName(target.owner)}`;
    case "group":
      return `${target.policy} rule`;
    case "records": {
      const stored = state.rrset(zoneId, set.owner, set.type, label)?.resourceRecords;
      return (stored ?? readRecords(answer.zone, target.block)).join(", ");
    }
  }
}

function healthOf(candidate: TracedCandidate, state: StateReader): string {
  const { healthSlot, target, isCheckUp, isTargetHealthy } = candidate;
  const isLookedAt = target.kind !== "records" && target.evaluateTargetHealth;
  const parts: string[] = [];
  if (healthSlot !== 0) {
    const check = checkAt(healthSlot, state);
    parts.push(`check ${check} ${isCheckUp ? "healthy" : "unhealthy"}`);
  }
  if (isLookedAt && isCheckUp) parts.push(`target ${isTargetHealthy ? "healthy" : "unhealthy"}`);
  return parts.join(", ") || "no check";
}

/** The id of the check whose status the slot holds. */
function checkAt(slot: number, state: StateReader): string {
  return state.get<string>("healthSlotOwner", [String(slot).padStart(5, "0")]) ?? `slot ${slot}`;
}

function criterionOf(criterion: TracedCriterion, answer: ImageAnswer): string {
  switch (criterion.kind) {
    case "order":
      return "";
    case "weight":
      return `weight ${criterion.weight}`;
    case "lot":
      return `weight ${criterion.weight}`;
    case "place":
      return placeText(criterion.place);
    case "distance": {
      const { metres, bias } = criterion;
      return `${distanceText(metres)}${bias === 0 ? "" : ` with bias ${bias}`}`;
    }
    case "region": {
      const { region, metres } = criterion;
      if (metres === undefined) return `${region}, latency unknown`;
      const ms = Math.round(modelledRttMicroseconds(metres) / 1000);
      return `${region}, ${distanceText(metres)}, about ${ms} ms`;
    }
    case "network":
      return criterion.isDefault ? "default" : blockText(criterion.prefixLength, answer);
    case "hours":
      return hoursText(criterion.windows);
    case "load": {
      const { load, low, high, isShed } = criterion;
      const known = load === loadMax ? "unknown load" : `load ${load}`;
      return `${known} of ${low}–${high}${isShed ? ", shed" : ""}`;
    }
    case "nearness": {
      const { tier, metres } = criterion;
      const where = ["same city", "same country", "same continent", "elsewhere"][tier] ?? "";
      return metres === undefined ? where : `${where}, ${distanceText(metres)}`;
    }
  }
}

/** The block of that length around the client. */
function blockText(prefixLength: number | undefined, { context }: ImageAnswer): string {
  if (prefixLength === undefined) return "other blocks";
  const size = context.clientFamily === ADDRESS_FAMILY.IPV4 ? 4 : 16;
  return formatCidr(networkOf({ address: context.client.slice(0, size), prefixLength }));
}

function placeText(place: WantedPlace): string {
  if (place === "default") return "default";
  const { continent, country, subdivision } = place;
  return [continent, country, subdivision].filter((code) => code !== undefined).join("-");
}

function distanceText(metres: number | undefined): string {
  return metres === undefined ? "distance unknown" : `${Math.round(metres / 1000)} km`;
}

const dayNames = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

function hoursText(windows: readonly WeeklyWindow[] | "default"): string {
  if (windows === "default") return "default";
  return windows
    .map(({ days, startMinute, endMinute }) => {
      const names = dayNames.filter((_, day) => (days >> day) & 1).join(" ");
      return `${names} ${clockText(startMinute)}–${clockText(endMinute)}`;
    })
    .join(", ");
}

function clockText(minute: number): string {
  const hours = String(Math.floor(minute / 60)).padStart(2, "0");
  return `${hours}:${String(minute % 60).padStart(2, "0")}`;
}

const preferences: Readonly<Record<GroupNode["kind"], string>> = {
  weighted: "drawn by weight",
  failover: "the first",
  geolocation: "the smallest place around the client",
  geoproximity: "the nearest",
  latency: "the lowest latency",
  cidr: "the longest block around the client",
  multivalue: "drawn",
  timeOfDay: "the first whose hours it is",
  leastLoaded: "the least loaded",
  sticky: "the client's network drew it",
  nearby: "the nearest kind of place",
};

const ineligible: Partial<Record<GroupNode["kind"], string>> = {
  geolocation: "the client is not there",
  cidr: "the client is in none of its blocks",
  timeOfDay: "it is not the hour",
};

function reasonOf(candidate: TracedCandidate, { policy, isFailOpen }: TracedGroup): string {
  const { isTaken, isEligible, isCheckUp, isTargetHealthy } = candidate;
  if (isTaken) {
    const preferred = preferences[policy];
    return isFailOpen ? `${preferred}, as if healthy` : `${preferred} that is healthy`;
  }
  if (!isEligible) return ineligible[policy] ?? "not for this client";
  if (!isCheckUp) return "unhealthy";
  if (!isTargetHealthy) return "nothing it leads to is healthy";
  return policy === "weighted" || policy === "multivalue" ? "not drawn" : "another is preferred";
}
