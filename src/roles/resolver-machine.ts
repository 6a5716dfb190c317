import { networkInterfaces } from "node:os";
import type { Machine } from "../api/resolver/resolver-context.ts";
import { formatIp, parseIp } from "../base/ip.ts";
import type { ResolverListener } from "../resolver/front/hand-over.ts";
import { isIpv6, isUnspecified } from "../dataplane/server/socket-address.ts";
import type { Endpoint } from "../dataplane/server/socket-address.ts";
import { protocolPorts } from "../control/model/resolver-rule.ts";

/**
 * What the resolver's API goes by of this machine.
 * @param listeners of the resolver; none: no resolver runs
 */
export function resolverMachine(listeners: readonly ResolverListener[]): Machine {
  const open = listeners.filter(({ vpcId }) => vpcId === undefined);
  const Do53 = open[0]?.endpoint.port ?? protocolPorts.Do53;
  return {
    addresses: machineAddresses,
    listeners: listeners.map(({ endpoint, vpcId }) => ({
      ...endpoint,
      ...(vpcId === undefined ? {} : { vpcId }),
    })),
    inboundPorts: { ...protocolPorts, Do53 },
    inboundProblem(address) {
      if (listeners.length === 0) return "No resolver runs (setting resolver).";
      if (open.some(({ endpoint }) => listensAt(endpoint, address))) return undefined;
      return `No listener of the resolver takes queries to ${address} (setting resolver).`;
    },
  };
}

function listensAt(endpoint: Endpoint, address: string): boolean {
  if (!isUnspecified(endpoint)) return endpoint.address === address;
  return isIpv6(endpoint) === address.includes(":");
}

/** The addresses of all interfaces; of 127.0.0.0/8 only those that interfaces name. */
export function machineAddresses(): Set<string> {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return new Set(
    addresses.flatMap(({ address }) => {
      const parsed = parseIp(address);
      return parsed ? [formatIp(parsed)] : [];
    }),
  );
}
