import type { Branch, GroupNode, RoutingNode } from "../../dataplane/policy/routing-tree.ts";
import { SAMPLE_LIMIT } from "../../dataplane/policy/program.ts";
import { regionCoordinates } from "../../geo/places/aws-regions.ts";
import type { Coordinates } from "../../geo/places/coordinates.ts";
import { localZoneGroupCoordinates } from "../../geo/places/local-zone-groups.ts";
import { extensionUse } from "../model/record-extension.ts";
import type { RecordExtension } from "../model/record-extension.ts";
import type { GeoProximityLocation, ResourceRecordSet } from "../model/resource-record-set.ts";
import { policyOf } from "../model/rrset-policy.ts";
import type { PolicyRule } from "../model/traffic-policy-document.ts";
import type { RoutingSources } from "./routing-sources.ts";
import { ruleGroup, wantedPlace } from "./rule-group.ts";

export type RoutedSetsOptions = {
  sources: RoutingSources;
  /** What Signpost's own API adds to the group. */
  extension?: RecordExtension | undefined;
  /** What one set answers with; `undefined`: nothing yet, the set is left out. */
  answerOf: (rrset: ResourceRecordSet) => RoutingNode | undefined;
  /** Told why a set is left out. */
  onNote: (rrset: ResourceRecordSet, note: string) => void;
};

/**
 * How the sets of one name and type answer, by Route 53's policies.
 * @param group at least one; several only with set identifiers, all of one policy
 * @returns `undefined` where none of them can answer
 */
export function routingOf(
  group: readonly ResourceRecordSet[],
  options: RoutedSetsOptions,
): RoutingNode | undefined {
  const first = group[0] as ResourceRecordSet;
  const { extension } = options;
  const failMode = extension?.failMode;
  if (policyOf(first) === "simple") return simpleNode(first, options);
  const hasRule = extension?.rule && extensionUse(extension, group).unused === undefined;
  const node = hasRule ? extendedNode(extension, group, options) : groupNode(group, options);
  if (node.branches.length === 0) return undefined;
  return failMode === undefined ? node : { ...node, failMode };
}

/**
 * A set alone; with a health check it is a group of one, so that aliases see its health; so it is
 * with a fail mode, which only groups have.
 */
function simpleNode(rrset: ResourceRecordSet, options: RoutedSetsOptions): RoutingNode | undefined {
  const node = options.answerOf(rrset);
  const failMode = options.extension?.failMode;
  if (!node || (rrset.healthCheckId === undefined && failMode === undefined)) return node;
  const branches = branchesOf([rrset], options, () => ({}));
  return { kind: "failover", branches, ...(failMode === undefined ? {} : { failMode }) };
}

/** The group as its extension's rule has it: those of its sets that are there. */
function extendedNode(
  { rule, setIdentifiers }: RecordExtension,
  group: readonly ResourceRecordSet[],
  options: RoutedSetsOptions,
): GroupNode {
  if (rule?.kind === "sticky") {
    const branches = branchesOf(group, options, ({ weight = 0 }) => ({ weight }));
    return { kind: "sticky", branches };
  }
  const sets = new Map(group.map((rrset) => [rrset.setIdentifier ?? "", rrset]));
  const made = new Map<object, Branch>();
  rule?.branches.forEach((branch, index) => {
    const rrset = sets.get(setIdentifiers[index] ?? "");
    const [own] = rrset ? branchesOf([rrset], options, () => ({})) : [];
    if (own) made.set(branch, own);
  });
  const branches = rule?.branches.filter((branch) => made.has(branch));
  return ruleGroup({ ...rule, branches } as PolicyRule, {
    ...options.sources,
    branch: (branch) => made.get(branch) as Branch,
  });
}

function groupNode(group: readonly ResourceRecordSet[], options: RoutedSetsOptions): GroupNode {
  const branches = <T>(own: (rrset: ResourceRecordSet) => T | undefined): Branch<T>[] =>
    branchesOf(group, options, own);
  switch (policyOf(group[0] as ResourceRecordSet)) {
    case "weighted":
      return { kind: "weighted", branches: branches(({ weight = 0 }) => ({ weight })) };
    case "geolocation":
      return {
        kind: "geolocation",
        branches: branches(({ geoLocation = {} }) => ({ place: wantedPlace(geoLocation) })),
      };
    case "latency":
      return {
        kind: "latency",
        branches: branches(({ region = "" }) => {
          const coordinates = regionCoordinates(region);
          return coordinates && { region, ...coordinates };
        }),
      };
    case "geoproximity":
      return {
        kind: "geoproximity",
        branches: branches(({ geoProximityLocation: location = {} }) => {
          const coordinates = coordinatesOf(location);
          return coordinates && { ...coordinates, bias: location.bias ?? 0 };
        }),
      };
    case "cidr":
      return { kind: "cidr", branches: branches((rrset) => blocksOf(rrset, options.sources)) };
    case "multivalue":
      return { kind: "multivalue", limit: SAMPLE_LIMIT, branches: branches(() => ({})) };
    default: {
      const ranked = group.toSorted((a, b) => rankOf(a) - rankOf(b));
      return { kind: "failover", branches: branchesOf(ranked, options, () => ({})) };
    }
  }
}

function branchesOf<T>(
  group: readonly ResourceRecordSet[],
  { sources, answerOf, onNote }: RoutedSetsOptions,
  own: (rrset: ResourceRecordSet) => T | undefined,
): Branch<T>[] {
  return group.flatMap((rrset): Branch<T>[] => {
    const node = answerOf(rrset);
    if (!node) return [];
    const more = own(rrset);
    if (!more) {
      onNote(rrset, "nobody knows where it is: no answer");
      return [];
    }
    const { setIdentifier: label = "", healthCheckId } = rrset;
    const healthSlot = healthCheckId === undefined ? undefined : sources.healthSlot(healthCheckId);
    return [{ ...more, label, node, ...(healthSlot === undefined ? {} : { healthSlot }) }];
  });
}

function rankOf({ failover }: ResourceRecordSet): number {
  return failover === "PRIMARY" ? 0 : 1;
}

function coordinatesOf(location: GeoProximityLocation): Coordinates | undefined {
  const { awsRegion, localZoneGroup, coordinates } = location;
  if (awsRegion !== undefined) return regionCoordinates(awsRegion);
  if (localZoneGroup !== undefined) return localZoneGroupCoordinates(localZoneGroup);
  if (!coordinates) return undefined;
  return { latitude: Number(coordinates.latitude), longitude: Number(coordinates.longitude) };
}

/** The location `*` is for everyone whom no block of the collection holds. */
function blocksOf({ cidrRoutingConfig }: ResourceRecordSet, sources: RoutingSources) {
  const { collectionId = "", locationName = "*" } = cidrRoutingConfig ?? {};
  if (locationName === "*") return { blocks: "default" as const };
  return { blocks: sources.cidrBlocks(collectionId, locationName) };
}
