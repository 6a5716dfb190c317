import { addressesOf } from "../../control/model/resolver-endpoint.ts";
import { isVpcId } from "../../control/model/vpc-input.ts";
import { endpointOf } from "../../control/state/resolver-rows.ts";
import type { ResolverContext } from "./resolver-context.ts";
import { invalidParameter } from "./resolver-refusals.ts";

/** Whether there is such a VPC, or ids of others are taken as well. */
export function isVpc({ state, settings }: ResolverContext, vpcId: string): boolean {
  if (state.get("vpc", [vpcId])) return true;
  return settings.acceptUnknownVpcs && isVpcId(vpcId);
}

/** @throws ServiceError InvalidParameterException */
export function requireVpc(
  context: ResolverContext,
  vpcId: string,
  field: "VPCId" | "ResourceId" = "VPCId",
): void {
  if (isVpc(context, vpcId)) return;
  throw invalidParameter(`The vpc ID '${vpcId}' does not exist`, field);
}

type Place = { address: string; port: number };

/** Where queries for a VPC alone arrive: its own listeners, and its endpoints. */
export function arrivals({ state, machine }: ResolverContext, vpcId: string): Place[] {
  const endpoints = state
    .list("resolverEndpointByVpc", { prefix: [vpcId] })
    .flatMap(({ key }) => endpointOf(state, key[1] ?? "") ?? []);
  const inbound = endpoints
    .filter(({ direction }) => direction !== "OUTBOUND")
    .flatMap((endpoint) =>
      endpoint.protocols.flatMap((protocol) => {
        const port = machine.inboundPorts[protocol];
        return addressesOf(endpoint).map((address) => ({ address, port }));
      }),
    );
  return [...machine.listeners.filter((listener) => listener.vpcId === vpcId), ...inbound];
}
