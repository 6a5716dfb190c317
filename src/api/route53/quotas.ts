/** AWS's numbers; a limit is enforced here only where the operator sets it. */
export const awsQuotas = {
  MAX_HEALTH_CHECKS_BY_OWNER: 200,
  MAX_HOSTED_ZONES_BY_OWNER: 500,
  MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER: 5,
  MAX_REUSABLE_DELEGATION_SETS_BY_OWNER: 100,
  MAX_TRAFFIC_POLICIES_BY_OWNER: 50,
  MAX_RRSETS_BY_ZONE: 10_000,
  MAX_VPCS_ASSOCIATED_BY_ZONE: 300,
  MAX_ZONES_BY_REUSABLE_DELEGATION_SET: 100,
  MAX_CIDR_COLLECTIONS_BY_OWNER: 5,
  MAX_CIDR_BLOCKS_BY_COLLECTION: 1_000,
  MAX_VPC_AUTHORIZATIONS_BY_ZONE: 1_000,
  MAX_PROTECTIONS_BY_ZONE: 1_000,
} as const;

export type LimitName = keyof typeof awsQuotas;

type Limits = { readonly settings: { readonly limits: Partial<Record<LimitName, number>> } };

/** What the quota calls answer. */
export function quotaOf<N extends LimitName>(context: Limits, name: N): { Type: N; Value: number } {
  return { Type: name, Value: context.settings.limits[name] ?? awsQuotas[name] };
}

/** Whether one of something more than `count` would be past an enforced limit. */
export function isFull(context: Limits, name: LimitName, count: number, more = 1): boolean {
  return count + more > (context.settings.limits[name] ?? Infinity);
}
