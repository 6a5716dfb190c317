import { resolverRuleTargetCountMax } from "../../base/limits.ts";
import { cidrContains, formatIp, parseCidr, parseIp, parseIpv4, parseIpv6 } from "../../base/ip.ts";
import type { IpAddress } from "../../base/ip.ts";
import { isRefusedEndpoint } from "../../base/refused-endpoint.ts";
import type { ResolverEndpoint } from "../../control/model/resolver-endpoint.ts";
import { protocolPorts } from "../../control/model/resolver-rule.ts";
import type { ResolverTarget, ResolverTargetProtocol } from "../../control/model/resolver-rule.ts";
import type { Machine } from "./resolver-context.ts";
import type { InputOf } from "./resolver-handler.ts";
import { hostNameOf } from "./resolver-names.ts";
import { invalidParameter, invalidRequest } from "./resolver-refusals.ts";

type GivenTarget = NonNullable<InputOf<"CreateResolverRule">["TargetIps"]>[number];

/**
 * The servers that a rule forwards to, through `endpoint` where it has one.
 * @throws ServiceError
 */
export function readTargets(
  given: readonly GivenTarget[],
  { endpoint, machine }: { endpoint: ResolverEndpoint | undefined; machine: Machine },
): ResolverTarget[] {
  if (given.length > resolverRuleTargetCountMax) {
    throw invalidRequest(`${given.length} target IPs, limit ${resolverRuleTargetCountMax}`);
  }
  const targets = given.map((target) => readTarget(target, endpoint));
  const places = targets.map(({ ip, port }) => `${ip} port ${port}`);
  const again = places.find((place, i) => places.indexOf(place) !== i);
  if (again !== undefined) throw invalidParameter(`Duplicate target: ${again}`, "TargetIps");
  if (new Set(targets.map(({ ip }) => ip.includes(":"))).size > 1) {
    throw invalidRequest("Target IPs of one rule are IPv4 or IPv6, not both.");
  }
  checkEndpoint(targets, endpoint);
  for (const target of targets) refuseOwnListener(target, machine);
  return targets;
}

function readTarget(
  { Ip, Ipv6, Port, Protocol, ServerNameIndication }: GivenTarget,
  endpoint: ResolverEndpoint | undefined,
): ResolverTarget {
  const address = readAddress(Ip, Ipv6);
  const protocol = readProtocol(Protocol, endpoint);
  const port = Port ?? protocolPorts[protocol];
  if (port < 1) throw invalidParameter(`Invalid port: ${port}`, "Port");
  const target = { ip: formatIp(address), port, protocol };
  if (!ServerNameIndication) return target;
  if (protocol === "Do53") {
    const message = "ServerNameIndication is only for targets of the protocols DoH and DoT.";
    throw invalidRequest(message);
  }
  return { ...target, serverName: hostNameOf(ServerNameIndication, "ServerNameIndication") };
}

function readAddress(ipv4: string | undefined, ipv6: string | undefined): IpAddress {
  if ((ipv4 === undefined) === (ipv6 === undefined)) {
    throw invalidParameter("A target has an Ip or an Ipv6, one of them.", "TargetIps");
  }
  const address = ipv4 === undefined ? parseIpv6(ipv6 ?? "") : parseIpv4(ipv4);
  if (address && isUnicast(address)) return address;
  throw invalidParameter(`Invalid IP address: ${ipv4 ?? ipv6}`, ipv4 === undefined ? "Ipv6" : "Ip");
}

/** Where no single host is. */
const noHosts = ["0.0.0.0/8", "224.0.0.0/3", "::/128", "ff00::/8"].flatMap(
  (text) => parseCidr(text) ?? [],
);

function isUnicast(address: IpAddress): boolean {
  return !noHosts.some((network) => cidrContains(network, address));
}

function isPublicIpv6(address: IpAddress): boolean {
  return address.length === 16 && !isRefusedEndpoint(address, []);
}

/** Targets speak what the endpoint does; where it has one protocol, they need not say which. */
function readProtocol(
  given: string | undefined,
  endpoint: ResolverEndpoint | undefined,
): ResolverTargetProtocol {
  if (given === "DoH-FIPS") throw invalidParameter("DoH-FIPS is not available.", "Protocol");
  const spoken = endpoint?.protocols ?? ["Do53"];
  if (given === undefined && spoken.length > 1) {
    throw invalidRequest(
      "[RSLVR-00726] Endpoint has more than 1 protocol. " +
        "Add one of the endpoint protocol for rule creation",
    );
  }
  const protocol = (given ?? spoken[0]) as ResolverTargetProtocol;
  if (!endpoint || spoken.includes(protocol)) return protocol;
  throw invalidRequest(
    `The protocol ${protocol} is none of resolver endpoint "${endpoint.id}": ${spoken.join(", ")}`,
  );
}

/** @throws ServiceError where an endpoint cannot reach targets of this kind */
export function checkEndpoint(
  targets: readonly ResolverTarget[],
  endpoint: ResolverEndpoint | undefined,
): void {
  if (!endpoint) return;
  const { id, addressType, protocols, ipv6InternetAccess } = endpoint;
  for (const { ip, protocol } of targets) {
    const family = ip.includes(":") ? "IPV6" : "IPV4";
    if (addressType !== "DUALSTACK" && addressType !== family) {
      throw invalidRequest(`Resolver endpoint "${id}" is of type ${addressType}: no way to ${ip}`);
    }
    if (!protocols.includes(protocol)) {
      throw invalidRequest(`Resolver endpoint "${id}" has not the protocol ${protocol} of ${ip}`);
    }
    const address = parseIp(ip);
    if (!ipv6InternetAccess && address && isPublicIpv6(address)) {
      const message = `Resolver endpoint "${id}" has no Ipv6InternetAccessEnabled: no way to ${ip}`;
      throw invalidRequest(message);
    }
  }
}

/** Listeners for all VPCs tell clients by their address: a query of our own would come back. */
function refuseOwnListener({ ip, port }: ResolverTarget, machine: Machine): void {
  const addresses = machine.addresses();
  const isOwn = machine.listeners.some((listener) => {
    if (listener.port !== port || listener.vpcId !== undefined) return false;
    const isAny = listener.address === "0.0.0.0" || listener.address === "::";
    return listener.address === ip || (isAny && (addresses.has(ip) || ip.startsWith("127.")));
  });
  if (!isOwn) return;
  throw invalidRequest(`Cannot forward to ${ip} port ${port}: this resolver itself listens there.`);
}
