import { CloudMapProblem } from "./cloud-map-problem.ts";
import type { CloudMapInstance, CloudMapService, NamespaceDns } from "./cloud-map.ts";
import type { Mutation } from "./mutation.ts";
import type { ResourceRecordSet } from "./resource-record-set.ts";
import { InvalidNameError, normaliseName } from "./route53-name.ts";
import { rrsetKey } from "./rrset-policy.ts";
import { usesOf } from "./rrset-uses.ts";

/** Where the instances of a service are answered. */
export type ServicePlace = {
  dns: NamespaceDns;
  service: Pick<CloudMapService, "name" | "dns" | "customHealth">;
};

/** What an instance is to DNS. */
export type AnsweredInstance = Pick<
  CloudMapInstance,
  "id" | "attributes" | "customHealth" | "healthCheckId"
>;

/**
 * The record sets that a service wants in its hosted zone. Instances that are unhealthy by custom
 * health are left out, unless all are: then everybody is answered, as Cloud Map does.
 */
export function wantedRecordSets(
  place: ServicePlace,
  instances: readonly AnsweredInstance[],
): ResourceRecordSet[] {
  const showAll = instances.every((instance) => !isShown(instance));
  return instances.flatMap((instance) => instanceRecordSets(place, instance, showAll));
}

/**
 * Those of one instance.
 * @param showAll whether it is answered although it is unhealthy
 */
export function instanceRecordSets(
  place: ServicePlace,
  instance: AnsweredInstance,
  showAll: boolean,
): ResourceRecordSet[] {
  const { dns } = place.service;
  if (!dns) return [];
  const hosts = hostRecordSets(place, instance);
  if (!showAll && !isShown(instance)) return hosts;
  const name = serviceName(place);
  const { weighted, identity } = {
    weighted: dns.routingPolicy === "WEIGHTED",
    identity: { name, setIdentifier: instance.id },
  };
  const routing = weighted ? { weight: 1 } : { multiValueAnswer: true };
  const alias = instance.attributes["AWS_ALIAS_DNS_NAME"];
  const routed = dns.records.map(({ type, ttl }): ResourceRecordSet => {
    if (alias !== undefined) {
      return { ...identity, type, weight: 1, aliasTarget: aliasTarget(place.dns, alias) };
    }
    const { healthCheckId } = instance;
    return {
      ...identity,
      type,
      ...routing,
      ...(healthCheckId === undefined ? {} : { healthCheckId }),
      ttl,
      resourceRecords: [valueOf(place, instance, type)],
    };
  });
  return [...routed, ...hosts];
}

function isShown({ customHealth }: AnsweredInstance): boolean {
  return customHealth !== "UNHEALTHY";
}

/** Cloud Map sets EvaluateTargetHealth for every alias. */
function aliasTarget({ hostedZoneId }: NamespaceDns, target: string) {
  return { hostedZoneId, dnsName: normaliseName(target), evaluateTargetHealth: true };
}

function valueOf(place: ServicePlace, instance: AnsweredInstance, type: string): string {
  const { attributes } = instance;
  switch (type) {
    case "A":
      return attributes["AWS_INSTANCE_IPV4"] ?? "";
    case "AAAA":
      return attributes["AWS_INSTANCE_IPV6"] ?? "";
    case "CNAME":
      return normaliseName(attributes["AWS_INSTANCE_CNAME"] ?? "");
    default:
      return `1 1 ${attributes["AWS_INSTANCE_PORT"]} ${instanceName(place, instance.id)}`;
  }
}

/** The addresses of the name that an SRV record leads to; unhealthy instances keep theirs. */
function hostRecordSets(place: ServicePlace, instance: AnsweredInstance): ResourceRecordSet[] {
  const srv = place.service.dns?.records.find(({ type }) => type === "SRV");
  if (!srv) return [];
  const name = instanceName(place, instance.id);
  const { AWS_INSTANCE_IPV4: ipv4, AWS_INSTANCE_IPV6: ipv6 } = instance.attributes;
  const set = (type: string, value: string | undefined): ResourceRecordSet[] =>
    value === undefined ? [] : [{ name, type, ttl: srv.ttl, resourceRecords: [value] }];
  return [...set("A", ipv4), ...set("AAAA", ipv6)];
}

/**
 * The name of a service as record sets have it. A service named `.` has the namespace's own.
 * @throws CloudMapProblem
 */
export function serviceName({ dns, service }: ServicePlace): string {
  return service.name === "." ? dns.zoneName : join(service.name, dns.zoneName);
}

/**
 * The name of an instance of a service with SRV records.
 * @throws CloudMapProblem
 */
export function instanceName(place: ServicePlace, instanceId: string): string {
  return join(instanceId, serviceName(place));
}

function join(label: string, name: string): string {
  try {
    return normaliseName(name === "." ? label : `${label}.${name}`);
  } catch (error) {
    if (!(error instanceof InvalidNameError)) throw error;
    throw new CloudMapProblem(`${label}.${name} is no domain name: ${error.message}`);
  }
}

/** What leads from some sets of a zone to others: only what differs is written. */
export function recordSetDifferences(
  zoneId: string,
  before: readonly ResourceRecordSet[],
  after: readonly ResourceRecordSet[],
): Mutation[] {
  const old = new Map(before.map((rrset) => [keyOf(rrset), rrset]));
  const mutations: Mutation[] = [];
  for (const rrset of after) {
    const current = old.get(keyOf(rrset));
    old.delete(keyOf(rrset));
    if (current && JSON.stringify(current) === JSON.stringify(rrset)) continue;
    if (current) mutations.push(...usesOf("remove", zoneId, current));
    mutations.push({ putRRset: zoneId, rrset }, ...usesOf("put", zoneId, rrset));
  }
  for (const rrset of old.values()) {
    const { name, type, setIdentifier } = rrset;
    const identity = setIdentifier === undefined ? { name, type } : { name, type, setIdentifier };
    mutations.push({ removeRRset: zoneId, ...identity }, ...usesOf("remove", zoneId, rrset));
  }
  return mutations;
}

function keyOf(rrset: ResourceRecordSet): string {
  return `${rrset.name} ${rrsetKey(rrset)}`;
}
