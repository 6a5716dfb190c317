import type { Route } from "../api/protocol/route.ts";
import type { ServerStatus } from "../api/signpost/signpost-context.ts";
import type { Compiler } from "../control/compiler/compiler.ts";
import { describeProblem } from "../control/compiler/compile-problem.ts";
import type { Store } from "../control/log/open-store.ts";
import type { NameServer } from "../dataplane/server/name-server.ts";
import { formatEndpoint } from "../dataplane/server/socket-address.ts";
import type { Notifier } from "../health/notifications/notifier.ts";
import type { Health } from "../health/votes/health.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { formatMetrics, gauge, metricsContentType } from "../telemetry/metrics-text.ts";
import type { Metric } from "../telemetry/metrics-text.ts";
import { processMetrics } from "../telemetry/process-metrics.ts";
import type { ApiMetrics } from "./api-metrics.ts";
import { healthMetrics } from "./health-metrics.ts";
import { metricsMetrics } from "./metrics-report.ts";
import type { MachineLocations } from "./location-data.ts";
import type { QueryLogs } from "./query-logs.ts";
import type { ResolverRole } from "./resolver.ts";
import { webhookMetrics } from "./webhook-metrics.ts";

type Parts = {
  store: Store;
  nameServer: NameServer;
  /** Where one runs. */
  resolver: ResolverRole | undefined;
  compiler: Compiler;
  queryLogs: QueryLogs;
  locations: MachineLocations;
  health: Health;
  metrics: Metrics;
  notifier: Notifier;
  apiMetrics: ApiMetrics;
  version: string;
  apiUrl(): string;
};

/** What the server says of itself: status, `/healthz` and `/metrics`. */
export class ServerReport {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  status(): ServerStatus {
    const { store, nameServer, resolver, version, apiUrl } = this.#parts;
    const problems = this.#problems();
    return {
      version,
      uptimeSeconds: Math.round(process.uptime()),
      dns: nameServer.addresses.map(formatEndpoint),
      resolver: resolver?.addresses.map(formatEndpoint) ?? [],
      api: apiUrl(),
      hostedZones: store.state.count("hostedZone"),
      log: { head: store.state.lastSeq(), served: store.log.applied.upTo() },
      workers: nameServer.workers,
      healthy: problems.length === 0,
      problems,
    };
  }

  routes(): Route[] {
    const open = { method: "GET", access: "none", bodySizeMax: 0 } as const;
    return [
      { ...open, path: "/healthz", handle: () => this.#health() },
      { ...open, path: "/metrics", handle: () => this.#metrics() },
    ];
  }

  /** 200 while all is well; 503 and the reasons while something is not. */
  #health(): { status: number; headers: Record<string, string>; body: string } {
    const problems = this.#problems();
    const headers = { "content-type": "text/plain; charset=utf-8" };
    if (problems.length === 0) return { status: 200, headers, body: "ok\n" };
    return { status: 503, headers, body: `${problems.join("\n")}\n` };
  }

  #problems(): string[] {
    const { store, nameServer, resolver, compiler, health } = this.#parts;
    const { wanted, live } = nameServer.workers;
    const problems = live < wanted ? [`${wanted - live} of ${wanted} workers do not answer`] : [];
    for (const { what, zoneId } of store.state.damagedZones()) {
      problems.push(zoneId === undefined ? what : `hosted zone ${zoneId} is damaged: ${what}`);
    }
    problems.push(...health.problems(), ...(resolver?.problems() ?? []));
    return [...problems, ...compiler.alarms().map(describeProblem)];
  }

  #metrics(): { status: number; headers: Record<string, string>; body: string } {
    const { nameServer, resolver, apiMetrics, locations, health, metrics } = this.#parts;
    const body =
      nameServer.metricsText() +
      (resolver?.metricsText() ?? "") +
      formatMetrics([
        ...processMetrics(),
        ...apiMetrics.metrics(),
        ...webhookMetrics(this.#parts.notifier),
        ...locations.metrics(),
        ...healthMetrics(health),
        ...metricsMetrics(metrics),
        ...this.#controlMetrics(),
      ]);
    return { status: 200, headers: { "content-type": metricsContentType }, body };
  }

  #controlMetrics(): Metric[] {
    const { store, compiler, queryLogs } = this.#parts;
    const { compiled, patched, failed } = compiler.counts();
    const outcomes = Object.entries({ compiled, patched, failed });
    return [
      gauge("signpost_hosted_zones", "Hosted zones.", store.state.count("hostedZone")),
      gauge("signpost_log_head", "Sequence number of the newest entry.", store.state.lastSeq()),
      gauge(
        "signpost_log_served",
        "Sequence number that every answering worker serves.",
        store.log.applied.upTo(),
      ),
      gauge("signpost_zones_damaged", "Zones not served.", store.state.damagedZones().length),
      gauge("signpost_zones_alarmed", "Zones that do not compile.", compiler.alarms().length),
      {
        name: "signpost_compilations_total",
        help: "Zones compiled, changes made in place, and those refused.",
        type: "counter",
        samples: outcomes.map(([outcome, value]) => ({ labels: { outcome }, value })),
      },
      {
        name: "signpost_query_log_lines_dropped_total",
        help: "Query log lines that could not be written.",
        type: "counter",
        samples: [{ value: queryLogs.droppedCount }],
      },
    ];
  }
}
