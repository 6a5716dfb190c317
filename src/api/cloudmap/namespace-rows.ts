import type { CloudMapNamespace } from "../../control/model/cloud-map.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { ServiceError } from "../protocol/service-error.ts";
import { idOf } from "./arns.ts";
import type { CloudMapContext } from "./cloudmap-context.ts";

/**
 * The namespace with this id or ARN.
 * @throws ServiceError NamespaceNotFound
 */
export function requireNamespace(context: CloudMapContext, idOrArn: string): CloudMapNamespace {
  const id = idOf("namespace", idOrArn);
  const namespace = context.route53.state.get<CloudMapNamespace>("cloudMapNamespace", [id]);
  if (namespace) return namespace;
  throw new ServiceError("NamespaceNotFound", `There is no namespace with the id ${id}`);
}

/**
 * The namespace that DiscoverInstances names, of this account.
 * @throws ServiceError NamespaceNotFound
 */
export function requireHttpName(
  context: CloudMapContext,
  { name, owner }: { name: string; owner: string | undefined },
): CloudMapNamespace {
  const { state, settings } = context.route53;
  const isOurs = owner === undefined || owner === settings.accountId;
  const id = isOurs ? state.get<string>("cloudMapNamespaceByHttpName", [name]) : undefined;
  if (id !== undefined) return requireNamespace(context, id);
  throw new ServiceError("NamespaceNotFound", `There is no namespace with the name ${name}`);
}

/** A namespace's row and indexes, but for the request that made it. */
export function namespaceMutations(
  verb: "put" | "remove",
  namespace: CloudMapNamespace,
): Mutation[] {
  const { id, name, httpName } = namespace;
  const one = (put: "cloudMapNamespaceByName" | "cloudMapNamespaceByHttpName", key: string[]) =>
    verb === "put" ? { put, key, value: id } : { remove: put, key };
  return [
    verb === "put"
      ? { put: "cloudMapNamespace", key: [id], value: namespace }
      : { remove: "cloudMapNamespace", key: [id] },
    one("cloudMapNamespaceByName", [name.toLowerCase(), id]),
    one("cloudMapNamespaceByHttpName", [httpName]),
  ];
}
