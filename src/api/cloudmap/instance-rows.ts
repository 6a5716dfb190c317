import type { CloudMapInstance } from "../../control/model/cloud-map.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { CloudMapContext } from "./cloudmap-context.ts";

/** The instance with this id; `undefined` where there is none. */
export function instanceOf(
  { route53 }: CloudMapContext,
  serviceId: string,
  id: string,
): CloudMapInstance | undefined {
  return route53.state.get<CloudMapInstance>("cloudMapInstance", [serviceId, id]);
}

/** @throws ServiceError InstanceNotFound */
export function requireInstance(
  context: CloudMapContext,
  serviceId: string,
  id: string,
): CloudMapInstance {
  const instance = instanceOf(context, serviceId, id);
  if (instance) return instance;
  throw instanceNotFound(serviceId, id);
}

function instanceNotFound(serviceId: string, id: string): ServiceError {
  return new ServiceError(
    "InstanceNotFound",
    `There is no instance with the id ${id} of the service ${serviceId}`,
  );
}

/** All instances of a service, by their ids. */
export function instancesOf({ route53 }: CloudMapContext, serviceId: string): CloudMapInstance[] {
  return route53.state
    .list<CloudMapInstance>("cloudMapInstance", { prefix: [serviceId] })
    .map(({ value }) => value);
}
