import { resolverEndpointAddressCountMax } from "../../base/limits.ts";
import { formatIp, parseIp } from "../../base/ip.ts";
import { addressesOf } from "../../control/model/resolver-endpoint.ts";
import type { EndpointAddress, ResolverEndpoint } from "../../control/model/resolver-endpoint.ts";
import { commit } from "../commit/commit.ts";
import type * as Sdk from "../protocol/resolver-model.generated.ts";
import { drawAddresses, vpcOfSubnets } from "./endpoint-addresses.ts";
import { addressState, endpointKind, endpointView, requireEndpoint } from "./endpoint-rows.ts";
import type { Machine, ResolverContext } from "./resolver-context.ts";
import type { HandlerFamily, InputOf } from "./resolver-handler.ts";
import { traced } from "./resolver-ids.ts";
import { listPage } from "./resolver-pages.ts";
import { invalidParameter, invalidRequest, limitExceeded, notFound } from "./resolver-refusals.ts";

const addressKind = "resolver-endpoint-ip-address";

/** An endpoint that has fewer is none that AWS would have. */
const addressCountMin = 2;

export const resolverEndpointIpAddresses: HandlerFamily<
  | "AssociateResolverEndpointIpAddress"
  | "DisassociateResolverEndpointIpAddress"
  | "ListResolverEndpointIpAddresses"
> = (context) => ({
  async AssociateResolverEndpointIpAddress({ ResolverEndpointId, IpAddress }, { requestId }) {
    const endpoint = await change(context, ResolverEndpointId, {
      action: "AssociateResolverEndpointIpAddress",
      change: (before) => [...before.addresses, added(context, before, IpAddress)],
    });
    return { ResolverEndpoint: updating(context, endpoint, requestId) };
  },

  async DisassociateResolverEndpointIpAddress({ ResolverEndpointId, IpAddress }, { requestId }) {
    const endpoint = await change(context, ResolverEndpointId, {
      action: "DisassociateResolverEndpointIpAddress",
      change: ({ addresses }) => {
        const gone = find(addresses, IpAddress);
        if (addresses.length > addressCountMin) return addresses.filter((each) => each !== gone);
        throw invalidRequest(
          `[RSLVR-00400] Resolver endpoint need to have at least ${addressCountMin} IP addresses.`,
        );
      },
    });
    return { ResolverEndpoint: updating(context, endpoint, requestId) };
  },

  ListResolverEndpointIpAddresses({ ResolverEndpointId, ...page }) {
    const endpoint = requireEndpoint(context, ResolverEndpointId);
    const automatic = endpoint.addresses
      .map((value) => ({ key: [value.id], value }))
      .toSorted((a, b) => (a.value.id < b.value.id ? -1 : 1));
    const { values, ...next } = listPage(context.state, { keySize: 1, automatic }, page);
    const views = values.map((address) => addressView(endpoint, address, context.machine));
    return { IpAddresses: views, MaxResults: page.MaxResults ?? views.length, ...next };
  },
});

async function change(
  context: ResolverContext,
  id: string,
  {
    action,
    change: changed,
  }: { action: string; change(before: ResolverEndpoint): EndpointAddress[] },
): Promise<ResolverEndpoint> {
  return commit(context, {
    action,
    plan() {
      const before = requireEndpoint(context, id);
      const addresses = changed(before);
      const modifiedAt = new Date(context.clock.nowMs()).toISOString();
      const after = { ...before, addresses, modifiedAt };
      return { mutations: [{ put: "resolverEndpoint", key: [id], value: after }], result: after };
    },
  });
}

function updating(context: ResolverContext, endpoint: ResolverEndpoint, requestId: string) {
  const message = traced(requestId, "Updating the Resolver Endpoint");
  return endpointView(context, endpoint, { status: "UPDATING", message });
}

type GivenAddress = InputOf<"AssociateResolverEndpointIpAddress">["IpAddress"];

function added(
  context: ResolverContext,
  endpoint: ResolverEndpoint,
  { SubnetId, Ip, Ipv6 }: GivenAddress,
): EndpointAddress {
  if (SubnetId === undefined) {
    throw invalidParameter("The subnet of the IP address is needed.", "SubnetId");
  }
  const { id, vpcId, addresses, direction, addressType } = endpoint;
  if (addresses.length >= resolverEndpointAddressCountMax) {
    const limit = `limit ${resolverEndpointAddressCountMax}`;
    throw limitExceeded(`${addresses.length} addresses of ${id}, ${limit}`, endpointKind);
  }
  if (vpcOfSubnets(context, [SubnetId]).vpcId !== vpcId) {
    throw invalidRequest("All subnets of a resolver endpoint must be of one VPC.");
  }
  const given = {
    SubnetId,
    ...(Ip === undefined ? {} : { Ip }),
    ...(Ipv6 === undefined ? {} : { Ipv6 }),
  };
  const taken = new Set(addressesOf(endpoint));
  const [address] = drawAddresses(context, [given], { direction, addressType, taken });
  if (address) return address;
  throw invalidRequest(`No address of ${SubnetId} can be had.`);
}

function find(
  addresses: readonly EndpointAddress[],
  { IpId, SubnetId, Ip, Ipv6 }: GivenAddress,
): EndpointAddress {
  const text = Ip ?? Ipv6;
  if (IpId === undefined && (SubnetId === undefined || text === undefined)) {
    throw invalidRequest(
      "[RSLVR-00503] Need to specify either the IP ID or both subnet and IP address in order to " +
        "remove IP address.",
    );
  }
  const parsed = text === undefined ? undefined : parseIp(text);
  const ip = parsed ? formatIp(parsed) : text;
  const found = addresses.find((each) =>
    IpId === undefined
      ? each.subnetId === SubnetId && (each.ip === ip || each.ipv6 === ip)
      : each.id === IpId,
  );
  if (found) return found;
  throw notFound(`The IP address ${IpId ?? text} is not of this endpoint.`, addressKind);
}

function addressView(
  endpoint: ResolverEndpoint,
  { id, subnetId, ip, ipv6, createdAt }: EndpointAddress,
  machine: Machine,
): Sdk.IpAddressResponse {
  const states = [ip, ipv6].flatMap((address) =>
    address === undefined ? [] : [addressState(endpoint, address, machine)],
  );
  const problems = states.flatMap((state) => (typeof state === "object" ? state.problem : []));
  const isOpening = states.includes("opening");
  return {
    IpId: id,
    SubnetId: subnetId,
    ...(ip === undefined ? {} : { Ip: ip }),
    ...(ipv6 === undefined ? {} : { Ipv6: ipv6 }),
    Status: problems.length > 0 ? "FAILED_CREATION" : isOpening ? "ATTACHING" : "ATTACHED",
    StatusMessage: problems.join(" ") || "This IP address is operational.",
    CreationTime: createdAt,
    ModificationTime: createdAt,
  };
}
