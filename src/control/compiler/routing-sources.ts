import { present } from "../../base/assert.ts";
import { parseCidr } from "../../base/ip.ts";
import type { Cidr } from "../../base/ip.ts";
import type { RoutingNode } from "../../dataplane/policy/routing-tree.ts";
import type { ResourceRecordSet } from "../model/resource-record-set.ts";
import { loadMetricKey } from "../model/traffic-policy-document.ts";
import type { LoadMetric } from "../model/traffic-policy-document.ts";
import type { StateReader } from "../state/state-reader.ts";
import { instanceRouting } from "./policy-instances.ts";

/** What routed sets refer to besides their zone. */
export type RoutingSources = {
  /** Slot of the status table; `undefined` for a health check that is gone. */
  healthSlot(healthCheckId: string): number | undefined;
  /** Blocks of one location of a CIDR collection. */
  cidrBlocks(collectionId: string, location: string): readonly Cidr[];
  /** Slot of the load table; 0, which is without load, for a metric that nobody names any more. */
  loadSlot(metric: LoadMetric): number;
  /** The tree of the traffic policy instance that a set stands for. @throws CompileError */
  instance(root: ResourceRecordSet): RoutingNode;
};

/** What the state says of them. */
export function stateSources(state: StateReader): RoutingSources {
  const sources: Omit<RoutingSources, "instance"> = {
    healthSlot: (id) => state.get<number>("healthSlot", [id]),
    cidrBlocks: (collectionId, location) =>
      state
        .list("cidrBlock", { prefix: [collectionId, location] })
        .map(({ key }) => present(parseCidr(key[2] ?? ""), "stored blocks are CIDR blocks")),
    loadSlot: (metric) => state.get<number>("loadSlot", [loadMetricKey(metric)]) ?? 0,
  };
  return { ...sources, instance: (root) => instanceRouting(state, root, sources) };
}

/** For zones whose sets refer to nothing outside. */
export const noSources: RoutingSources = {
  healthSlot: () => undefined,
  cidrBlocks: () => [],
  loadSlot: () => 0,
  instance: () => ({ kind: "weighted", branches: [] }),
};

/** Versions of the CIDR collections, by id: images of sets that use one hold its blocks. */
export function collectionVersions(state: Pick<StateReader, "list">): Map<string, number> {
  const rows = state.list<{ version: number }>("cidrCollection");
  return new Map(rows.map(({ key, value }) => [key[0] ?? "", value.version]));
}

/** Names whose sets use a CIDR collection, as in `ResourceRecordSet.name`, by zone. */
export function collectionUsers(
  state: Pick<StateReader, "list">,
  collectionId: string,
): Map<string, Set<string>> {
  const users = new Map<string, Set<string>>();
  for (const { key } of state.list("cidrLocationUse", { prefix: [collectionId] })) {
    const [, , zoneId = "", name = ""] = key;
    users.set(zoneId, (users.get(zoneId) ?? new Set()).add(name));
  }
  return users;
}
