import { resolverEndpointAddressCountMax, resolverEndpointCountMax } from "../../base/limits.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import type { EndpointProtocol, ResolverEndpoint } from "../../control/model/resolver-endpoint.ts";
import type { Planned } from "../commit/commit-entry.ts";
import { commit } from "../commit/commit.ts";
import { putCreatorRequest, removeCreatorRequest } from "./creator-requests.ts";
import { drawAddresses, vpcOfSubnets } from "./endpoint-addresses.ts";
import { endpointKind, endpointView, requireEndpoint, statusOf } from "./endpoint-rows.ts";
import { changedEndpoint, checkFlags, readProtocols } from "./endpoint-settings.ts";
import type { ResolverContext } from "./resolver-context.ts";
import { filterOf } from "./resolver-filters.ts";
import type { HandlerFamily, InputOf } from "./resolver-handler.ts";
import { drawResolverId, traced } from "./resolver-ids.ts";
import { listPage } from "./resolver-pages.ts";
import { invalidParameter, invalidRequest, limitExceeded } from "./resolver-refusals.ts";
import { putFirstTags, removeResolverTags } from "./resolver-tags.ts";

export const resolverEndpoints: HandlerFamily<
  | "CreateResolverEndpoint"
  | "DeleteResolverEndpoint"
  | "GetResolverEndpoint"
  | "ListResolverEndpoints"
  | "UpdateResolverEndpoint"
> = (context) => ({
  async CreateResolverEndpoint(input, { requestId }) {
    const plan = () => planCreation(context, input);
    const endpoint = await commit(context, { action: "CreateResolverEndpoint", plan });
    const message = traced(requestId, "Creating the Resolver Endpoint");
    return { ResolverEndpoint: endpointView(context, endpoint, { status: "CREATING", message }) };
  },

  async DeleteResolverEndpoint({ ResolverEndpointId }, { requestId }) {
    const plan = () => planDeletion(context, ResolverEndpointId);
    const endpoint = await commit(context, { action: "DeleteResolverEndpoint", plan });
    const message = traced(requestId, "Deleting the Resolver Endpoint");
    return { ResolverEndpoint: endpointView(context, endpoint, { status: "DELETING", message }) };
  },

  GetResolverEndpoint: ({ ResolverEndpointId }) => ({
    ResolverEndpoint: endpointView(context, requireEndpoint(context, ResolverEndpointId)),
  }),

  ListResolverEndpoints({ Filters, ...page }) {
    const passes = filterOf(Filters, endpointFilters(context));
    const listing = {
      table: "resolverEndpoint",
      keySize: 1,
      keep: ({ value }: { value: ResolverEndpoint }) => passes(value),
    } as const;
    const { values, ...next } = listPage<ResolverEndpoint>(context.state, listing, page);
    const views = values.map((endpoint) => endpointView(context, endpoint));
    return { ResolverEndpoints: views, MaxResults: page.MaxResults ?? views.length, ...next };
  },

  async UpdateResolverEndpoint(input, { requestId }) {
    const plan = () => {
      const before = requireEndpoint(context, input.ResolverEndpointId);
      const after = changedEndpoint(context, before, input);
      const put: Mutation = { put: "resolverEndpoint", key: [after.id], value: after };
      return { mutations: [put], result: after };
    };
    const endpoint = await commit(context, { action: "UpdateResolverEndpoint", plan });
    const message = traced(requestId, "Updating the Resolver Endpoint");
    return { ResolverEndpoint: endpointView(context, endpoint, { status: "UPDATING", message }) };
  },
});

type PlannedEndpoint = Planned<ResolverEndpoint>;

function planCreation(
  context: ResolverContext,
  input: InputOf<"CreateResolverEndpoint">,
): PlannedEndpoint {
  const count = context.state.count("resolverEndpoint");
  if (count >= resolverEndpointCountMax) {
    const message = `${count} resolver endpoints, limit ${resolverEndpointCountMax}`;
    throw limitExceeded(message, endpointKind);
  }
  const created = newEndpoint(context, input);
  const { id, creatorRequestId, vpcId } = created;
  const request = { what: "Resolver endpoint", kind: endpointKind, creatorRequestId, id };
  return {
    mutations: [
      putCreatorRequest(context, request),
      { put: "resolverEndpoint", key: [id], value: created },
      { put: "resolverEndpointByVpc", key: [vpcId, id], value: true },
      ...putFirstTags({ kind: endpointKind, id }, input.Tags),
    ],
    result: created,
  };
}

