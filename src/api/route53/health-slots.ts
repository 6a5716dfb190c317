import { healthCheckCountMax } from "../../base/limits.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "./api-context.ts";

/**
 * Slots of the status table. A check has one as long as it lives, and then as long as record sets
 * or policy instances name it: the images that read the slot must not meet another check there.
 * Slot 0 stands for "always healthy" and is nobody's.
 */

/** A row of `healthSlotOwner`: digits that sort as numbers. */
function ownerKey(slot: number): [string] {
  return [String(slot).padStart(5, "0")];
}

/**
 * Gives a new check the first slot that is free.
 * @throws ServiceError TooManyHealthChecks
 */
export function takeSlot(context: ApiContext, healthCheckId: string): Mutation[] {
  const { state } = context;
  const count = state.count("healthSlotOwner");
  // Free unless slots before it are: then those are looked for.
  const isDense =
    count < healthCheckCountMax && state.get("healthSlotOwner", ownerKey(count + 1)) === undefined;
  const { slot, freed } = isDense ? { slot: count + 1, freed: [] } : firstFree(context);
  if (slot > healthCheckCountMax) {
    const message = `Limits Exceeded: ${healthCheckCountMax} - Cannot create more health checks.`;
    throw new ServiceError("TooManyHealthChecks", message);
  }
  return [
    ...freed,
    { put: "healthSlot", key: [healthCheckId], value: slot },
    { put: "healthSlotOwner", key: ownerKey(slot), value: healthCheckId },
  ];
}

function firstFree(context: ApiContext): { slot: number; freed: Mutation[] } {
  let slot = 1;
  for (const { key, value } of context.state.list<string>("healthSlotOwner")) {
    const owned = Number(key[0]);
    if (owned > slot) break;
    const isGone = context.state.get("healthCheck", [value]) === undefined;
    if (isGone && !isUsed(context, value)) {
      return { slot: owned, freed: [{ remove: "healthSlot", key: [value] }] };
    }
    slot = owned + 1;
  }
  return { slot, freed: [] };
}

/** Frees the slot of a check that is deleted, unless something still reads it. */
export function releaseSlot(context: ApiContext, healthCheckId: string): Mutation[] {
  const slot = context.state.get<number>("healthSlot", [healthCheckId]);
  if (slot === undefined || isUsed(context, healthCheckId)) return [];
  return [
    { remove: "healthSlot", key: [healthCheckId] },
    { remove: "healthSlotOwner", key: ownerKey(slot) },
  ];
}

function isUsed(context: ApiContext, healthCheckId: string): boolean {
  return context.state.list("healthCheckUse", { prefix: [healthCheckId], limit: 1 }).length > 0;
}
