import { cloudMapInstanceCountMax } from "../../base/limits.ts";
import {
  checkInstanceAttributes,
  initialHealth,
} from "../../control/model/cloud-map-attributes.ts";
import { instanceName } from "../../control/model/cloud-map-record-sets.ts";
import type { CloudMapInstance } from "../../control/model/cloud-map.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { instanceMutations } from "./change-instance.ts";
import type { CloudMapContext } from "./cloudmap-context.ts";
import type { HandlerFamily, InputOf } from "./cloudmap-handler.ts";
import { commitOperation, subjectOf } from "./commit.ts";
import { planInstanceCheck, removeInstanceCheck, slotMutations } from "./instance-health-check.ts";
import { instanceOf, requireInstance } from "./instance-rows.ts";
import { alone } from "./one-at-a-time.ts";
import { checked, limitExceeded } from "./refusals.ts";
import { countsOf, placeOf, requirePlaced } from "./service-rows.ts";
import type { ServiceInNamespace } from "./service-rows.ts";

export const registerInstance: HandlerFamily<"RegisterInstance" | "DeregisterInstance"> = (
  context,
) => ({
  async RegisterInstance(input) {
    const { namespace, service } = requirePlaced(context, input.ServiceId);
    const targets = { INSTANCE: input.InstanceId, SERVICE: service.id, NAMESPACE: namespace.id };
    const OperationId = await alone(context, [service.id, input.InstanceId], (operationId) =>
      commitOperation(context, {
        action: "cloudmap:RegisterInstance",
        type: "REGISTER_INSTANCE",
        operationId,
        targets,
        ...subjectOf(namespace),
        // Slots of health checks are the account's.
        alsoAccount: service.healthCheck !== undefined,
        plan: () => context.route53.state.read(() => planRegister(context, input, operationId)),
      }),
    );
    return { OperationId };
  },

  async DeregisterInstance({ ServiceId, InstanceId }) {
    const { namespace, service } = requirePlaced(context, ServiceId);
    const targets = { INSTANCE: InstanceId, SERVICE: service.id, NAMESPACE: namespace.id };
    const OperationId = await alone(context, [service.id, InstanceId], (operationId) =>
      commitOperation(context, {
        action: "cloudmap:DeregisterInstance",
        type: "DEREGISTER_INSTANCE",
        operationId,
        targets,
        ...subjectOf(namespace),
        alsoAccount: service.healthCheck !== undefined,
        plan: () => context.route53.state.read(() => planDeregister(context, targets)),
      }),
    );
    return { OperationId };
  },
});

function planRegister(
  context: CloudMapContext,
  input: InputOf<"RegisterInstance">,
  operationId: string,
): { mutations: Mutation[] } | { before: string } {
  const { InstanceId: id, Attributes: attributes, CreatorRequestId: creatorRequestId } = input;
  const placed = requirePlaced(context, input.ServiceId);
  const { service } = placed;
  const before = instanceOf(context, service.id, id);
  if (before && isRetry(before, input)) return { before: before.operationId };
  checked(() => checkInstanceAttributes(service, attributes));
  refuseFull(context, placed, before);
  refuseLongName(placed, id);
  const check = planInstanceCheck(context, placed, { ...before, attributes });
  const { healthCheckId } = check;
  const after: CloudMapInstance = {
    id,
    attributes,
    ...(creatorRequestId === undefined ? {} : { creatorRequestId }),
    operationId,
    ...(service.customHealth
      ? { customHealth: before?.customHealth ?? initialHealth(attributes) }
      : {}),
    ...(healthCheckId === undefined ? {} : { healthCheckId }),
  };
  return {
    mutations: [
      ...instanceMutations(context, placed, { before, after }),
      ...check.mutations,
      ...slotMutations(context, [check]),
    ],
  };
}

/** A request that is sent again has done its work. */
function isRetry(before: CloudMapInstance, input: InputOf<"RegisterInstance">): boolean {
  const { CreatorRequestId, Attributes } = input;
  if (CreatorRequestId === undefined || before.creatorRequestId !== CreatorRequestId) return false;
  return sorted(before.attributes) === sorted(Attributes);
}

function sorted(attributes: Record<string, string>): string {
  return JSON.stringify(Object.entries(attributes).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function refuseFull(
  context: CloudMapContext,
  { service }: ServiceInNamespace,
  before: CloudMapInstance | undefined,
): void {
  if (before || countsOf(context, service.id).instances < cloudMapInstanceCountMax) return;
  throw limitExceeded("instances of the service", cloudMapInstanceCountMax);
}

/** Where the instance itself has a name in DNS, its id must make one. */
function refuseLongName(placed: ServiceInNamespace, instanceId: string): void {
  const place = placeOf(placed);
  if (!place?.service.dns?.records.some(({ type }) => type === "SRV")) return;
  checked(() => instanceName(place, instanceId));
}

function planDeregister(
  context: CloudMapContext,
  targets: { SERVICE: string; INSTANCE: string },
): { mutations: Mutation[] } {
  const placed = requirePlaced(context, targets.SERVICE);
  const key = [targets.SERVICE, targets.INSTANCE];
  const before = requireInstance(context, targets.SERVICE, targets.INSTANCE);
  return {
    mutations: [
      ...instanceMutations(context, placed, { before, after: undefined }),
      ...removeInstanceCheck(context, placed, before),
      { remove: "cloudMapHealthRequest", key },
    ],
  };
}