function planDeletion(context: ResolverContext, wanted: string): PlannedEndpoint {
  const found = requireEndpoint(context, wanted);
  const { id, vpcId, creatorRequestId } = found;
  refuseDeletion(context, id);
  return {
    mutations: [
      { remove: "resolverEndpoint", key: [id] },
      { remove: "resolverEndpointByVpc", key: [vpcId, id] },
      removeCreatorRequest(endpointKind, creatorRequestId),
      removeResolverTags({ kind: endpointKind, id }),
    ],
    result: found,
  };
}

function newEndpoint(
  context: ResolverContext,
  input: InputOf<"CreateResolverEndpoint">,
): ResolverEndpoint {
  const { Direction: direction, Name, IpAddresses, ResolverEndpointType } = input;
  if (input.OutpostArn !== undefined || input.PreferredInstanceType !== undefined) {
    throw invalidRequest("There are no Outposts here: endpoints cannot be on one.");
  }
  if (IpAddresses.length > resolverEndpointAddressCountMax) {
    const limit = `limit ${resolverEndpointAddressCountMax}`;
    throw limitExceeded(`${IpAddresses.length} addresses of an endpoint, ${limit}`, endpointKind);
  }
  checkSecurityGroups(input.SecurityGroupIds);
  checkFlags(direction, input);
  const addressType = ResolverEndpointType ?? "IPV4";
  const { vpcId } = vpcOfSubnets(
    context,
    IpAddresses.map(({ SubnetId }) => SubnetId),
  );
  const createdAt = new Date(context.clock.nowMs()).toISOString();
  return {
    id: drawResolverId(direction === "OUTBOUND" ? "rslvr-out" : "rslvr-in", context.random),
    creatorRequestId: input.CreatorRequestId,
    ...(Name === undefined ? {} : { name: Name }),
    direction,
    vpcId,
    securityGroupIds: input.SecurityGroupIds,
    addressType,
    protocols: readProtocols(input.Protocols ?? ["Do53"], direction) as EndpointProtocol[],
    addresses: drawAddresses(context, IpAddresses, { direction, addressType, taken: new Set() }),
    dns64: input.Dns64Enabled ?? false,
    ipv6InternetAccess: input.Ipv6InternetAccessEnabled ?? false,
    createdAt,
    modifiedAt: createdAt,
  };
}

function checkSecurityGroups(ids: readonly string[]): void {
  const wrong = ids.find((id) => !id.startsWith("sg-"));
  if (wrong === undefined) return;
  throw invalidParameter(
    `[RSLVR-00408] Malformed security group ID: "Invalid id: "${wrong}" (expecting "sg-...")".`,
    "SecurityGroupIds",
  );
}

function refuseDeletion({ state }: ResolverContext, id: string): void {
  const rules = state.list("resolverRuleByEndpoint", { prefix: [id], limit: 10 });
  if (rules.length === 0) return;
  const named = rules.map(({ key }) => `"${key[1]}"`).join(", ");
  throw invalidRequest(
    "[RSLVR-00600] Cannot delete resolver endpoint unless its related resolver rules are " +
      `deleted. The following rules still exist for this resolver endpoint: ${named}`,
  );
}

function endpointFilters({ machine }: ResolverContext) {
  return {
    CreatorRequestId: ({ creatorRequestId }: ResolverEndpoint) => creatorRequestId,
    Direction: ({ direction }: ResolverEndpoint) => direction,
    HostVPCId: ({ vpcId }: ResolverEndpoint) => vpcId,
    IpAddressCount: ({ addresses }: ResolverEndpoint) => String(addresses.length),
    Name: ({ name }: ResolverEndpoint) => name,
    SecurityGroupIds: ({ securityGroupIds }: ResolverEndpoint) => securityGroupIds,
    Status: (endpoint: ResolverEndpoint) => statusOf(endpoint, machine).status,
  };
}
