import { liesInZone } from "../../control/model/hosted-zone.ts";
import type { HostedZone } from "../../control/model/hosted-zone.ts";
import { nameSortKey } from "../../control/model/name-sort-key.ts";
import { drawTimeUuid } from "../../control/model/resource-id.ts";
import type { TrafficPolicyInstance } from "../../control/model/traffic-policy.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "./api-context.ts";
import { commit } from "./commit.ts";
import type { Planned } from "./commit.ts";
import { applyPolicy, removeInstance } from "./apply-traffic-policy.ts";
import { refuseLinked } from "./linked-service.ts";
import { isFull } from "./quotas.ts";
import { bareId, locationOf } from "./resource-ids.ts";
import type { HandlerFamily, Route53Handlers } from "./route53-handler.ts";
import { requireVersion } from "./traffic-policy-rows.ts";
import { instanceView } from "./traffic-policy-view.ts";
import { requireName, requireZone } from "./zones.ts";

export const trafficPolicyInstances: HandlerFamily<
  | "CreateTrafficPolicyInstance"
  | "GetTrafficPolicyInstance"
  | "UpdateTrafficPolicyInstance"
  | "DeleteTrafficPolicyInstance"
  | "GetTrafficPolicyInstanceCount"
> = (context) => ({
  async CreateTrafficPolicyInstance(input) {
    const zoneId = bareId(input.HostedZoneId);
    const { result } = await commit(context, {
      action: "CreateTrafficPolicyInstance",
      zoneId,
      alsoAccount: true,
      plan: () => context.state.read(() => newInstance(context, input)),
    });
    return {
      TrafficPolicyInstance: instanceView(context, result),
      Location: locationOf(`/trafficpolicyinstance/${result.id}`),
    };
  },

  GetTrafficPolicyInstance: (input) => ({
    TrafficPolicyInstance: instanceView(context, requireInstance(context, input.Id)),
  }),

  async UpdateTrafficPolicyInstance(input) {
    const { zoneId } = requireInstance(context, input.Id);
    const { result } = await commit(context, {
      action: "UpdateTrafficPolicyInstance",
      zoneId,
      alsoAccount: true,
      plan: () => context.state.read(() => changedInstance(context, input)),
    });
    return { TrafficPolicyInstance: instanceView(context, result) };
  },

  async DeleteTrafficPolicyInstance(input) {
    const { zoneId } = requireInstance(context, input.Id);
    await commit(context, {
      action: "DeleteTrafficPolicyInstance",
      zoneId,
      alsoAccount: true,
      plan: () =>
        context.state.read(() => {
          const instance = requireInstance(context, input.Id);
          refuseProtected(context, instance);
          return { mutations: removeInstance(context, instance), result: undefined };
        }),
    });
    return {};
  },

  GetTrafficPolicyInstanceCount: () => ({
    TrafficPolicyInstanceCount: context.state.count("trafficPolicyInstance"),
  }),
});

/**
 * The instance with this id.
 * @throws ServiceError NoSuchTrafficPolicyInstance
 */
export function requireInstance(context: ApiContext, id: string): TrafficPolicyInstance {
  const instance = context.state.get<TrafficPolicyInstance>("trafficPolicyInstance", [id]);
  if (instance) return instance;
  const message = `No traffic policy instance found with ID: ${id}`;
  throw new ServiceError("NoSuchTrafficPolicyInstance", message);
}

type CreateInput = Parameters<NonNullable<Route53Handlers["CreateTrafficPolicyInstance"]>>[0];

function newInstance(context: ApiContext, input: CreateInput): Planned<TrafficPolicyInstance> {
  const { state } = context;
  const { TTL: ttl, TrafficPolicyId: policyId, TrafficPolicyVersion: policyVersion } = input;
  const zone = requirePublicZone(context, input.HostedZoneId);
  refuseLinked("hostedzone", zone);
  const name = requireName(input.Name, "InvalidInput");
  if (!liesInZone(name, zone.name)) {
    const message = `RRSet with DNS name ${name} is not permitted in zone ${zone.name}`;
    throw new ServiceError("InvalidInput", message);
  }
  const { version } = requireVersion(context, policyId, policyVersion);
  const { type } = version;
  if (state.get("trafficPolicyInstanceByZone", [zone.id, nameSortKey(name), type]) !== undefined) {
    const message = "There is already a traffic policy instance with the specified name and type.";
    throw new ServiceError("TrafficPolicyInstanceAlreadyExists", message);
  }
  const count = state.count("trafficPolicyInstance");
  if (isFull(context, "MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER", count)) {
    const message =
      "Limits Exceeded: MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER - " +
      "Cannot create more traffic policy instances.";
    throw new ServiceError("TooManyTrafficPolicyInstances", message);
  }
  const id = drawTimeUuid(context.clock.nowMs(), context.random);
  const wanted = { policyId, policyVersion, ttl };
  const instance = { id, zoneId: zone.id, name, type, wanted, updated: false };
  refuseProtected(context, instance);
  return applyPolicy(context, { zone, before: undefined, after: instance });
}

type UpdateInput = Parameters<NonNullable<Route53Handlers["UpdateTrafficPolicyInstance"]>>[0];

function changedInstance(context: ApiContext, input: UpdateInput): Planned<TrafficPolicyInstance> {
  const { TTL: ttl, TrafficPolicyId: policyId, TrafficPolicyVersion: policyVersion } = input;
  const before = requireInstance(context, input.Id);
  const { version } = requireVersion(context, policyId, policyVersion);
  if (version.type !== before.type) {
    throw new ServiceError(
      "ConflictingTypes",
      `You tried to update a traffic policy instance of type ${before.type} by using a traffic ` +
        `policy version of type ${version.type}.`,
    );
  }
  refuseProtected(context, before);
  const zone = requireZone(context, before.zoneId);
  const after = { ...before, wanted: { policyId, policyVersion, ttl }, updated: true };
  return applyPolicy(context, { zone, before, after });
}

function requirePublicZone(context: ApiContext, id: string): HostedZone {
  const zone = requireZone(context, id);
  if (!zone.private) return zone;
  const message = "Traffic policy instances can only be created in public hosted zones";
  throw new ServiceError("InvalidInput", message);
}

function refuseProtected(
  context: ApiContext,
  { zoneId, name, type }: Pick<TrafficPolicyInstance, "zoneId" | "name" | "type">,
): void {
  if (context.state.get("rrsetProtection", [zoneId, nameSortKey(name), type]) === undefined) return;
  const message = `The resource record set [name='${name}', type='${type}'] is protected`;
  throw new ServiceError("InvalidInput", message);
}
