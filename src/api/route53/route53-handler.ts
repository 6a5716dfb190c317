import type * as Sdk from "@aws-sdk/client-route-53";
import type { Handlers } from "../protocol/operation.ts";
import type { ApiContext } from "./api-context.ts";

/** The handlers of Route 53, typed by its SDK package. */
export type Route53Handlers = Handlers<typeof Sdk>;

/** Makes some handlers of Route 53 over a context. */
export type HandlerFamily<Name extends keyof Route53Handlers> = (
  context: ApiContext,
) => Required<Pick<Route53Handlers, Name>>;
