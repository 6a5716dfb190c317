import type { Mutation } from "../../control/model/mutation.ts";
import type { StateReader } from "../../control/state/state-reader.ts";

/** What a request makes: the type in its ARN, and the id that the client gave the request. */
export type CreatorRequest = { type: string; creatorRequestId: string };

/** The id of what an earlier request with this id has made, if that is there still. */
export function madeEarlier(state: StateReader, request: CreatorRequest): string | undefined {
  return state.get<string>("resolverCreatorRequest", keyOf(request));
}

export function rememberRequest(request: CreatorRequest, id: string): Mutation {
  return { put: "resolverCreatorRequest", key: keyOf(request), value: id };
}

/** Goes with what it made. */
export function forgetRequest(request: CreatorRequest): Mutation {
  return { remove: "resolverCreatorRequest", key: keyOf(request) };
}

function keyOf({ type, creatorRequestId }: CreatorRequest): string[] {
  return [type, creatorRequestId];
}
