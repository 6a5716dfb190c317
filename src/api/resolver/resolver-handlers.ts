import type { ResolverHandlers } from "../protocol/resolver-service.ts";
import type { ResolverContext } from "./resolver-context.ts";

/** The operations of Route 53 Resolver; one left out answers that it is not implemented. */
export function resolverHandlers(_context: ResolverContext): ResolverHandlers {
  return {};
}
