import { loadMetricCountMax } from "../../base/limits.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { policyVersionKey } from "../../control/model/traffic-policy.ts";
import { loadMetricKey, loadMetricsOf } from "../../control/model/traffic-policy-document.ts";
import type { PolicyDocument } from "../../control/model/traffic-policy-document.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "./api-context.ts";

/**
 * Slots of the load table: a metric has one as long as a version of a policy names it.
 * Slot 0 is nobody's.
 */

type Version = { id: string; version: number };

/**
 * Gives each metric of a new version's document a slot.
 * @throws ServiceError InvalidTrafficPolicyDocument where there are no more
 */
export function takeLoadSlots(
  context: ApiContext,
  { id, version }: Version,
  document: PolicyDocument,
): Mutation[] {
  const { state } = context;
  const metrics = loadMetricsOf(document).map(loadMetricKey);
  if (metrics.length === 0) return [];
  const taken = new Set(state.list<number>("loadSlot").map(({ value }) => value));
  const mutations: Mutation[] = [];
  for (const metric of metrics) {
    const key = [metric, ...policyVersionKey(id, version)];
    mutations.push({ put: "loadMetricUse", key, value: true });
    if (state.get("loadSlot", [metric]) !== undefined) continue;
    let slot = 1;
    while (taken.has(slot)) slot++;
    if (slot > loadMetricCountMax) {
      const message = `All policies together name more than ${loadMetricCountMax} load metrics`;
      throw new ServiceError("InvalidTrafficPolicyDocument", message);
    }
    taken.add(slot);
    mutations.push({ put: "loadSlot", key: [metric], value: slot });
  }
  return mutations;
}

/** Frees the slots that only a version that is deleted has used. */
export function releaseLoadSlots(
  context: ApiContext,
  { id, version }: Version,
  document: PolicyDocument,
): Mutation[] {
  return loadMetricsOf(document).flatMap((metric): Mutation[] => {
    const key = loadMetricKey(metric);
    const uses = context.state.list("loadMetricUse", { prefix: [key], limit: 2 });
    const use: Mutation = { remove: "loadMetricUse", key: [key, ...policyVersionKey(id, version)] };
    return uses.length > 1 ? [use] : [use, { remove: "loadSlot", key: [key] }];
  });
}
