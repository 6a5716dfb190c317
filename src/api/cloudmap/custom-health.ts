import type { HealthRequest } from "../../control/model/cloud-map.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { CloudMapContext } from "./cloudmap-context.ts";
import type { HandlerFamily } from "./cloudmap-handler.ts";
import { commit, subjectOf } from "./commit.ts";
import type { CustomHealthHolds } from "./custom-health-holds.ts";
import { requireInstance } from "./instance-rows.ts";
import { requirePlaced } from "./service-rows.ts";
import { planHealth } from "./set-instance-health.ts";
import type { HealthWanted } from "./set-instance-health.ts";

/** Others say how an instance is. It counts at once, or after a hold as at AWS. */
export function customHealth(
  context: CloudMapContext,
  holds: CustomHealthHolds,
): ReturnType<HandlerFamily<"UpdateInstanceCustomHealthStatus">> {
  return {
    async UpdateInstanceCustomHealthStatus({ ServiceId, InstanceId, Status }) {
      const { namespace, service } = requirePlaced(context, ServiceId);
      if (!service.customHealth) {
        const message = `The service ${service.id} has no custom health check`;
        throw new ServiceError("CustomHealthNotFound", message);
      }
      const of = { serviceId: service.id, instanceId: InstanceId, status: Status };
      const isHeld = await commit(context, {
        action: "cloudmap:UpdateInstanceCustomHealthStatus",
        ...subjectOf(namespace),
        plan: () =>
          context.route53.state.read(() =>
            context.settings.customHealthHold > 0
              ? planHold(context, of)
              : { mutations: planHealth(context, of), result: false },
          ),
      });
      if (isHeld) holds.add(service.id, InstanceId);
      return {};
    },
  };
}

/** Notes a status that is to count later. One that only says what is takes back what was noted. */
function planHold(context: CloudMapContext, wanted: HealthWanted) {
  const { serviceId, instanceId, status } = wanted;
  const before = requireInstance(context, serviceId, instanceId);
  const key = [serviceId, instanceId];
  const { route53 } = context;
  const noted = route53.state.get<HealthRequest>("cloudMapHealthRequest", key);
  if (before.customHealth === status) {
    const mutations: Mutation[] = noted ? [{ remove: "cloudMapHealthRequest", key }] : [];
    return { mutations, result: false };
  }
  // The same status again does not begin the wait anew.
  if (noted) return { mutations: [], result: false };
  const value = { status, requestedAt: new Date(route53.clock.nowMs()).toISOString() };
  const mutations: Mutation[] = [{ put: "cloudMapHealthRequest", key, value }];
  return { mutations, result: true };
}
