import { addressesOf } from "../../control/model/resolver-endpoint.ts";
import type { ResolverEndpoint } from "../../control/model/resolver-endpoint.ts";
import type * as Sdk from "../protocol/resolver-model.generated.ts";
import type { InboundState, Machine, ResolverContext } from "./resolver-context.ts";
import { resolverArn } from "./resolver-ids.ts";
import { notFound } from "./resolver-refusals.ts";

export const endpointKind = "resolver-endpoint";

/** @throws ServiceError ResourceNotFoundException */
export function requireEndpoint({ state }: ResolverContext, id: string): ResolverEndpoint {
  const endpoint = state.get<ResolverEndpoint>("resolverEndpoint", [id]);
  if (endpoint) return endpoint;
  throw notFound(`Resolver endpoint with ID "${id}" does not exist.`, endpointKind);
}

type EndpointStatus = { status: NonNullable<Sdk.ResolverEndpoint["Status"]>; message: string };

/** @param status where it is not what comes of its addresses */
export function endpointView(
  context: ResolverContext,
  endpoint: ResolverEndpoint,
  status: EndpointStatus = statusOf(endpoint, context.machine),
): Sdk.ResolverEndpoint {
  const { id, name, direction } = endpoint;
  return {
    Id: id,
    CreatorRequestId: endpoint.creatorRequestId,
    Arn: resolverArn(context, { kind: endpointKind, id }),
    ...(name === undefined ? {} : { Name: name }),
    SecurityGroupIds: endpoint.securityGroupIds,
    Direction: direction,
    IpAddressCount: endpoint.addresses.length,
    HostVPCId: endpoint.vpcId,
    Status: status.status,
    StatusMessage: status.message,
    CreationTime: endpoint.createdAt,
    ModificationTime: endpoint.modifiedAt,
    ResolverEndpointType: endpoint.addressType,
    // DoT is not in AWS's model.
    Protocols: endpoint.protocols as readonly string[] as Sdk.ResolverEndpoint["Protocols"],
    RniEnhancedMetricsEnabled: false,
    TargetNameServerMetricsEnabled: false,
    Dns64Enabled: endpoint.dns64,
    Ipv6InternetAccessEnabled: endpoint.ipv6InternetAccess,
  };
}

/**
 * Queries arrive only at addresses of this machine: an inbound endpoint with others needs its
 * operator. An outbound one works without: queries then leave from an address of the system's
 * choice.
 */
export function statusOf(endpoint: ResolverEndpoint, machine: Machine): EndpointStatus {
  const states = addressesOf(endpoint).map((address) => addressState(endpoint, address, machine));
  const problems = states.flatMap((state) => (typeof state === "object" ? state.problem : []));
  if (problems.length === 0) {
    return states.includes("opening")
      ? { status: "CREATING", message: "Listening on its addresses is about to begin." }
      : { status: "OPERATIONAL", message: "This Resolver Endpoint is operational." };
  }
  const isInbound = endpoint.direction !== "OUTBOUND";
  return { status: isInbound ? "ACTION_NEEDED" : "OPERATIONAL", message: shortened(problems) };
}

/** AWS's model has so many characters for a status message. */
const statusMessageSizeMax = 255;

function shortened(problems: readonly string[]): string {
  const text = problems.join(" ");
  return text.length <= statusMessageSizeMax ? text : `${text.slice(0, statusMessageSizeMax - 1)}…`;
}

/** Whether an address of an endpoint does what it is for. */
export function addressState(
  { direction }: ResolverEndpoint,
  address: string,
  machine: Machine,
): InboundState {
  const isOwn = isOwnAddress(machine, address);
  if (direction === "OUTBOUND") {
    if (isOwn) return "open";
    return { problem: `${address} is no address of this machine: queries do not leave from it.` };
  }
  if (isOwn) return machine.inboundState(address);
  return { problem: `${address} is no address of this machine: nothing arrives at it.` };
}

/** All of 127.0.0.0/8 is the machine's own, though its interfaces do not say so. */
function isOwnAddress(machine: Machine, address: string): boolean {
  return address.startsWith("127.") || machine.addresses().has(address);
}
