import { present } from "../../base/assert.ts";
import { serviceName } from "../../control/model/cloud-map-record-sets.ts";
import type { CloudMapInstance } from "../../control/model/cloud-map.ts";
import type { HealthCheck, HealthCheckConfig } from "../../control/model/health-check.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { drawUuid } from "../../control/model/resource-id.ts";
import { ServiceError } from "../protocol/service-error.ts";
import { putCheck, readCheck, removeCheck } from "../route53/health-check-rows.ts";
import { requireConfig } from "../route53/health-checks.ts";
import { releaseSlot, takeSlots } from "../route53/health-slots.ts";
import { isFull } from "../route53/quotas.ts";
import { arnOf } from "./arns.ts";
import type { CloudMapContext } from "./cloudmap-context.ts";
import { placeOf } from "./service-rows.ts";
import type { ServiceInNamespace } from "./service-rows.ts";

type Attributes = Readonly<Record<string, string>>;

/** The health check of an instance, and what must be written so that it is there. */
export type InstanceCheck = {
  healthCheckId?: string;
  mutations: Mutation[];
  /** Whether it has yet to be given a slot: `slotMutations` does, for several at once. */
  isNew: boolean;
};

/**
 * Brings the health check of an instance to what its service says: made, changed or removed.
 * @throws ServiceError InvalidInput where the address must not be checked
 */
export function planInstanceCheck(
  context: CloudMapContext,
  placed: ServiceInNamespace,
  instance: { healthCheckId?: string; attributes: Attributes },
): InstanceCheck {
  const { healthCheckId: id, attributes } = instance;
  // An alias has the health of what it leads to.
  const isWanted =
    placed.service.healthCheck !== undefined && attributes["AWS_ALIAS_DNS_NAME"] === undefined;
  if (!isWanted) {
    return { mutations: id === undefined ? [] : removal(context, placed, id), isNew: false };
  }
  const config = configOf(context, placed, attributes);
  if (id === undefined) return newCheck(context, placed, config);
  const before = readCheck(context.route53, id);
  if (JSON.stringify(before.check.config) === JSON.stringify(config)) {
    return { healthCheckId: id, mutations: [], isNew: false };
  }
  const check = { ...before.check, version: before.check.version + 1, config };
  return { healthCheckId: id, mutations: putCheck({ ...before, check }, before), isNew: false };
}

/**
 * Gives new checks their slots of the status table.
 * @throws ServiceError ResourceLimitExceeded
 */
export function slotMutations(
  { route53 }: CloudMapContext,
  checks: readonly InstanceCheck[],
): Mutation[] {
  const ids = checks.filter(({ isNew }) => isNew).map(({ healthCheckId = "" }) => healthCheckId);
  if (ids.length === 0) return [];
  const quota = "MAX_HEALTH_CHECKS_BY_OWNER";
  if (isFull(route53, quota, route53.state.count("healthCheck"), ids.length)) {
    throw new ServiceError("ResourceLimitExceeded", `Cannot create more health checks: ${quota}`);
  }
  try {
    return takeSlots(route53, ids);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    throw new ServiceError("ResourceLimitExceeded", error.message);
  }
}

/** Takes the health check of an instance away, if it has one, with the instance's record sets. */
export function removeInstanceCheck(
  context: CloudMapContext,
  placed: ServiceInNamespace,
  { healthCheckId }: Pick<CloudMapInstance, "healthCheckId">,
): Mutation[] {
  return healthCheckId === undefined ? [] : removal(context, placed, healthCheckId);
}

function removal({ route53 }: CloudMapContext, placed: ServiceInNamespace, id: string): Mutation[] {
  const ownSetCount = placeOf(placed)?.service.dns?.records.length ?? 0;
  return [...removeCheck(readCheck(route53, id)), ...releaseSlot(route53, id, ownSetCount)];
}

function newCheck(
  context: CloudMapContext,
  { service }: ServiceInNamespace,
  config: HealthCheckConfig,
): InstanceCheck {
  const id = drawUuid(context.route53.random);
  const check: HealthCheck = {
    id,
    callerReference: `cloud-map ${id}`,
    version: 1,
    config,
    linkedService: {
      servicePrincipal: "servicediscovery.amazonaws.com",
      description: arnOf(context, "service", service.id),
    },
  };
  return { healthCheckId: id, mutations: putCheck({ check }), isNew: true };
}

/** Both addresses of an instance stand or fall with the IPv4 one. */
function configOf(
  { route53 }: CloudMapContext,
  placed: ServiceInNamespace,
  attributes: Attributes,
): HealthCheckConfig {
  const { type, resourcePath, failureThreshold } = present(
    placed.service.healthCheck,
    "a health check is wanted",
  );
  const place = placeOf(placed);
  const ipAddress = attributes["AWS_INSTANCE_IPV4"] ?? attributes["AWS_INSTANCE_IPV6"];
  const given = {
    type,
    ...(ipAddress === undefined ? {} : { ipAddress }),
    ...(attributes["AWS_INSTANCE_PORT"] === undefined
      ? {}
      : { port: Number(attributes["AWS_INSTANCE_PORT"]) }),
    ...(type === "TCP" ? {} : { resourcePath: resourcePath ?? "/" }),
    // Route 53 names the service in the request.
    ...(place && type !== "TCP"
      ? { fullyQualifiedDomainName: serviceName(place).slice(0, -1) }
      : {}),
    failureThreshold,
  };
  return requireConfig(route53, given).config;
}
