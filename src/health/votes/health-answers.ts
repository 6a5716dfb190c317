import { networkInterfaces } from "node:os";
import type {
  CheckStatus,
  LocationReport,
  Observation,
} from "../../control/model/health-report.ts";
import type { CheckerLocation as DeskLocation } from "../checker/checker-desk.ts";
import type { CheckerLocation } from "./checker-locations.ts";
import { explainStatus, voteCountOf } from "./explain-status.ts";
import { locationVerdict } from "./health-events.ts";
import type { HealthSummary } from "./health-messages.ts";
import type { StatusEntry } from "./health-statuses.ts";
import type { HealthWatch } from "./health-watch.ts";
import { describeResult } from "../probes/observation-text.ts";

/** What the API asks of the health thread, answered from what it has at the moment. */
export function locationReports({ locations }: HealthWatch): LocationReport[] {
  return locations.all.map((location) => ({
    name: location.name,
    ...regionOf(location),
    addresses: location.table ? [addressOf(location)] : [],
    live: location.live,
    ...(location.seenAtMs > 0 ? { heardAt: iso(location.seenAtMs) } : {}),
  }));
}

export function deskLocations({ locations, lists }: HealthWatch): DeskLocation[] {
  return locations.all.map(({ name, region, address, table, live, seenAtMs }) => ({
    ...{ location: name, region, address, live, lastSeenAtMs: seenAtMs },
    listVersion: table?.header.listVersion ?? 0,
    listVersionWanted: lists.mark.version,
    checkCount: table?.header.checkCount ?? 0,
    probesPerSecond: table?.header.probesPerSecond ?? 0,
    lagMs: table?.header.lagMs ?? 0,
  }));
}

export function checkStatuses(
  watch: HealthWatch,
  ids: readonly string[] | undefined,
): CheckStatus[] {
  const { statuses, alarmStates } = watch;
  const { plan } = statuses;
  const world = { plan, inputs: { alarmStates } };
  return [...(ids ?? plan.checks.keys())].flatMap((id) => {
    const check = plan.checks.get(id);
    const state = statuses.state(id);
    if (!check || !state) return [];
    const votes = voteCountOf(check, state);
    return {
      ...{ healthCheckId: id, healthy: state.healthy },
      ...(state.changedAtMs === undefined ? {} : { since: iso(state.changedAtMs) }),
      why: explainStatus(check, state, world),
      ...(votes ? { votes } : {}),
    };
  });
}

/** One for each location that has found something of this form of the check. */
export function observations(watch: HealthWatch, healthCheckId: string): Observation[] {
  return eachRecord(watch, healthCheckId, (found, observation) => ({
    ...observation,
    checkedAt: iso(found.checkedAtSeconds * 1_000),
    ...(found.connectMs > 0 ? { connectMs: found.connectMs } : {}),
    ...(found.tlsMs > 0 ? { tlsMs: found.tlsMs } : {}),
    ...(found.firstByteMs > 0 ? { firstByteMs: found.firstByteMs } : {}),
  }));
}

export function lastFailures(watch: HealthWatch, healthCheckId: string): Observation[] {
  return eachRecord(watch, healthCheckId, ({ failure }, observation) => {
    if (!failure) return undefined;
    const { reason, detail, atSeconds } = failure;
    return {
      ...observation,
      status: describeResult(reason, detail),
      checkedAt: iso(atSeconds * 1_000),
    };
  });
}

export function summarise(
  watch: HealthWatch,
  beside: { nowMs: number; eventsDropped: number },
): HealthSummary {
  const { statuses, locations } = watch;
  let healthy = 0;
  for (const { state } of statuses.entries) if (state.healthy) healthy++;
  const unwatchedChecks = watch.unwatchedCount();
  return {
    checks: { healthy, unhealthy: statuses.entries.length - healthy },
    flips: watch.flipCount,
    locations: locations.all.map(({ name, live, table, takenMs }) => ({
      ...{ name, live, ageMs: table ? Math.round(beside.nowMs - takenMs) : 0 },
      checks: table?.header.checkCount ?? 0,
      probesPerSecond: table?.header.probesPerSecond ?? 0,
      lagMs: table?.header.lagMs ?? 0,
    })),
    unwatchedChecks,
    countMs: watch.countTookMs,
    eventsDropped: beside.eventsDropped,
    problems: problemsOf(unwatchedChecks, locations.liveCount),
  };
}

function problemsOf(unwatchedChecks: number, liveLocations: number): string[] {
  if (unwatchedChecks === 0) return [];
  const checks = unwatchedChecks === 1 ? "1 health check" : `${unwatchedChecks} health checks`;
  const what = liveLocations === 0 ? "no live checker" : "no live checker at the locations";
  return [`${what} of ${checks}: last statuses stay`];
}

type Found = NonNullable<ReturnType<NonNullable<CheckerLocation["table"]>["record"]>>;

function eachRecord(
  { statuses }: HealthWatch,
  healthCheckId: string,
  describe: (found: Found, observation: Omit<Observation, "checkedAt">) => Observation | undefined,
): Observation[] {
  const entry = statuses.entry(healthCheckId);
  if (!entry?.check.spec) return [];
  return entry.at.flatMap((location) => {
    const found = recordAt(entry, location);
    if (!found || !location.table) return [];
    const { live } = location;
    const said = locationVerdict(entry.check, location, location.table);
    return describe(found, { ...said, address: addressOf(location), live }) ?? [];
  });
}

function recordAt({ check }: StatusEntry, { table }: CheckerLocation): Found | undefined {
  if (table?.version(check.slot) !== check.spec?.version) return undefined;
  return table?.record(check.slot);
}

/** Where probes come from: the checker's address, or this machine's where it runs in here. */
function addressOf({ address }: CheckerLocation): string {
  return address ?? (ownAddress ??= firstOwnAddress());
}

let ownAddress: string | undefined;

function firstOwnAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const outward = all.find(({ family, internal }) => family === "IPv4" && !internal);
  return outward?.address ?? "127.0.0.1";
}

function regionOf({ region }: CheckerLocation): { region?: string } {
  return region === null ? {} : { region };
}

function iso(atMs: number): string {
  return new Date(atMs).toISOString();
}
