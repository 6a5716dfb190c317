import { queryLogDestination } from "../../control/model/resolver-query-log.ts";
import type {
  QueryLogDestination,
  ResolverQueryLogConfig,
} from "../../control/model/resolver-query-log.ts";
import type { TableName } from "../../control/model/tables.ts";
import type { StateReader } from "../../control/state/state-reader.ts";

/** A query log of a VPC; its directory is below that of all query logs of the resolver. */
export type VpcQueryLog = QueryLogDestination & { configId: string; destinationArn: string };

/** Query logs are to be read again where an entry has changed one of these. */
export const queryLogTables: readonly TableName[] = [
  "resolverQueryLogConfig",
  "resolverQueryLogAssociation",
];

/** Where the queries of a VPC are logged; configurations with the same destination are one log. */
export function readQueryLogConfigs(state: StateReader, vpcId: string): VpcQueryLog[] {
  return state.read(() => {
    const logs = new Map<string, VpcQueryLog>();
    for (const { key } of state.list("resolverQueryLogAssociationByVpc", { prefix: [vpcId] })) {
      const configId = key[1] ?? "";
      const config = state.get<ResolverQueryLogConfig>("resolverQueryLogConfig", [configId]);
      const destination = config && queryLogDestination(config.destinationArn);
      if (!config || !destination || logs.has(destination.directory)) continue;
      const { destinationArn } = config;
      logs.set(destination.directory, { configId, destinationArn, ...destination });
    }
    return [...logs.values()];
  });
}
