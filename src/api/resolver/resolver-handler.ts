import type { ResolverHandlers } from "../protocol/resolver-service.ts";
import type { ResolverContext } from "./resolver-context.ts";

/** Makes some handlers of Route 53 Resolver over a context. */
export type HandlerFamily<Name extends keyof ResolverHandlers> = (
  context: ResolverContext,
) => Required<Pick<ResolverHandlers, Name>>;

/** What the handler of an operation is given. */
export type InputOf<Name extends keyof ResolverHandlers> = Parameters<
  NonNullable<ResolverHandlers[Name]>
>[0];
