import type { ResourceRecordSet } from "../model/resource-record-set.ts";

/** One of several sets of one name and type, with the weight it is drawn by. */
export type WeightedSet = { weight: number; rrset: ResourceRecordSet };

/** How the sets of one name and type that have set identifiers share the answers. */
export type Routing =
  /** This set alone. */
  | { kind: "one"; rrset: ResourceRecordSet }
  /** One set a query, drawn by weight; equal where all weights are 0. */
  | { kind: "draw"; sets: WeightedSet[] }
  /** The values of up to eight of them, drawn at random. */
  | { kind: "sample"; sets: ResourceRecordSet[] }
  /** No set may answer. */
  | { kind: "none"; note: string };

/**
 * Chooses without knowing who asks or what is healthy: weights are drawn, a failover group answers
 * its primary, a geolocation group its default (the location `*`), and latency, geoproximity and
 * IP-based groups draw evenly. The policy programs of the data plane, which do know, replace this
 * function together with what they compile to.
 * @param group the sets of one name and type, at least one; all of one policy, as the API ensures
 */
export function routeWithoutStatus(group: readonly ResourceRecordSet[]): Routing {
  const first = group[0] as ResourceRecordSet;
  if (first.setIdentifier === undefined) return { kind: "one", rrset: first };
  if (first.weight !== undefined) return draw(group, (rrset) => rrset.weight ?? 0);
  if (first.multiValueAnswer) return { kind: "sample", sets: [...group] };
  if (first.failover !== undefined) {
    return { kind: "one", rrset: group.find((rrset) => rrset.failover === "PRIMARY") ?? first };
  }
  if (first.geoLocation !== undefined) {
    const fallback = group.find((rrset) => rrset.geoLocation?.countryCode === "*");
    if (fallback) return { kind: "one", rrset: fallback };
    return { kind: "none", note: "no geolocation default (*), and clients are not located yet" };
  }
  return draw(group, () => 1);
}

function draw(
  group: readonly ResourceRecordSet[],
  weightOf: (rrset: ResourceRecordSet) => number,
): Routing {
  return { kind: "draw", sets: group.map((rrset) => ({ weight: weightOf(rrset), rrset })) };
}
