import type {
  CloudMapNamespace,
  CloudMapService,
  ServiceCounts,
} from "../../control/model/cloud-map.ts";
import type { ServicePlace } from "../../control/model/cloud-map-record-sets.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { ServiceError } from "../protocol/service-error.ts";
import { idOf } from "./arns.ts";
import type { CloudMapContext } from "./cloudmap-context.ts";
import { requireNamespace } from "./namespace-rows.ts";

/** A service with the namespace that it is in. */
export type ServiceInNamespace = { namespace: CloudMapNamespace; service: CloudMapService };

/**
 * The service with this id or ARN.
 * @throws ServiceError ServiceNotFound
 */
export function requireService(context: CloudMapContext, idOrArn: string): CloudMapService {
  const id = idOf("service", idOrArn);
  const service = context.route53.state.get<CloudMapService>("cloudMapService", [id]);
  if (service) return service;
  throw new ServiceError("ServiceNotFound", `There is no service with the id ${id}`);
}

/** @throws ServiceError ServiceNotFound */
export function requirePlaced(context: CloudMapContext, idOrArn: string): ServiceInNamespace {
  const service = requireService(context, idOrArn);
  return { service, namespace: requireNamespace(context, service.namespaceId) };
}

/** Where a service is answered in DNS; `undefined` where it is not. */
export function placeOf({ namespace, service }: ServiceInNamespace): ServicePlace | undefined {
  return namespace.dns && service.dns ? { dns: namespace.dns, service } : undefined;
}

/** @throws ServiceError ServiceNotFound */
export function requireServiceNamed(
  context: CloudMapContext,
  { id, name: namespaceName }: CloudMapNamespace,
  name: string,
): CloudMapService {
  const key = [id, name.toLowerCase(), name];
  const serviceId = context.route53.state.get<string>("cloudMapServiceByName", key);
  if (serviceId !== undefined) return requireService(context, serviceId);
  throw new ServiceError(
    "ServiceNotFound",
    `There is no service named ${name} in the namespace ${namespaceName}`,
  );
}

export function countsOf({ route53 }: CloudMapContext, serviceId: string): ServiceCounts {
  const none = { instances: 0, unhealthy: 0, revision: 0 };
  return route53.state.get<ServiceCounts>("cloudMapServiceCounts", [serviceId]) ?? none;
}

export function putCounts(serviceId: string, counts: ServiceCounts): Mutation {
  return { put: "cloudMapServiceCounts", key: [serviceId], value: counts };
}

export function putService(service: CloudMapService): Mutation[] {
  const { id, namespaceId, name } = service;
  return [
    { put: "cloudMapService", key: [id], value: service },
    { put: "cloudMapServiceByName", key: [namespaceId, name.toLowerCase(), name], value: id },
  ];
}

export function removeService({ id, namespaceId, name }: CloudMapService): Mutation[] {
  return [
    { remove: "cloudMapService", key: [id] },
    { remove: "cloudMapServiceByName", key: [namespaceId, name.toLowerCase(), name] },
    { remove: "cloudMapServiceCounts", key: [id] },
    { remove: "cloudMapServiceAttributes", key: [id] },
  ];
}
