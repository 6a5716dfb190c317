import type { Mutation } from "../../control/model/mutation.ts";
import type { ResolverContext } from "./resolver-context.ts";
import { exists } from "./resolver-refusals.ts";

/** What is created, as AWS calls it in messages, and its kind in ARNs. */
export type Created = { what: string; kind: string; creatorRequestId: string; id: string };

/**
 * Notes the request that creates something, so that it does so once.
 * @throws ServiceError ResourceExistsException
 */
export function putCreatorRequest(
  { state }: ResolverContext,
  { what, kind, creatorRequestId, id }: Created,
): Mutation {
  const key = [kind, creatorRequestId];
  if (state.get("resolverCreatorRequest", key) !== undefined) {
    throw exists(`${what} with creator request ID '${creatorRequestId}' already exists`, kind);
  }
  return { put: "resolverCreatorRequest", key, value: id };
}

/** For what is being deleted: the request may then create again. */
export function removeCreatorRequest(kind: string, creatorRequestId: string): Mutation {
  return { remove: "resolverCreatorRequest", key: [kind, creatorRequestId] };
}

/** The id of what an earlier request of this id has created, if that is there still. */
export function createdEarlier(
  { state }: ResolverContext,
  kind: string,
  creatorRequestId: string,
): string | undefined {
  return state.get<string>("resolverCreatorRequest", [kind, creatorRequestId]);
}
