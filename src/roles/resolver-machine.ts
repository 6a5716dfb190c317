import { networkInterfaces } from "node:os";
import type { Machine } from "../api/resolver/resolver-context.ts";
import { formatIp, parseIp } from "../base/ip.ts";
import { protocolPorts } from "../control/model/resolver-rule.ts";
import type { Settings } from "./settings.ts";

/** What the resolver's API goes by of this machine. */
export function resolverMachine(_settings: Settings): Machine {
  return {
    addresses: machineAddresses,
    listeners: [],
    inboundPorts: protocolPorts,
    inboundState: () => ({ problem: "No resolver runs (setting resolver)." }),
  };
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
