import type { AlarmRule } from "../../control/model/alarm.ts";
import type { HealthCheckExtension } from "../../control/model/health-check-extension.ts";
import type { CheckStatus, Observation } from "../../control/model/health-report.ts";
import type { HealthCheck, HealthCheckConfig } from "../../control/model/health-check.ts";
import type { ApiContext } from "../route53/api-context.ts";
import { readCheck } from "../route53/health-check-rows.ts";
import type { StoredCheck } from "../route53/health-check-rows.ts";
import { idsByName } from "./health-check-names.ts";

/** A check with all that is set and all that is known of it. */
export type HealthCheckView = {
  id: string;
  /** Its tag `Name`. */
  name?: string;
  callerReference: string;
  version: number;
  config: HealthCheckConfig;
  alarm?: AlarmRule;
  extension?: HealthCheckExtension;
  status: Omit<CheckStatus, "healthCheckId">;
  /** What each location has found last. */
  locations: Observation[];
  /** Only where one check is asked for. */
  lastFailures?: Observation[];
};

export type HealthCheckPage = { healthChecks: HealthCheckView[]; nextMarker?: string };

export type Listing = { marker: string | undefined; name: string | undefined; limit: number };

/** Checks in the order of their ids, from `marker` on; with `name` those with that tag `Name`. */
export async function listHealthChecks(
  context: ApiContext,
  listing: Listing,
): Promise<HealthCheckPage> {
  const { limit } = listing;
  const rows = context.state.read(() =>
    listedIds(context, listing).map((id) => readCheck(context, id)),
  );
  const next = rows[limit]?.check.id;
  const healthChecks = await viewsOf(context, rows.slice(0, limit));
  return { healthChecks, ...(next === undefined ? {} : { nextMarker: next }) };
}

/** The ids of a page and the one after it. */
function listedIds({ state }: ApiContext, { marker, name, limit }: Listing): string[] {
  if (name === undefined) {
    const from = marker === undefined ? {} : { from: [marker] };
    const rows = state.list<HealthCheck>("healthCheck", { ...from, limit: limit + 1 });
    return rows.map(({ key }) => key[0] ?? "");
  }
  const ids = (idsByName(state).get(name) ?? []).toSorted();
  return ids.filter((id) => id >= (marker ?? "")).slice(0, limit + 1);
}

/** @throws ServiceError NoSuchHealthCheck */
export async function showHealthCheck(context: ApiContext, id: string): Promise<HealthCheckView> {
  const [view] = await viewsOf(context, [readCheck(context, id)]);
  return { ...(view as HealthCheckView), lastFailures: await context.health.lastFailures(id) };
}

/** Checks whose verdicts are asked for together: others have questions too. */
const askedAtOnce = 50;

async function viewsOf(
  context: ApiContext,
  stored: readonly StoredCheck[],
): Promise<HealthCheckView[]> {
  const ids = stored.map(({ check }) => check.id);
  const statuses = ids.length === 0 ? [] : await context.health.statuses(ids);
  const byId = new Map(statuses.map((status) => [status.healthCheckId, status]));
  const observations: Observation[][] = [];
  for (let i = 0; i < ids.length; i += askedAtOnce) {
    const some = ids.slice(i, i + askedAtOnce).map((id) => context.health.observations(id));
    observations.push(...(await Promise.all(some)));
  }
  return stored.map(({ check, extension }, i) => {
    const { id, callerReference, version, config, alarm } = check;
    const { Name: name } = context.state.get<{ Name?: string }>("tag", ["healthcheck", id]) ?? {};
    return {
      id,
      ...(name === undefined ? {} : { name }),
      ...{ callerReference, version, config },
      ...(alarm && { alarm }),
      ...(extension && { extension }),
      status: statusOf(byId.get(id)),
      locations: observations[i] ?? [],
    };
  });
}

/** A check so new that nobody has counted its votes is healthy, as at Route 53. */
function statusOf(status: CheckStatus | undefined): HealthCheckView["status"] {
  if (!status) return { healthy: true, why: "Nothing is known yet" };
  const { healthCheckId, ...rest } = status;
  return rest;
}
