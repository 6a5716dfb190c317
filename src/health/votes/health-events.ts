import { affectedSetsShownMax } from "../../base/limits.ts";
import type {
  AffectedSets,
  EventBody,
  LocationVerdict,
  Verdict as VerdictName,
} from "../../control/model/health-event.ts";
import type { StateReader } from "../../control/state/state-reader.ts";
import { Verdict } from "../checker/verdict-table.ts";
import type { VerdictTable } from "../checker/verdict-table.ts";
import type { CheckerLocation } from "./checker-locations.ts";
import { explainStatus, voteCountOf } from "./explain-status.ts";
import { withParents } from "./health-plan.ts";
import type { HealthPlan, PlannedCheck } from "./health-plan.ts";
import type { Flip, HealthInputs, StatusEntry } from "./health-statuses.ts";
import { describeResult } from "../probes/observation-text.ts";

type World = {
  plan: HealthPlan;
  state: StateReader;
  inputs: Pick<HealthInputs, "alarmStates">;
};

/** What there is to tell of a flip. The votes are as they are now, also when it is told later. */
export function flipEvent({ check, state, at, to }: Flip, world: World): () => EventBody {
  const healthCheckId = check.id;
  const why = explainStatus(check, state, world);
  const votes = voteCountOf(check, state);
  const tables = check.spec ? at.map(({ table }) => table) : [];
  return () => ({
    type: "health-check.status",
    ...{ healthCheckId, ...nameOf(check) },
    from: to ? "unhealthy" : "healthy",
    to: to ? "healthy" : "unhealthy",
    why,
    ...(votes ? { votes } : {}),
    ...(votes ? { verdicts: verdictsOf(check, at, tables) } : {}),
    affects: affectedSets(world, healthCheckId),
  });
}

export function locationEvent(
  { name, region }: CheckerLocation,
  type: "location.silent" | "location.live",
  liveLocations: number,
): EventBody {
  return { type, location: name, ...(region === null ? {} : { region }), liveLocations };
}

/** The checks on which a location's last table says something else than the one before. */
export function* verdictEvents(
  entries: readonly StatusEntry[],
  location: CheckerLocation,
  before: VerdictTable | undefined,
): Generator<() => EventBody> {
  const { table } = location;
  if (!table || !before) return;
  for (const { check, at } of entries) {
    const { slot, spec } = check;
    if (!spec) continue;
    const from = before.verdict(slot);
    const to = table.verdict(slot);
    if (from === to || table.version(slot) !== spec.version || !at.includes(location)) continue;
    yield () => ({
      type: "health-check.verdict",
      ...{ healthCheckId: check.id, ...nameOf(check) },
      from: verdictNames[from],
      ...locationVerdict(check, location, table),
    });
  }
}

const verdictNames: Record<Verdict, VerdictName> = {
  [Verdict.unknown]: "unknown",
  [Verdict.unhealthy]: "unhealthy",
  [Verdict.healthy]: "healthy",
};

function nameOf({ name }: PlannedCheck): { name?: string } {
  return name === undefined ? {} : { name };
}

function verdictsOf(
  check: PlannedCheck,
  at: readonly CheckerLocation[],
  tables: readonly (VerdictTable | undefined)[],
): LocationVerdict[] {
  return at.flatMap((location, i) => {
    const table = tables[i];
    return table ? [locationVerdict(check, location, table)] : [];
  });
}

export function locationVerdict(
  { slot, spec }: PlannedCheck,
  { name, region }: CheckerLocation,
  table: VerdictTable,
): LocationVerdict {
  const record = table.version(slot) === spec?.version ? table.record(slot) : undefined;
  return {
    location: name,
    ...(region === null ? {} : { region }),
    verdict: verdictNames[record?.verdict ?? Verdict.unknown],
    status: record ? describeResult(record.reason, record.detail) : "No result yet",
  };
}

/** The record sets that name a check, or a calculated check that looks at it. */
function affectedSets({ plan, state }: World, healthCheckId: string): AffectedSets {
  const recordSets: AffectedSets["recordSets"] = [];
  let count = 0;
  for (const id of withParents(plan, healthCheckId)) {
    const limit = affectedSetsShownMax - recordSets.length;
    const uses = limit > 0 ? state.list("healthCheckUse", { prefix: [id], limit }) : [];
    count += uses.length < limit ? uses.length : state.count("healthCheckUse", [id]);
    for (const { key } of uses) recordSets.push(recordSet(key));
  }
  return { count, recordSets };
}

/** A key of `healthCheckUse`: check, zone, name, then type and set identifier. */
function recordSet(key: readonly string[]): AffectedSets["recordSets"][number] {
  const [, zoneId = "", name = "", rest = ""] = key;
  // A traffic policy's instance: `instance A`.
  const text = rest.replace(/^instance /, "");
  const space = text.indexOf(" ");
  if (space < 0) return { zoneId, name, type: text };
  return { zoneId, name, type: text.slice(0, space), setIdentifier: text.slice(space + 1) };
}
