import { queryLogConfigCountMax } from "../../base/limits.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { queryLogDestination } from "../../control/model/resolver-query-log.ts";
import type { ResolverQueryLogConfig } from "../../control/model/resolver-query-log.ts";
import { commit } from "../commit/commit.ts";
import { createdEarlier, putCreatorRequest, removeCreatorRequest } from "./creator-requests.ts";
import { configType, requireConfig } from "./query-log-rows.ts";
import type { ResolverContext } from "./resolver-context.ts";
import { filterOf } from "./resolver-filters.ts";
import type { HandlerFamily, InputOf } from "./resolver-handler.ts";
import { drawResolverId, resolverArn } from "./resolver-ids.ts";
import { exists, invalidParameter, invalidRequest, limitExceeded } from "./resolver-refusals.ts";
import { putFirstTags, removeResolverTags } from "./resolver-tags.ts";
import { pageOf, sorted } from "./sorted-page.ts";

export const queryLogConfigs: HandlerFamily<
  | "CreateResolverQueryLogConfig"
  | "GetResolverQueryLogConfig"
  | "ListResolverQueryLogConfigs"
  | "DeleteResolverQueryLogConfig"
> = (context) => ({
  async CreateResolverQueryLogConfig(input) {
    const config = await commit(context, {
      action: "CreateResolverQueryLogConfig",
      plan: () => planCreation(context, input),
    });
    return { ResolverQueryLogConfig: view(context, config) };
  },

  GetResolverQueryLogConfig: ({ ResolverQueryLogConfigId }) =>
    context.state.read(() => ({
      ResolverQueryLogConfig: view(context, requireConfig(context.state, ResolverQueryLogConfigId)),
    })),

  ListResolverQueryLogConfigs: (input) =>
    context.state.read(() => {
      const all = context.state
        .list<ResolverQueryLogConfig>("resolverQueryLogConfig")
        .map(({ value }) => ({ id: value.id, view: view(context, value) }));
      const wanted = all.filter(filterOf(input.Filters, filterTexts));
      const inOrder = sorted(wanted, input, sortTexts);
      const { page, next } = pageOf(inOrder, input, "InvalidNextTokenException");
      return {
        TotalCount: all.length,
        TotalFilteredCount: wanted.length,
        ResolverQueryLogConfigs: page.map((item) => item.view),
        ...next,
      };
    }),

  async DeleteResolverQueryLogConfig({ ResolverQueryLogConfigId }) {
    const gone = await commit(context, {
      action: "DeleteResolverQueryLogConfig",
      plan: () => planDeletion(context, ResolverQueryLogConfigId),
    });
    return { ResolverQueryLogConfig: { ...gone, Status: "DELETING" } };
  },
});

type Item = { id: string; view: ReturnType<typeof view> };

const sortTexts = {
  Arn: (item: Item) => item.view.Arn,
  AssociationCount: (item: Item) => String(item.view.AssociationCount),
  CreationTime: (item: Item) => item.view.CreationTime,
  CreatorRequestId: (item: Item) => item.view.CreatorRequestId,
  DestinationArn: (item: Item) => item.view.DestinationArn,
  Id: (item: Item) => item.view.Id,
  Name: (item: Item) => item.view.Name,
  OwnerId: (item: Item) => item.view.OwnerId,
  ShareStatus: (item: Item) => item.view.ShareStatus,
  Status: (item: Item) => item.view.Status,
};

const filterTexts = {
  ...sortTexts,
  Destination: (item: Item) => queryLogDestination(item.view.DestinationArn)?.service,
};

function planCreation(
  context: ResolverContext,
  { Name, DestinationArn, CreatorRequestId, Tags }: InputOf<"CreateResolverQueryLogConfig">,
): { mutations: Mutation[]; result: ResolverQueryLogConfig } {
  const { state, clock, random } = context;
  const earlier = createdEarlier(context, configType, CreatorRequestId);
  if (earlier !== undefined) {
    const made = requireConfig(state, earlier);
    const isSame = made.name === Name && made.destinationArn === DestinationArn;
    if (isSame) return { mutations: [], result: made };
    throw exists(`The creator request id ${CreatorRequestId} is that of ${earlier}.`, configType);
  }
  if (!queryLogDestination(DestinationArn)) {
    const message =
      `The destination '${DestinationArn}' is not the ARN of a CloudWatch Logs log group, an S3 ` +
      "bucket or a Kinesis Data Firehose delivery stream.";
    throw invalidParameter(message, "DestinationArn");
  }
  if (state.count("resolverQueryLogConfig") >= queryLogConfigCountMax) {
    const message = `The limit of ${queryLogConfigCountMax} query logging configurations`;
    throw limitExceeded(`${message} has been reached.`, configType);
  }
  const config: ResolverQueryLogConfig = {
    id: drawResolverId("rqlc", random),
    name: Name,
    creatorRequestId: CreatorRequestId,
    destinationArn: DestinationArn,
    createdAt: new Date(clock.nowMs()).toISOString(),
  };
  const mutations: Mutation[] = [
    { put: "resolverQueryLogConfig", key: [config.id], value: config },
    putCreatorRequest(context, { what: "Query logging config", kind: configType, ...config }),
    ...putFirstTags({ kind: configType, id: config.id }, Tags),
  ];
  return { mutations, result: config };
}

function planDeletion(context: ResolverContext, id: string) {
  const { state } = context;
  const config = requireConfig(state, id);
  const count = state.count("resolverQueryLogAssociationByConfig", [id]);
  if (count > 0) {
    throw invalidRequest(
      `The query logging configuration ${id} can't be deleted: ${count} VPCs are associated with ` +
        "it. Disassociate them first.",
    );
  }
  const mutations: Mutation[] = [
    { remove: "resolverQueryLogConfig", key: [id] },
    { remove: "resolverPolicy", key: [configType, id] },
    removeResolverTags({ kind: configType, id }),
    removeCreatorRequest(configType, config.creatorRequestId),
  ];
  return { mutations, result: view(context, config) };
}

function view(context: ResolverContext, config: ResolverQueryLogConfig) {
  const { id } = config;
  const isShared = context.state.get("resolverPolicy", [configType, id]) !== undefined;
  return {
    Id: id,
    OwnerId: context.settings.accountId,
    Status: "CREATED" as const,
    ShareStatus: isShared ? ("SHARED_BY_ME" as const) : ("NOT_SHARED" as const),
    AssociationCount: context.state.count("resolverQueryLogAssociationByConfig", [id]),
    Arn: resolverArn(context, { kind: configType, id }),
    Name: config.name,
    DestinationArn: config.destinationArn,
    CreatorRequestId: config.creatorRequestId,
    CreationTime: config.createdAt,
  };
}
