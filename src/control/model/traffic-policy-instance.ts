import { setLabel } from "./change-batch-messages.ts";
import type { HostedZone } from "./hosted-zone.ts";
import { liesInZone } from "./hosted-zone.ts";
import type { ResourceRecordSet } from "./resource-record-set.ts";
import type { TrafficPolicyInstance } from "./traffic-policy.ts";
import { cidrLocationsOf, healthChecksOf, policyNodes } from "./traffic-policy-document.ts";
import type { PolicyDocument, PolicyNode } from "./traffic-policy-document.ts";

/** What the answer to whether a policy can be applied hangs on. */
export type InstanceFacts = {
  zone: HostedZone;
  /** All sets at a name. */
  setsAt(name: string): readonly ResourceRecordSet[];
  hasHealthCheck(id: string): boolean;
  cidrLocation(collectionId: string, locationName: string): CidrLocationFact;
};

/** Whether a collection has a location (`*` is in each). */
export type CidrLocationFact = "here" | "noCollection" | "noLocation";

/** The record set that stands for an instance in its zone: the root of what it answers with. */
export function rootSet(
  instance: Pick<TrafficPolicyInstance, "id" | "name" | "type">,
): ResourceRecordSet {
  const { id, name, type } = instance;
  return { name, type, trafficPolicyInstanceId: id };
}

/**
 * Why an instance cannot answer with a policy: what people read as its `Message`.
 * @returns `undefined` where it can
 */
export function instanceFailure(
  instance: Pick<TrafficPolicyInstance, "id" | "name" | "type">,
  document: PolicyDocument,
  facts: InstanceFacts,
): string | undefined {
  return (
    conflict(instance, facts) ??
    missingHealthCheck(document, facts) ??
    missingLocation(policyNodes(document), facts) ??
    unansweredEndpoint(instance, document, facts)
  );
}

function conflict(
  { id, name, type }: Pick<TrafficPolicyInstance, "id" | "name" | "type">,
  { zone, setsAt }: InstanceFacts,
): string | undefined {
  const label = `RRSet of type ${type} with DNS name ${name} is not permitted`;
  if (type === "CNAME" && name === zone.name) return `${label} at apex in zone ${zone.name}`;
  for (const other of setsAt(name)) {
    if (other.type === type) {
      if (other.trafficPolicyInstanceId === id) continue;
      return `Tried to create ${setLabel({ name, type })} but it already exists`;
    }
    if (type === "CNAME" || other.type === "CNAME") {
      return (
        `${label} as it conflicts with other records with the same DNS name ` +
        `in zone ${zone.name}`
      );
    }
  }
  return undefined;
}

function missingHealthCheck(
  document: PolicyDocument,
  { hasHealthCheck }: InstanceFacts,
): string | undefined {
  for (const [id, path] of healthChecksOf(document)) {
    if (!hasHealthCheck(id)) return `No health check found with ID: ${id} (${path})`;
  }
  return undefined;
}

/** What of the CIDR collections that rules name is not there. */
export function missingLocation(
  nodes: Iterable<PolicyNode>,
  { cidrLocation }: Pick<InstanceFacts, "cidrLocation">,
): string | undefined {
  for (const [path, { collectionId, locationName }] of cidrLocationsOf(nodes)) {
    const found = cidrLocation(collectionId, locationName);
    if (found === "noCollection") {
      return `No CIDR collection found with ID: ${collectionId} (${path})`;
    }
    if (found === "noLocation") {
      return `CIDR collection ${collectionId} has no location ${locationName} (${path})`;
    }
  }
  return undefined;
}

/** Endpoints that are names can be answered where they are names of the zone. */
function unansweredEndpoint(
  { name, type }: Pick<TrafficPolicyInstance, "name" | "type">,
  document: PolicyDocument,
  { zone, setsAt }: InstanceFacts,
): string | undefined {
  for (const node of policyNodes(document)) {
    if (node.kind !== "endpoint" || node.type === "value") continue;
    const target = node.values[0] ?? "";
    const where = `${target} (${node.path})`;
    if (!liesInZone(target, zone.name)) {
      return `The endpoint ${where} does not lie within zone ${zone.name}: Signpost cannot answer it`;
    }
    const isThere = target !== name && setsAt(target).some((other) => other.type === type);
    if (!isThere) return `The endpoint ${where} of type ${type} was not found`;
  }
  return undefined;
}
