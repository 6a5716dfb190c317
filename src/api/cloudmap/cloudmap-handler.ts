import type * as Sdk from "@aws-sdk/client-servicediscovery";
import type { Handlers } from "../protocol/operation.ts";
import type { CloudMapContext } from "./cloudmap-context.ts";

/** The handlers of Cloud Map, typed by its SDK package. */
export type CloudMapHandlers = Handlers<typeof Sdk>;

/** Makes some handlers of Cloud Map over a context. */
export type HandlerFamily<Name extends keyof CloudMapHandlers> = (
  context: CloudMapContext,
) => Required<Pick<CloudMapHandlers, Name>>;

/** What the handler of an operation is given. */
export type InputOf<Name extends keyof CloudMapHandlers> = Parameters<
  NonNullable<CloudMapHandlers[Name]>
>[0];
