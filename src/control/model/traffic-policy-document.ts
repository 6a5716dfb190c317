import type { Cidr } from "../../base/ip.ts";
import type { GeoLocation } from "./resource-record-set.ts";

/** Versions of the document format: two of Route 53, and ours, which has more rule types. */
export const policyFormatVersions = ["2015-10-01", "2023-05-09", "2026-11-22"] as const;
export type PolicyFormatVersion = (typeof policyFormatVersions)[number];

/** A traffic policy document, parsed: every reference leads to the node itself. */
export type PolicyDocument = {
  formatVersion: PolicyFormatVersion;
  /** The type of all record sets: `A`. */
  recordType: string;
  start: PolicyNode;
};

/** Nodes that are used in several places are the same object in each; none contains itself. */
export type PolicyNode = PolicyEndpoint | PolicyRule;

export type EndpointType =
  | "value"
  | "alias"
  | "cloudfront"
  | "application-load-balancer"
  | "elastic-load-balancer"
  | "network-load-balancer"
  | "elastic-beanstalk"
  | "s3-website";

export type PolicyEndpoint = {
  kind: "endpoint";
  type: EndpointType;
  /** Where it stands in the document: `$.Endpoints.london`. */
  path: string;
  /** Values of records, verbatim (type `value`); else one DNS name. */
  values: readonly string[];
};

export type PolicyBranch<Choice = object> = Choice & {
  /** Where it stands in the document: `$.Rules.start.Items[0]`. */
  path: string;
  node: PolicyNode;
  /** Whether a branch that leads to a rule is only as healthy as what is below it. */
  evaluateTargetHealth: boolean;
  healthCheckId?: string;
};

/** What a rule does where none of its branches is healthy. */
export type FailMode = "open" | "closed" | "geofence";

export type PolicyRule = { path: string; failMode?: FailMode } & (
  | { kind: "failover"; branches: PolicyBranch[] }
  | { kind: "geolocation"; branches: PolicyBranch<{ place: GeoLocation }>[] }
  | { kind: "geoproximity"; branches: PolicyBranch<{ where: PolicyPlace; bias: number }>[] }
  | { kind: "latency"; branches: PolicyBranch<{ region: string }>[] }
  | { kind: "multivalue"; branches: PolicyBranch[] }
  | { kind: "weighted"; branches: PolicyBranch<{ weight: number }>[] }
  | { kind: "cidr"; branches: PolicyBranch<{ blocks: PolicyBlocks }>[] }
  | {
      kind: "timeOfDay";
      /** Of the IANA time zone database: `America/New_York`. */
      timeZone: string;
      branches: PolicyBranch<{ windows: readonly TimeWindow[] | "default" }>[];
    }
  | { kind: "leastLoaded"; branches: PolicyBranch<PolicyLoad>[] }
  | { kind: "sticky"; branches: PolicyBranch<{ weight: number }>[] }
  | { kind: "nearby"; branches: PolicyBranch<PolicySite>[] }
);

/** Whom a branch of a CIDR rule is for: its own blocks, or those of a collection. */
export type PolicyBlocks = readonly Cidr[] | CidrLocation | "default";

/** A location of a CIDR collection. */
export type CidrLocation = { collectionId: string; locationName: string };

export type PolicyPlace =
  | { region: string }
  /** The group of a Local Zone: `us-east-1-atl-1`. */
  | { localZoneGroup: string }
  /** Degrees. */
  | { latitude: number; longitude: number };

/** A part of a week. `start` < `end`. */
export type TimeWindow = {
  /** Bit 0 is Monday. */
  days: number;
  /** Minutes since midnight, 0–1440. */
  startMinute: number;
  endMinute: number;
};

export type PolicyLoad = {
  metric: LoadMetric;
  /** Below this load a branch is preferred to none; above `high` it gets nothing. */
  low: number;
  high: number;
};

/** A metric as clients report it. */
export type LoadMetric = {
  namespace: string;
  name: string;
  /** In order of name. */
  dimensions: readonly { name: string; value: string }[];
};

export type PolicySite = {
  where: PolicyPlace;
  /** ISO 3166-1 alpha-2. */
  country: string;
  city?: string;
  metric?: LoadMetric;
};

/** The branches of a node, whatever it chooses them by. */
export function branchesOf(node: PolicyNode): readonly PolicyBranch[] {
  return node.kind === "endpoint" ? [] : node.branches;
}

/** The key of a metric in the table `loadSlot`. */
export function loadMetricKey({ namespace, name, dimensions }: LoadMetric): string {
  return JSON.stringify([namespace, name, ...dimensions.flatMap((d) => [d.name, d.value])]);
}

/** Every node once, each after those that lead to it were met. */
export function policyNodes({ start }: PolicyDocument): Set<PolicyNode> {
  const nodes = new Set<PolicyNode>([start]);
  // A set goes on with what is added while it is walked.
  for (const node of nodes) for (const branch of branchesOf(node)) nodes.add(branch.node);
  return nodes;
}

/** The health checks that branches name, each once, with the path of the first that does. */
export function healthChecksOf(document: PolicyDocument): Map<string, string> {
  const checks = new Map<string, string>();
  for (const node of policyNodes(document)) {
    for (const { healthCheckId, path } of branchesOf(node)) {
      if (healthCheckId !== undefined && !checks.has(healthCheckId))
        checks.set(healthCheckId, path);
    }
  }
  return checks;
}

/** The locations of CIDR collections that branches name, with their paths. */
export function cidrLocationsOf(nodes: Iterable<PolicyNode>): Map<string, CidrLocation> {
  const locations = new Map<string, CidrLocation>();
  for (const node of nodes) {
    if (node.kind !== "cidr") continue;
    for (const { blocks, path } of node.branches) {
      if (blocks !== "default" && "collectionId" in blocks) locations.set(path, blocks);
    }
  }
  return locations;
}

/** The load metrics that branches name, each once. */
export function loadMetricsOf(document: PolicyDocument): LoadMetric[] {
  return metricsOfNodes(policyNodes(document));
}

/** Those of one rule's own branches. */
export function loadMetricsOfRule(rule: PolicyRule): LoadMetric[] {
  return metricsOfNodes([rule]);
}

function metricsOfNodes(nodes: Iterable<PolicyNode>): LoadMetric[] {
  const metrics = new Map<string, LoadMetric>();
  for (const node of nodes) {
    for (const branch of branchesOf(node)) {
      if ("metric" in branch) {
        const metric = branch.metric as LoadMetric;
        metrics.set(loadMetricKey(metric), metric);
      }
    }
  }
  return [...metrics.values()];
}
