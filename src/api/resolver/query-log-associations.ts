import { queryLogAssociationCountMax, queryLogConfigsPerVpcMax } from "../../base/limits.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import type { ResolverQueryLogAssociation } from "../../control/model/resolver-query-log.ts";
import type { StateReader } from "../../control/state/state-reader.ts";
import { commit } from "../commit/commit.ts";
import { requireVpc } from "./firewall-rows.ts";
import { configType, requireAssociation, requireConfig } from "./query-log-rows.ts";
import type { ResolverContext } from "./resolver-context.ts";
import { filterOf } from "./resolver-filters.ts";
import type { HandlerFamily, InputOf } from "./resolver-handler.ts";
import { drawResolverId } from "./resolver-ids.ts";
import { exists, limitExceeded } from "./resolver-refusals.ts";
import { pageOf, sorted } from "./sorted-page.ts";

export const queryLogAssociations: HandlerFamily<
  | "AssociateResolverQueryLogConfig"
  | "GetResolverQueryLogConfigAssociation"
  | "ListResolverQueryLogConfigAssociations"
  | "DisassociateResolverQueryLogConfig"
> = (context) => ({
  async AssociateResolverQueryLogConfig(input) {
    const association = await commit(context, {
      action: "AssociateResolverQueryLogConfig",
      plan: () => planAssociation(context, input),
    });
    return { ResolverQueryLogConfigAssociation: view(association) };
  },

  GetResolverQueryLogConfigAssociation({ ResolverQueryLogConfigAssociationId: id }) {
    return { ResolverQueryLogConfigAssociation: view(requireAssociation(context.state, id)) };
  },

  ListResolverQueryLogConfigAssociations(input) {
    const all = context.state
      .list<ResolverQueryLogAssociation>("resolverQueryLogAssociation")
      .map(({ value }) => value);
    const wanted = all.filter(filterOf(input.Filters, texts));
    const { page, next } = pageOf(sorted(wanted, input, texts), input, "InvalidParameterException");
    return {
      TotalCount: all.length,
      TotalFilteredCount: wanted.length,
      ResolverQueryLogConfigAssociations: page.map(view),
      ...next,
    };
  },

  async DisassociateResolverQueryLogConfig(input) {
    const association = await commit(context, {
      action: "DisassociateResolverQueryLogConfig",
      plan: () => planDisassociation(context.state, input),
    });
    return { ResolverQueryLogConfigAssociation: { ...view(association), Status: "DELETING" } };
  },
});

const texts = {
  CreationTime: ({ createdAt }: ResolverQueryLogAssociation) => createdAt,
  Error: () => "NONE",
  Id: ({ id }: ResolverQueryLogAssociation) => id,
  ResolverQueryLogConfigId: ({ configId }: ResolverQueryLogAssociation) => configId,
  ResourceId: ({ vpcId }: ResolverQueryLogAssociation) => vpcId,
  Status: () => "ACTIVE",
};

type Plan = { mutations: Mutation[]; result: ResolverQueryLogAssociation };

function planAssociation(
  context: ResolverContext,
  {
    ResolverQueryLogConfigId: configId,
    ResourceId: vpcId,
  }: InputOf<"AssociateResolverQueryLogConfig">,
): Plan {
  const { state, clock, random } = context;
  requireConfig(state, configId);
  requireVpc(context, vpcId);
  if (state.get("resolverQueryLogAssociationByVpc", [vpcId, configId]) !== undefined) {
    const message = `The VPC ${vpcId} is associated with ${configId} already.`;
    throw exists(message, "resolver-query-log-config-association");
  }
  if (
    state.count("resolverQueryLogAssociationByConfig", [configId]) >= queryLogAssociationCountMax
  ) {
    const message = `The limit of ${queryLogAssociationCountMax} VPCs of a configuration`;
    throw limitExceeded(`${message} has been reached.`, configType);
  }
  if (state.count("resolverQueryLogAssociationByVpc", [vpcId]) >= queryLogConfigsPerVpcMax) {
    const message = `The limit of ${queryLogConfigsPerVpcMax} configurations of a VPC`;
    throw limitExceeded(`${message} has been reached.`, configType);
  }
  const id = drawResolverId("rqlca", random);
  const association = { id, configId, vpcId, createdAt: new Date(clock.nowMs()).toISOString() };
  const mutations: Mutation[] = [
    { put: "resolverQueryLogAssociation", key: [id], value: association },
    { put: "resolverQueryLogAssociationByVpc", key: [vpcId, configId], value: id },
    { put: "resolverQueryLogAssociationByConfig", key: [configId, vpcId], value: id },
  ];
  return { mutations, result: association };
}

function planDisassociation(
  state: StateReader,
  {
    ResolverQueryLogConfigId: configId,
    ResourceId: vpcId,
  }: InputOf<"DisassociateResolverQueryLogConfig">,
): Plan {
  requireConfig(state, configId);
  const id = state.get<string>("resolverQueryLogAssociationByVpc", [vpcId, configId]);
  const association = requireAssociation(state, id);
  const mutations: Mutation[] = [
    { remove: "resolverQueryLogAssociation", key: [association.id] },
    { remove: "resolverQueryLogAssociationByVpc", key: [vpcId, configId] },
    { remove: "resolverQueryLogAssociationByConfig", key: [configId, vpcId] },
  ];
  return { mutations, result: association };
}

function view({ id, configId, vpcId, createdAt }: ResolverQueryLogAssociation) {
  return {
    Id: id,
    ResolverQueryLogConfigId: configId,
    ResourceId: vpcId,
    Status: "ACTIVE" as const,
    Error: "NONE" as const,
    ErrorMessage: "",
    CreationTime: createdAt,
  };
}
