import type {
  EndpointAddress,
  EndpointDirection,
  EndpointProtocol,
  ResolverEndpoint,
} from "../../control/model/resolver-endpoint.ts";
import { addressesOf } from "../../control/model/resolver-endpoint.ts";
import type { ResolverRule } from "../../control/model/resolver-rule.ts";
import { drawAddresses } from "./endpoint-addresses.ts";
import type { ResolverContext } from "./resolver-context.ts";
import type { InputOf } from "./resolver-handler.ts";
import { invalidParameter, invalidRequest, notFound } from "./resolver-refusals.ts";
import { checkEndpoint } from "./rule-targets.ts";

type Flags = Pick<
  InputOf<"CreateResolverEndpoint">,
  | "Dns64Enabled"
  | "Ipv6InternetAccessEnabled"
  | "RniEnhancedMetricsEnabled"
  | "TargetNameServerMetricsEnabled"
>;

/** @throws ServiceError for what endpoints of this direction, or here, have not */
export function checkFlags(direction: EndpointDirection, flags: Flags): void {
  if (flags.Dns64Enabled && direction !== "INBOUND") {
    throw invalidRequest(`Dns64Enabled is for INBOUND resolver endpoints, not ${direction}.`);
  }
  if (flags.Ipv6InternetAccessEnabled && direction !== "OUTBOUND") {
    const message = "Ipv6InternetAccessEnabled is for OUTBOUND resolver endpoints";
    throw invalidRequest(`${message}, not ${direction}.`);
  }
  for (const name of ["RniEnhancedMetricsEnabled", "TargetNameServerMetricsEnabled"] as const) {
    if (!flags[name]) continue;
    throw invalidParameter(`${name} is not available: /metrics has the resolver's counters.`, name);
  }
}

/**
 * AWS's combinations, with DoT beside them.
 * @throws ServiceError
 */
export function readProtocols(
  given: readonly string[],
  direction: EndpointDirection,
): EndpointProtocol[] {
  if (given.includes("DoH-FIPS")) {
    throw invalidParameter("The protocol DoH-FIPS is not available.", "Protocols");
  }
  if (new Set(given).size < given.length) {
    throw invalidParameter(`Duplicate protocol: ${given.join(", ")}`, "Protocols");
  }
  if (direction === "INBOUND_DELEGATION" && given.some((protocol) => protocol !== "Do53")) {
    throw invalidRequest("INBOUND_DELEGATION resolver endpoints have the protocol Do53 only.");
  }
  return given as EndpointProtocol[];
}

/**
 * What becomes of an endpoint.
 * @throws ServiceError
 */
export function changedEndpoint(
  context: ResolverContext,
  before: ResolverEndpoint,
  input: InputOf<"UpdateResolverEndpoint">,
): ResolverEndpoint {
  checkFlags(before.direction, input);
  const after: ResolverEndpoint = {
    ...before,
    ...(input.Name === undefined ? {} : { name: input.Name }),
    protocols: input.Protocols
      ? readProtocols(input.Protocols, before.direction)
      : before.protocols,
    ...changedType(context, before, input),
    dns64: input.Dns64Enabled ?? before.dns64,
    ipv6InternetAccess: input.Ipv6InternetAccessEnabled ?? before.ipv6InternetAccess,
    modifiedAt: new Date(context.clock.nowMs()).toISOString(),
  };
  for (const { key } of context.state.list("resolverRuleByEndpoint", { prefix: [before.id] })) {
    const rule = context.state.get<ResolverRule>("resolverRule", [key[1] ?? ""]);
    checkEndpoint(rule?.targets ?? [], after);
  }
  return after;
}

/** From one family to both: addresses that have none of the other are given one. */
function changedType(
  context: ResolverContext,
  before: ResolverEndpoint,
  {
    ResolverEndpointType: wanted,
    UpdateIpAddresses: given = [],
  }: InputOf<"UpdateResolverEndpoint">,
): Pick<ResolverEndpoint, "addressType" | "addresses"> {
  const { addressType, addresses, direction } = before;
  const known = new Set(addresses.map(({ id }) => id));
  const unknown = given.find(({ IpId }) => !known.has(IpId));
  if (unknown) {
    const message = `Resolver endpoint IP address with ID "${unknown.IpId}" does not exist.`;
    throw notFound(message, "resolver-endpoint-ip-address");
  }
  if (wanted === undefined || wanted === addressType) {
    if (given.length === 0) return { addressType, addresses };
    throw invalidRequest("IPv6 addresses are given where an endpoint becomes DUALSTACK.");
  }
  if (wanted === "DUALSTACK") {
    const type = addressType === "IPV4" ? "IPV6" : "IPV4";
    const taken = new Set(addressesOf(before));
    const more = drawAddresses(
      context,
      addresses.map(({ id, subnetId }) => {
        const Ipv6 = given.find(({ IpId }) => IpId === id)?.Ipv6;
        return { SubnetId: subnetId, ...(Ipv6 === undefined ? {} : { Ipv6 }) };
      }),
      { direction, addressType: type, taken },
    );
    return { addressType: wanted, addresses: addresses.map((each, i) => joined(more[i], each)) };
  }
  if (wanted === "IPV6" || addressType === "IPV6") {
    throw invalidRequest(`Updating from the type ${addressType} to ${wanted} is not supported.`);
  }
  return { addressType: wanted, addresses: addresses.map(({ ipv6: _, ...rest }) => rest) };
}

function joined(more: EndpointAddress | undefined, address: EndpointAddress): EndpointAddress {
  return { ...more, ...address };
}
