import type { Invocation } from "./command.ts";
import { connectionOf, readJson, send } from "./connection.ts";
import type { OwnRequest } from "./connection.ts";

export type Call = Pick<OwnRequest, "method" | "path" | "query"> & {
  /** Sent as JSON. */
  body?: unknown;
};

/** Asks the Signpost of an invocation for JSON. @throws CommandFailure where it refuses */
export async function call<T>(invocation: Invocation, { body, ...rest }: Call): Promise<T> {
  const text = body === undefined ? {} : { body: JSON.stringify(body) };
  return readJson<T>(await send(connectionOf(invocation), { ...rest, ...text }));
}
