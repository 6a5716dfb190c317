import { isLogGroupArn } from "../../control/model/query-logging.ts";
import type { QueryLogging } from "../../control/model/query-logging.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { drawUuid } from "../../control/model/resource-id.ts";
import { tokenOf } from "../protocol/page-token.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "./api-context.ts";
import { commit } from "./commit.ts";
import { cutPage, pageSize, pageStart } from "./pages.ts";
import { bareId, locationOf } from "./resource-ids.ts";
import type { HandlerFamily } from "./route53-handler.ts";
import { requireZone } from "./zones.ts";

const pageSizeMax = 100;

export const queryLoggingConfigs: HandlerFamily<
  | "CreateQueryLoggingConfig"
  | "GetQueryLoggingConfig"
  | "DeleteQueryLoggingConfig"
  | "ListQueryLoggingConfigs"
> = (context) => ({
  async CreateQueryLoggingConfig(input) {
    const { HostedZoneId, CloudWatchLogsLogGroupArn } = input;
    const { result } = await commit(context, {
      action: "CreateQueryLoggingConfig",
      zoneId: bareId(HostedZoneId),
      plan: () => newConfig(context, HostedZoneId, CloudWatchLogsLogGroupArn),
    });
    return {
      QueryLoggingConfig: view(result),
      Location: locationOf(`/queryloggingconfig/${result.id}`),
    };
  },

  GetQueryLoggingConfig: (input) => ({
    QueryLoggingConfig: view(requireConfig(context, input.Id)),
  }),

  async DeleteQueryLoggingConfig(input) {
    const { hostedZoneId } = requireConfig(context, input.Id);
    await commit(context, {
      action: "DeleteQueryLoggingConfig",
      zoneId: hostedZoneId,
      plan() {
        const { id } = requireConfig(context, input.Id);
        const mutations: Mutation[] = [
          { remove: "queryLogging", key: [id] },
          { remove: "queryLoggingByZone", key: [hostedZoneId] },
        ];
        return { mutations, result: undefined };
      },
    });
    return {};
  },

  ListQueryLoggingConfigs: (input) =>
    context.state.read(() => {
      const { HostedZoneId, NextToken, MaxResults } = input;
      const size = pageSize(MaxResults, pageSizeMax, "MaxResults");
      if (HostedZoneId !== undefined) return { QueryLoggingConfigs: ofZone(context, HostedZoneId) };
      const rows = context.state.list<QueryLogging>("queryLogging", {
        ...pageStart(NextToken, { size: 1 }),
        limit: size + 1,
      });
      const { page, next } = cutPage(rows, size);
      return {
        QueryLoggingConfigs: page.map(({ value }) => view(value)),
        ...(next ? { NextToken: tokenOf(next.key) } : {}),
      };
    }),
});

function newConfig(
  context: ApiContext,
  zoneId: string,
  logGroupArn: string,
): { mutations: Mutation[]; result: QueryLogging } {
  const zone = requireZone(context, zoneId);
  if (zone.private) {
    const message = "Queries can be logged for public hosted zones only";
    throw new ServiceError("InvalidInput", message);
  }
  if (!isLogGroupArn(logGroupArn)) {
    const message = "The ARN for the CloudWatch Logs log group is invalid";
    throw new ServiceError("InvalidInput", message);
  }
  if (context.state.get("queryLoggingByZone", [zone.id]) !== undefined) {
    const message = "A query logging configuration already exists for this hosted zone";
    throw new ServiceError("QueryLoggingConfigAlreadyExists", message);
  }
  const result: QueryLogging = { id: drawUuid(context.random), hostedZoneId: zone.id, logGroupArn };
  const mutations: Mutation[] = [
    { put: "queryLogging", key: [result.id], value: result },
    { put: "queryLoggingByZone", key: [zone.id], value: result.id },
  ];
  return { mutations, result };
}

function ofZone(context: ApiContext, zoneId: string) {
  const zone = requireZone(context, zoneId);
  const id = context.state.get<string>("queryLoggingByZone", [zone.id]);
  return id === undefined ? [] : [view(requireConfig(context, id))];
}

function requireConfig(context: ApiContext, id: string): QueryLogging {
  const config = context.state.get<QueryLogging>("queryLogging", [id]);
  if (config) return config;
  const message = `The query logging configuration does not exist: ${id}`;
  throw new ServiceError("NoSuchQueryLoggingConfig", message);
}

function view(config: QueryLogging) {
  return {
    Id: config.id,
    HostedZoneId: config.hostedZoneId,
    CloudWatchLogsLogGroupArn: config.logGroupArn,
  };
}
