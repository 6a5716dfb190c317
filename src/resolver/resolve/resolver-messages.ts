import type { MessagePort } from "node:worker_threads";
import type { LogLevel } from "../../telemetry/logger.ts";
import type { ResolverStart, ResolverZoneUpdate, ViewChange } from "../front/hand-over.ts";
import type { UpstreamTarget } from "../upstream/upstream.ts";
import type { UpstreamCounts } from "../upstream/upstream-counts.ts";
import type { CacheSettings } from "./cache-settings.ts";
import type { CertificatePaths } from "./certificate-file.ts";
import type { InboundPorts, InboundReport } from "./inbound-listeners.ts";
import type { ResolverCounts } from "./resolver-counts.ts";

/** What the resolver thread is started with. */
export type ResolverThreadData = {
  dataDir: string;
  /** To the store: its commits say when to read the plan again. */
  storePort: MessagePort;
  start: ResolverStart;
  /** The resolvers that know the public's names. */
  upstreams: readonly UpstreamTarget[];
  cacheSettings: CacheSettings;
  /** Memory of the StatusTable that routed sets go by. */
  status: SharedArrayBuffer;
  /** What is served as the thread starts: messages of ResolverZoneUpdate[], there already. */
  zones: MessagePort;
  locations: SharedArrayBuffer | null;
  /** Numbers of views and partitions are given out from here on. */
  firstNumber: number;
  accountId: string;
  /** Where inbound endpoints listen on their addresses. */
  inboundPorts: InboundPorts;
  /** What they show to clients of DoT and DoH, which need it. */
  certificate: CertificatePaths | undefined;
  /** Where the query logs of VPCs are. */
  queryLogDirectory: string;
  logLevel: LogLevel;
};

/** From the main thread to the resolver thread. */
export type ToResolver =
  | { kind: "zones"; id: number; zones: readonly ResolverZoneUpdate[] }
  | { kind: "locations"; locations: SharedArrayBuffer | null }
  | { kind: "stop" };

/** From the resolver thread to the main thread. */
export type FromResolver =
  /** It listens, and the plan was read. */
  | { kind: "ready" }
  /** The plan was read up to this entry of the log; what the front has to know of it. */
  | { kind: "plan"; seq: number; change: ViewChange | undefined }
  /** The zones of this message, and of those before it, are served. */
  | { kind: "served"; id: number }
  | { kind: "summary"; summary: ResolverSummary };

/** How resolving is doing, for `/healthz` and `/metrics`. */
export type ResolverSummary = {
  counts: ResolverCounts;
  upstream: UpstreamCounts;
  /** VPCs with a plan. */
  views: number;
  /** Queries being resolved, and questions to servers under way. */
  open: number;
  asking: number;
  /** Of clients, those of inbound endpoints over TLS and HTTPS among them. */
  tcpConnections: number;
  queryLogDropped: number;
  /** Responses that the system refused to send. */
  sendErrors: number;
  /** How inbound endpoints fare. */
  inbound: InboundReport;
  /** One sentence each. */
  problems: string[];
  /** What the last reading of the plan took. */
  planMs: number;
};
