import type { HealthCheckExtension } from "../../control/model/health-check-extension.ts";
import { childrenOf } from "../../control/model/health-check-extension.ts";
import type { HealthCheck } from "../../control/model/health-check.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "./api-context.ts";

/** A check with what Signpost's own API adds to it. */
export type StoredCheck = { check: HealthCheck; extension?: HealthCheckExtension };

/**
 * The health check with this id.
 * @throws ServiceError NoSuchHealthCheck
 */
export function requireHealthCheck(context: ApiContext, id: string): HealthCheck {
  const check = context.state.get<HealthCheck>("healthCheck", [id]);
  if (check) return check;
  throw new ServiceError("NoSuchHealthCheck", `No health check found with ID: ${id}`);
}

/** @throws ServiceError NoSuchHealthCheck */
export function readCheck(context: ApiContext, id: string): StoredCheck {
  const check = requireHealthCheck(context, id);
  const extension = context.state.get<HealthCheckExtension>("healthCheckExtension", [id]);
  return { check, ...(extension && { extension }) };
}

/** Writes a check, and all that is found by it, in place of what was there before. */
export function putCheck(after: StoredCheck, before?: StoredCheck): Mutation[] {
  const { check, extension } = after;
  return [
    ...(before ? indexMutations("remove", before) : []),
    ...indexMutations("put", after),
    { put: "healthCheck", key: [check.id], value: check },
    ...(extension
      ? [{ put: "healthCheckExtension", key: [check.id], value: extension } as const]
      : []),
    ...(before?.extension && !extension
      ? [{ remove: "healthCheckExtension", key: [check.id] } as const]
      : []),
  ];
}

export function removeCheck(stored: StoredCheck): Mutation[] {
  const key = [stored.check.id];
  return [
    ...indexMutations("remove", stored),
    { remove: "healthCheckExtension", key },
    { remove: "tag", key: ["healthcheck", ...key] },
    { remove: "healthCheck", key },
  ];
}

/** Which checks have a check as their child, and which a routing control. */
function indexMutations(verb: "put" | "remove", { check, extension }: StoredCheck): Mutation[] {
  const { config, id } = check;
  const children = new Set([...(config.childHealthChecks ?? []), ...childrenOf(config, extension)]);
  const one = (table: "healthCheckByChild" | "healthCheckByControl", key: string[]): Mutation =>
    verb === "put" ? { put: table, key, value: true } : { remove: table, key };
  const { routingControlArn: arn } = config;
  return [
    ...Array.from(children, (child) => one("healthCheckByChild", [child, id])),
    ...(arn === undefined ? [] : [one("healthCheckByControl", [arn, id])]),
  ];
}
