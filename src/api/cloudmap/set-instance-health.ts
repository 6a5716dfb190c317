import type { CustomHealth } from "../../control/model/cloud-map.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { instanceMutations } from "./change-instance.ts";
import type { CloudMapContext } from "./cloudmap-context.ts";
import { requireInstance } from "./instance-rows.ts";
import { requirePlaced } from "./service-rows.ts";

export type HealthWanted = { serviceId: string; instanceId: string; status: CustomHealth };

/**
 * Gives an instance a status, and answers accordingly.
 * @throws ServiceError InstanceNotFound
 */
export function planHealth(context: CloudMapContext, wanted: HealthWanted): Mutation[] {
  const { serviceId, instanceId, status } = wanted;
  const placed = requirePlaced(context, serviceId);
  const before = requireInstance(context, serviceId, instanceId);
  if (before.customHealth === status) return [];
  return instanceMutations(context, placed, { before, after: { ...before, customHealth: status } });
}
