import type { HostedZone } from "../../control/model/hosted-zone.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { nameSortKey } from "../../control/model/name-sort-key.ts";
import { policyVersionKey } from "../../control/model/traffic-policy.ts";
import type { AppliedPolicy, TrafficPolicyInstance } from "../../control/model/traffic-policy.ts";
import {
  cidrLocationsOf,
  healthChecksOf,
  policyNodes,
} from "../../control/model/traffic-policy-document.ts";
import type { PolicyDocument } from "../../control/model/traffic-policy-document.ts";
import { instanceFailure, rootSet } from "../../control/model/traffic-policy-instance.ts";
import type { ApiContext } from "./api-context.ts";
import { cidrLocationFact } from "./cidr-collection.ts";
import type { Planned } from "./commit.ts";
import { documentOf } from "./traffic-policy-rows.ts";

type Application = {
  zone: HostedZone;
  /** As it is; `undefined` for a new one. */
  before: TrafficPolicyInstance | undefined;
  /** With what is wanted now. */
  after: TrafficPolicyInstance;
};

/**
 * Makes an instance answer what is wanted of it. Where that cannot be, it says why and goes on with
 * what it answered before; that is no error of the request, as in Route 53.
 */
export function applyPolicy(
  context: ApiContext,
  { zone, before, after }: Application,
): Planned<TrafficPolicyInstance> {
  const document = wantedDocument(context, after.wanted);
  const failure = instanceFailure(after, document, {
    zone,
    setsAt: (name) => context.state.rrsetsAt(zone.id, name),
    hasHealthCheck: (id) => context.state.get("healthCheck", [id]) !== undefined,
    cidrLocation: (id, location) => cidrLocationFact(context.state, id, location),
  });
  const { seq: _seq, failure: _failure, ...rest } = after;
  const instance: TrafficPolicyInstance =
    failure === undefined ? { ...rest, applied: rest.wanted } : { ...rest, failure };
  const { id, zoneId, name, type } = instance;
  const mutations: Mutation[] = [
    ...(before ? indexMutations(context, "remove", before) : []),
    ...indexMutations(context, "put", instance),
    { put: "trafficPolicyInstance", key: [id], value: instance, stamp: true },
    { put: "trafficPolicyInstanceByZone", key: [zoneId, nameSortKey(name), type], value: id },
  ];
  // The set itself does not change; that it is put again has the name compiled anew.
  if (failure === undefined) mutations.push({ putRRset: zoneId, rrset: rootSet(instance) });
  return { mutations, result: instance };
}

/** Takes an instance away, with what it answers. */
export function removeInstance(context: ApiContext, instance: TrafficPolicyInstance): Mutation[] {
  const { id, zoneId, name, type } = instance;
  const mutations: Mutation[] = [
    ...indexMutations(context, "remove", instance),
    { remove: "trafficPolicyInstance", key: [id] },
    { remove: "trafficPolicyInstanceByZone", key: [zoneId, nameSortKey(name), type] },
  ];
  // A change batch may have removed the root, and put another set in its place.
  const isRoot = context.state.rrset(zoneId, name, type)?.trafficPolicyInstanceId === id;
  if (isRoot) mutations.push({ removeRRset: zoneId, name, type });
  return mutations;
}

/**
 * Rows that say which policies, health checks and CIDR locations an instance uses: those it wants
 * and those it answers with.
 */
function indexMutations(
  context: ApiContext,
  verb: "put" | "remove",
  instance: TrafficPolicyInstance,
): Mutation[] {
  const { id, zoneId, name, type, wanted, applied } = instance;
  const mutations: Mutation[] = [];
  const index = (
    table: "trafficPolicyInstanceByPolicy" | "healthCheckUse" | "cidrLocationUse",
    key: string[],
    value: string | true,
  ): void => {
    mutations.push(verb === "put" ? { put: table, key, value } : { remove: table, key });
  };
  for (const { policyId, policyVersion } of applied ? [wanted, applied] : [wanted]) {
    const policy = policyVersionKey(policyId, policyVersion);
    index("trafficPolicyInstanceByPolicy", [...policy, zoneId, nameSortKey(name), type], id);
  }
  if (!applied) return mutations;
  const document = wantedDocument(context, applied);
  for (const check of healthChecksOf(document).keys()) {
    index("healthCheckUse", [check, zoneId, name, `instance ${type}`], true);
  }
  for (const { collectionId, locationName } of cidrLocationsOf(policyNodes(document)).values()) {
    const key = [collectionId, locationName, zoneId, name, `instance ${type}`];
    index("cidrLocationUse", key, true);
  }
  return mutations;
}

function wantedDocument(
  context: ApiContext,
  { policyId, policyVersion }: AppliedPolicy,
): PolicyDocument {
  return documentOf(context, { id: policyId, version: policyVersion });
}
