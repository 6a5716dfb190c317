import type { CloudMapInstance, CloudMapService } from "../../control/model/cloud-map.ts";
import type { CloudMapContext } from "./cloudmap-context.ts";

export type InstanceHealth = "HEALTHY" | "UNHEALTHY" | "UNKNOWN";

/** Whether anything watches the instances of a service. */
export function hasHealth({ healthCheck, customHealth }: CloudMapService): boolean {
  return healthCheck !== undefined || customHealth;
}

/** The health of instances, in their order; unknown where nothing watches them. */
export async function healthOf(
  { route53 }: CloudMapContext,
  instances: readonly CloudMapInstance[],
): Promise<InstanceHealth[]> {
  const ids = instances.flatMap(({ healthCheckId }) => healthCheckId ?? []);
  const statuses = ids.length === 0 ? [] : await route53.health.statuses(ids);
  const byCheck = new Map(statuses.map((status) => [status.healthCheckId, status.healthy]));
  return instances.map(({ customHealth, healthCheckId }) => {
    if (customHealth) return customHealth;
    const isHealthy = healthCheckId === undefined ? undefined : byCheck.get(healthCheckId);
    if (isHealthy === undefined) return "UNKNOWN";
    return isHealthy ? "HEALTHY" : "UNHEALTHY";
  });
}
