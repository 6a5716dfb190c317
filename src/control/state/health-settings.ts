import { healthBySettings } from "../model/health-check.ts";
import type { HealthCheck } from "../model/health-check.ts";
import type { StateReader } from "./state-reader.ts";

/**
 * Status by slot of every check there is, by what its settings say. Slots of checks that are gone are not among them.
 */
export function healthBySlot(state: Pick<StateReader, "list">): Map<number, boolean> {
  const statuses = new Map<number, boolean>();
  const slots = new Map(
    state.list<number>("healthSlot").map(({ key, value }) => [key[0], value] as const),
  );
  for (const { key, value } of state.list<HealthCheck>("healthCheck")) {
    const slot = slots.get(key[0]);
    if (slot !== undefined) statuses.set(slot, healthBySettings(value.config));
  }
  return statuses;
}
