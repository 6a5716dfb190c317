import { resolverConfigDefault } from "../model/resolver-config.ts";
import type { ResolverConfig, ResolverConfigRow } from "../model/resolver-config.ts";
import type { ResolverEndpoint } from "../model/resolver-endpoint.ts";
import type { ResolverRule, ResolverRuleAssociation } from "../model/resolver-rule.ts";
import { cidrsOf } from "../model/vpc.ts";
import type { VpcHost, VpcRow } from "../model/vpc.ts";
import type { StateReader } from "./state-reader.ts";

/** A VPC as the resolver sees it. */
export type VpcOfState = {
  id: string;
  region: string;
  cidrs: string[];
  /** Its clients are never told by their address. */
  byListener: boolean;
};

/** Every VPC that is known; one that only associations name is not among them. */
export function vpcsOf(state: StateReader): VpcOfState[] {
  return state.list<VpcRow>("vpc").map(({ key, value }) => ({
    id: key[0] ?? "",
    region: value.region,
    cidrs: cidrsOf(value),
    byListener: value.byListener ?? false,
  }));
}

/** The rules on a VPC, in no order that matters: the most specific name wins. */
export function rulesOfVpc(state: StateReader, vpcId: string): ResolverRule[] {
  return state.list<string>("resolverRuleByVpc", { prefix: [vpcId] }).flatMap(({ value }) => {
    const association = state.get<ResolverRuleAssociation>("resolverRuleAssociation", [value]);
    return association ? (state.get<ResolverRule>("resolverRule", [association.ruleId]) ?? []) : [];
  });
}

export function endpointOf(state: StateReader, id: string): ResolverEndpoint | undefined {
  return state.get<ResolverEndpoint>("resolverEndpoint", [id]);
}

/** The endpoints that queries arrive at. */
export function inboundEndpoints(state: StateReader): ResolverEndpoint[] {
  return state
    .list<ResolverEndpoint>("resolverEndpoint")
    .map(({ value }) => value)
    .filter(({ direction }) => direction !== "OUTBOUND");
}

export function resolverConfigOf(state: StateReader, vpcId: string): ResolverConfig {
  return {
    ...resolverConfigDefault,
    ...state.get<ResolverConfigRow>("resolverConfig", [vpcId]),
  };
}

/** Names with addresses of their own in a VPC; names are like `ResourceRecordSet.name`. */
export function hostsOfVpc(
  state: StateReader,
  vpcId: string,
): { name: string; addresses: string[] }[] {
  return state
    .list<VpcHost>("vpcHost", { prefix: [vpcId] })
    .map(({ key, value }) => ({ name: key[1] ?? "", addresses: value.addresses }));
}
