import type { InboundState, Machine } from "../api/resolver/resolver-context.ts";
import { machineAddresses } from "../base/machine-addresses.ts";
import type { InboundPorts } from "../resolver/resolve/inbound-listeners.ts";
import type { ResolverRole } from "./resolver.ts";

/** What the resolver's API goes by of this machine. */
export function resolverMachine(
  role: Pick<ResolverRole, "listeners" | "resolver"> | undefined,
  inboundPorts: InboundPorts,
): Machine {
  const listeners = role?.listeners ?? [];
  return {
    addresses: machineAddresses,
    listeners: listeners.map(({ endpoint, vpcId }) => ({
      ...endpoint,
      ...(vpcId === undefined ? {} : { vpcId }),
    })),
    inboundPorts,
    inboundState(address): InboundState {
      if (!role) return { problem: "No resolver runs (setting resolver)." };
      const report = role.resolver.summary()?.inbound;
      const [, problem] = report?.problems.find(([place]) => place === address) ?? [];
      if (problem !== undefined) return { problem };
      return report?.open.includes(address) ? "open" : "opening";
    },
  };
}
