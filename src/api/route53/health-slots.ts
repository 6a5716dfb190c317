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
  return takeSlots(context, [healthCheckId]);
}

/**
 * Gives each of some new checks a slot, all in one log entry.
 * @throws ServiceError TooManyHealthChecks
 */
export function takeSlots(context: ApiContext, healthCheckIds: readonly string[]): Mutation[] {
  const { slots, freed } = freeSlots(context, healthCheckIds.length);
  if (slots.some((slot) => slot > healthCheckCountMax)) {
    const message = `Limits Exceeded: ${healthCheckCountMax} - Cannot create more health checks.`;
    throw new ServiceError("TooManyHealthChecks", message);
  }
  const taken = healthCheckIds.flatMap((id, index): Mutation[] => {
    const slot = slots[index] as number;
    return [
      { put: "healthSlot", key: [id], value: slot },
      { put: "healthSlotOwner", key: ownerKey(slot), value: id },
    ];
  });
  return [...freed, ...taken];
}

type FreeSlots = { slots: number[]; freed: Mutation[] };

function freeSlots(context: ApiContext, count: number): FreeSlots {
  const { state } = context;
  const owned = state.count("healthSlotOwner");
  // Free unless slots before it are: then those are looked for.
  const isDense =
    owned + count <= healthCheckCountMax &&
    state.list("healthSlotOwner", { from: ownerKey(owned + 1), limit: 1 }).length === 0;
  if (!isDense) return firstFree(context, count);
  return { slots: Array.from({ length: count }, (_, index) => owned + 1 + index), freed: [] };
}

function firstFree(context: ApiContext, count: number): FreeSlots {
  const found: FreeSlots = { slots: [], freed: [] };
  let slot = 1;
  for (const { key, value } of context.state.list<string>("healthSlotOwner")) {
    const owned = Number(key[0]);
    while (slot < owned && found.slots.length < count) found.slots.push(slot++);
    if (found.slots.length === count) return found;
    const isGone = context.state.get("healthCheck", [value]) === undefined;
    if (isGone && !isUsed(context, value)) {
      found.slots.push(owned);
      found.freed.push({ remove: "healthSlot", key: [value] });
    }
    slot = owned + 1;
  }
  while (found.slots.length < count) found.slots.push(slot++);
  return found;
}

/**
 * Frees the slot of a check that is deleted, unless something still reads it.
 * @param leavingCount how many of the record sets that name it are removed by the same entry
 */
export function releaseSlot(
  context: ApiContext,
  healthCheckId: string,
  leavingCount = 0,
): Mutation[] {
  const slot = context.state.get<number>("healthSlot", [healthCheckId]);
  if (slot === undefined) return [];
  const uses = { prefix: [healthCheckId], limit: leavingCount + 1 };
  if (context.state.list("healthCheckUse", uses).length > leavingCount) return [];
  return [
    { remove: "healthSlot", key: [healthCheckId] },
    { remove: "healthSlotOwner", key: ownerKey(slot) },
  ];
}

function isUsed(context: ApiContext, healthCheckId: string): boolean {
  return context.state.list("healthCheckUse", { prefix: [healthCheckId], limit: 1 }).length > 0;
}
