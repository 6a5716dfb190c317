export const namespaceTypes = ["HTTP", "DNS_PUBLIC", "DNS_PRIVATE"] as const;
export type NamespaceType = (typeof namespaceTypes)[number];

/** A row of the table `cloudMapNamespace`. */
export type CloudMapNamespace = {
  /** `ns-` and 16 letters and digits. */
  id: string;
  /** As the client wrote it. */
  name: string;
  type: NamespaceType;
  /** By which DiscoverInstances knows it: the name, or one made of it where that is taken. */
  httpName: string;
  description?: string;
  creatorRequestId?: string;
  /** ISO 8601. */
  createdAt: string;
  /** Of the namespaces that are answered in DNS. */
  dns?: NamespaceDns;
};

export type NamespaceDns = {
  hostedZoneId: string;
  /** The hosted zone's name: the namespace's, normalised. */
  zoneName: string;
  /** Seconds: TTL of the SOA, which is that of negative answers too. */
  soaTtl: number;
};

/** A row of the table `cloudMapNamespaceByRequest`. */
export type NamespaceRequest = { namespaceId: string; operationId: string; asked: string };

/** A row of the table `cloudMapService`. */
export type CloudMapService = {
  /** `srv-` and 16 letters and digits. */
  id: string;
  namespaceId: string;
  /** As the client wrote it. */
  name: string;
  description?: string;
  /** Absent: found by DiscoverInstances only. */
  dns?: ServiceDns;
  /** A health check of Route 53 for each instance. */
  healthCheck?: ServiceHealthCheck;
  /** Whether somebody else says which instances are healthy. Never with `healthCheck`. */
  customHealth: boolean;
  creatorRequestId?: string;
  /** ISO 8601. */
  createdAt: string;
};

export type ServiceRecordType = "A" | "AAAA" | "CNAME" | "SRV";

export type ServiceDns = {
  routingPolicy: "MULTIVALUE" | "WEIGHTED";
  /** A, AAAA, both, CNAME or SRV; TTLs in seconds. */
  records: ServiceRecord[];
};

export type ServiceRecord = { type: ServiceRecordType; ttl: number };

export type ServiceHealthCheck = {
  type: "HTTP" | "HTTPS" | "TCP";
  resourcePath?: string;
  failureThreshold: number;
};

/** A row of the table `cloudMapServiceCounts`. */
export type ServiceCounts = {
  instances: number;
  /** Those that custom health says are unhealthy. */
  unhealthy: number;
  /** One more with each instance that comes, changes or goes; health does not count. */
  revision: number;
};

export type CustomHealth = "HEALTHY" | "UNHEALTHY";

/** A row of the table `cloudMapInstance`. */
export type CloudMapInstance = {
  /** The client's own; also the set identifier of its record sets. */
  id: string;
  attributes: Record<string, string>;
  creatorRequestId?: string;
  /** The operation that registered it as it is. */
  operationId: string;
  /** Where the service has custom health. */
  customHealth?: CustomHealth;
  /** Where the service has a health check. */
  healthCheckId?: string;
};

/** A row of the table `cloudMapHealthRequest`. */
export type HealthRequest = { status: CustomHealth; requestedAt: string };

export const operationTypes = [
  "CREATE_NAMESPACE",
  "DELETE_NAMESPACE",
  "UPDATE_NAMESPACE",
  "UPDATE_SERVICE",
  "REGISTER_INSTANCE",
  "DEREGISTER_INSTANCE",
] as const;
export type OperationType = (typeof operationTypes)[number];

export type OperationTargets = { NAMESPACE?: string; SERVICE?: string; INSTANCE?: string };

/**
 * A row of the table `cloudMapOperation`. It is written by the log entry that does what was asked
 * for, so the operation is under way until that entry is served, and then has succeeded; with a
 * failure the entry does nothing else.
 */
export type CloudMapOperation = {
  /** Sorts by age. */
  id: string;
  type: OperationType;
  targets: OperationTargets;
  failure?: { code: string; message: string };
  /** Of the log entry, stamped by the store. */
  seq: number;
  /** ISO 8601. */
  at: string;
};
