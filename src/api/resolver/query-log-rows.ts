import type {
  ResolverQueryLogAssociation,
  ResolverQueryLogConfig,
} from "../../control/model/resolver-query-log.ts";
import type { StateReader } from "../../control/state/state-reader.ts";
import { notFound } from "./resolver-refusals.ts";

/** Its type in ARNs; tags and policies are kept by it. */
export const configType = "resolver-query-log-config";

/** @throws ServiceError ResourceNotFoundException */
export function requireConfig(state: StateReader, id: string): ResolverQueryLogConfig {
  const config = state.get<ResolverQueryLogConfig>("resolverQueryLogConfig", [id]);
  if (config) return config;
  const message = "[RSLVR-01601] The specified query logging configuration doesn't exist.";
  throw notFound(message, configType);
}

/** @throws ServiceError ResourceNotFoundException */
export function requireAssociation(
  state: StateReader,
  id: string | undefined,
): ResolverQueryLogAssociation {
  const association =
    id === undefined
      ? undefined
      : state.get<ResolverQueryLogAssociation>("resolverQueryLogAssociation", [id]);
  if (association) return association;
  const message = "The specified query logging configuration association doesn't exist.";
  throw notFound(message, "resolver-query-log-config-association");
}
