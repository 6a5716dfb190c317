import type * as Sdk from "@aws-sdk/client-cloudwatch";
import type { Handlers } from "../protocol/operation.ts";
import type { CloudWatchContext } from "./cloudwatch-context.ts";

/** The handlers of CloudWatch, typed by its SDK package. */
export type CloudWatchHandlers = Handlers<typeof Sdk>;

/** Makes some handlers of CloudWatch over a context. */
export type HandlerFamily<Name extends keyof CloudWatchHandlers> = (
  context: CloudWatchContext,
) => Required<Pick<CloudWatchHandlers, Name>>;

/** What the handler of an operation is given. */
export type InputOf<Name extends keyof CloudWatchHandlers> = Parameters<
  NonNullable<CloudWatchHandlers[Name]>
>[0];
