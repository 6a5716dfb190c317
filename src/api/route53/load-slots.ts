import { loadMetricCountMax } from "../../base/limits.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { loadMetricKey } from "../../control/model/traffic-policy-document.ts";
import type { LoadMetric } from "../../control/model/traffic-policy-document.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "./api-context.ts";

/**
 * Slots of the load table: a metric has one as long as a version of a policy or a record extension
 * names it. Slot 0 is nobody's.
 */

/** Who names a metric: the rest of the key of a row of `loadMetricUse`. */
export type LoadMetricUser = readonly string[];

/**
 * Gives each metric that a user begins to name a slot.
 * @param code of the error
 * @throws ServiceError where there are no more
 */
export function takeLoadSlots(
  context: ApiContext,
  named: { user: LoadMetricUser; metrics: readonly LoadMetric[] },
  code: "InvalidTrafficPolicyDocument" | "InvalidInput",
): Mutation[] {
  const { state } = context;
  const metrics = named.metrics.map(loadMetricKey);
  if (metrics.length === 0) return [];
  const taken = new Set(state.list<number>("loadSlot").map(({ value }) => value));
  const mutations: Mutation[] = [];
  for (const metric of metrics) {
    mutations.push({ put: "loadMetricUse", key: [metric, ...named.user], value: true });
    if (state.get("loadSlot", [metric]) !== undefined) continue;
    let slot = 1;
    while (taken.has(slot)) slot++;
    if (slot > loadMetricCountMax) {
      const message = `All policies together name more than ${loadMetricCountMax} load metrics`;
      throw new ServiceError(code, message);
    }
    taken.add(slot);
    mutations.push({ put: "loadSlot", key: [metric], value: slot });
  }
  return mutations;
}

/** Frees the slots that only this user has named. */
export function releaseLoadSlots(
  context: ApiContext,
  { user, metrics }: { user: LoadMetricUser; metrics: readonly LoadMetric[] },
): Mutation[] {
  return metrics.flatMap((metric): Mutation[] => {
    const key = loadMetricKey(metric);
    const uses = context.state.list("loadMetricUse", { prefix: [key], limit: 2 });
    const use: Mutation = { remove: "loadMetricUse", key: [key, ...user] };
    return uses.length > 1 ? [use] : [use, { remove: "loadSlot", key: [key] }];
  });
}
