import type { Mutation } from "../../control/model/mutation.ts";
import { drawUuid } from "../../control/model/resource-id.ts";
import type { CidrLocationFact } from "../../control/model/traffic-policy-instance.ts";
import type { StateReader } from "../../control/state/state-reader.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "./api-context.ts";
import { isFull } from "./quotas.ts";

/** A row of the table `cidrCollection`; its blocks are rows of `cidrBlock`. */
export type CidrCollection = {
  /** A UUID. */
  id: string;
  name: string;
  callerReference: string;
  /** 1 when it is made, 1 more with each change. */
  version: number;
};

/**
 * The collection with this id.
 * @throws ServiceError NoSuchCidrCollectionException
 */
export function requireCollection(context: ApiContext, id: string): CidrCollection {
  const collection = context.state.get<CidrCollection>("cidrCollection", [id]);
  if (collection) return collection;
  const message = "The CIDR collection you specified, doesn't exist.";
  throw new ServiceError("NoSuchCidrCollectionException", message);
}

export function cidrCollectionView(context: ApiContext, { id, name, version }: CidrCollection) {
  const Arn = `arn:aws:route53::${context.settings.accountId}:cidrcollection/${id}`;
  return { Arn, Id: id, Name: name, Version: version };
}

/**
 * Plans a collection; one made before with the same name and reference is answered again.
 * @throws ServiceError CidrCollectionAlreadyExistsException or LimitsExceeded
 */
export function newCollection(
  context: ApiContext,
  input: { Name: string; CallerReference: string },
): { mutations: Mutation[]; result: CidrCollection } {
  const { state } = context;
  const { Name, CallerReference } = input;
  const id =
    state.get<string>("cidrCollectionByCallerReference", [CallerReference]) ??
    state.get<string>("cidrCollectionByName", [Name]);
  if (id !== undefined) return { mutations: [], result: sameCollection(context, id, input) };
  if (isFull(context, "MAX_CIDR_COLLECTIONS_BY_OWNER", state.count("cidrCollection"))) {
    const message =
      "Limits Exceeded: MAX_CIDR_COLLECTIONS_BY_OWNER - Cannot create more CIDR collections.";
    throw new ServiceError("LimitsExceeded", message);
  }
  const collection: CidrCollection = {
    id: drawUuid(context.random),
    name: Name,
    callerReference: CallerReference,
    version: 1,
  };
  const mutations: Mutation[] = [
    { put: "cidrCollection", key: [collection.id], value: collection },
    { put: "cidrCollectionByName", key: [Name], value: collection.id },
    { put: "cidrCollectionByCallerReference", key: [CallerReference], value: collection.id },
  ];
  return { mutations, result: collection };
}

function sameCollection(
  context: ApiContext,
  id: string,
  input: { Name: string; CallerReference: string },
): CidrCollection {
  const collection = requireCollection(context, id);
  const { name, callerReference } = collection;
  if (name === input.Name && callerReference === input.CallerReference) return collection;
  throw new ServiceError(
    "CidrCollectionAlreadyExistsException",
    "A CIDR collection with this name and a different caller reference already exists " +
      "in this account.",
  );
}

/** Whether a collection has a location (`*` is in each). */
export function cidrLocationFact(
  state: StateReader,
  collectionId: string,
  locationName: string,
): CidrLocationFact {
  if (state.get("cidrCollection", [collectionId]) === undefined) return "noCollection";
  if (locationName === "*") return "here";
  const blocks = state.list("cidrBlock", { prefix: [collectionId, locationName], limit: 1 });
  return blocks.length > 0 ? "here" : "noLocation";
}
