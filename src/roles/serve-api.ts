import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { CloudMapContext } from "../api/cloudmap/cloudmap-context.ts";
import type { CloudWatchContext } from "../api/cloudwatch/cloudwatch-context.ts";
import { startApiServer } from "../api/protocol/api-server.ts";
import type { ApiServer, ApiServerOptions } from "../api/protocol/api-server.ts";
import { ServiceError } from "../api/protocol/service-error.ts";
import { findList, importDomains } from "../api/resolver/firewall-domain-file.ts";
import type { ResolverContext } from "../api/resolver/resolver-context.ts";
import type { ApiContext } from "../api/route53/api-context.ts";
import type { Service } from "../api/protocol/service.ts";
import { secretOf } from "../api/signpost/access-keys.ts";
import { checkerRoutes } from "../api/signpost/checkers.ts";
import type { SignpostContext } from "../api/signpost/signpost-context.ts";
import { signpostRoutes } from "../api/signpost/signpost-routes.ts";
import { systemClock } from "../base/clock.ts";
import { systemRandom } from "../base/random.ts";
import type { Compiler } from "../control/compiler/compiler.ts";
import type { Store } from "../control/log/open-store.ts";
import { nameServerSuffixDefault } from "../control/model/name-servers.ts";
import { ListenError } from "../dataplane/server/listen-error.ts";
import type { NameServer } from "../dataplane/server/name-server.ts";
import { formatEndpoint } from "../dataplane/server/socket-address.ts";
import type { Health } from "../health/votes/health.ts";
import type { Notifier } from "../health/notifications/notifier.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Logger } from "../telemetry/logger.ts";
import { ApiMetrics } from "./api-metrics.ts";
import type { ApiContexts } from "./api-services.ts";
import { explain } from "./explain.ts";
import { provideCredentials, writeEndpoint } from "./data-directory.ts";
import type { MachineLocations } from "./location-data.ts";
import type { QueryLogs } from "./query-logs.ts";
import { resolverMachine } from "./resolver-machine.ts";
import type { ResolverRole } from "./resolver.ts";
import { ServerReport } from "./server-report.ts";
import type { Settings } from "./settings.ts";
import { testAnswer } from "./test-answer.ts";
import type { AnswerConditions } from "./test-answer.ts";
import { exportZone, importZone } from "./zone-transfer.ts";

/** What the API stands on. */
export type ApiParts = {
  settings: Settings;
  logger: Logger;
  store: Store;
  nameServer: NameServer;
  /** Where one runs. */
  resolverRole: ResolverRole | undefined;
  compiler: Compiler;
  queryLogs: QueryLogs;
  locations: MachineLocations;
  health: Health;
  metrics: Metrics;
  notifier: Notifier;
  /** What TestDNSAnswer goes by, as the workers do. */
  conditions: AnswerConditions;
};

/** Serves the API, makes the first key, and tells commands on this machine where it is. */
export async function serveApi(parts: ApiParts): Promise<ApiServer> {
  const { settings, logger, store, nameServer, compiler, queryLogs, locations, health, metrics } =
    parts;
  const route53 = route53Context(parts);
  const resolver = resolverContext(parts);
  await provideCredentials(settings.data, route53);
  const apiMetrics = new ApiMetrics();
  let url = "";
  const report = new ServerReport({
    ...{ store, nameServer, compiler, queryLogs, apiMetrics, locations, health, metrics },
    resolver: parts.resolverRole,
    notifier: parts.notifier,
    version: packageVersion(),
    apiUrl: () => url,
  });
  const context: SignpostContext = {
    route53,
    locations,
    notifier: parts.notifier,
    status: () => report.status(),
    importZone: (job) => importZone(store, job),
    exportZone: (zone) => exportZone(settings.data, zone),
    importDomains: async ({ list, ...job }) =>
      importDomains(resolver, { listId: findList(store.state, list).id, ...job }),
    async explain(question) {
      const buffer = await compiler.imageOf(question.zoneId);
      if (!buffer) throw new ServiceError("ServiceUnavailable", unservedMessage(question.name));
      return explain({ buffer }, question, { ...parts.conditions, state: store.state });
    },
  };
  const api = await startListening({
    listen: settings.api,
    services: servicesOnDemand({
      ...{ route53, resolver, logger },
      cloudwatch: cloudwatchContext(parts),
      cloudMap: cloudMapContext(settings, route53),
    }),
    routes: [
      ...signpostRoutes(context),
      ...checkerRoutes({ desk: health.desk, ownLocations: ownLocations(settings) }),
      ...report.routes(),
    ],
    secretOf: (accessKeyId) => secretOf(store.state, accessKeyId),
    clock: systemClock,
    logger,
    onAnswer(answer) {
      apiMetrics.count(answer);
      logger.debug(answer, "answered");
    },
  });
  url = `http://${formatEndpoint(api)}`;
  writeEndpoint(settings.data, url);
  return api;
}

function ownLocations({ locations }: Settings): string[] {
  return locations.map(({ location }) => location);
}

function unservedMessage(name: string): string {
  return `Cannot explain ${name}: its hosted zone cannot be compiled, see the log`;
}

/** @throws ListenError where the address cannot be had */
async function startListening(options: ApiServerOptions): Promise<ApiServer> {
  try {
    return await startApiServer(options);
  } catch (error) {
    throw ListenError.of("TCP", options.listen, error);
  }
}

function route53Context({
  settings,
  store,
  compiler,
  health,
  conditions,
}: Pick<ApiParts, "settings" | "store" | "compiler" | "health" | "conditions">): ApiContext {
  const fixed = settings.nameServers.length > 0 ? { fixed: settings.nameServers } : {};
  return {
    state: store.state,
    log: store.log,
    clock: systemClock,
    random: systemRandom,
    health: health.report,
    settings: {
      accountId: settings.account,
      nameServers: { ...fixed, suffix: nameServerSuffixDefault },
      limits: settings.limits,
      acceptUnknownVpcs: settings.acceptUnknownVpcs,
      healthAllow: settings.healthAllow,
    },
    async testAnswer(question) {
      const buffer = await compiler.imageOf(question.zoneId);
      if (buffer) return testAnswer({ buffer }, question, conditions);
      return { recordData: [], responseCode: "SERVFAIL", protocol: "UDP" };
    },
  };
}

function cloudwatchContext({
  settings,
  store,
  metrics,
}: Pick<ApiParts, "settings" | "store" | "metrics">): CloudWatchContext {
  return {
    state: store.state,
    log: store.log,
    clock: systemClock,
    metrics: metrics.desk,
    accountId: settings.account,
  };
}

function resolverContext({
  settings,
  store,
  resolverRole,
}: Pick<ApiParts, "settings" | "store" | "resolverRole">): ResolverContext {
  return {
    state: store.state,
    log: store.log,
    clock: systemClock,
    random: systemRandom,
    machine: resolverMachine(resolverRole, settings.resolver.inbound.ports),
    settings: {
      accountId: settings.account,
      acceptUnknownVpcs: settings.acceptUnknownVpcs,
      firewallImportDirectory: settings.firewallImportDirectory,
    },
  };
}

function cloudMapContext(
  { negativeTtl, customHealthHold }: Settings,
  route53: ApiContext,
): CloudMapContext {
  return { route53, settings: { negativeTtl, customHealthHold }, underWay: new Map() };
}

/** The AWS services, loaded with the first request, or at once where they have something to do. */
function servicesOnDemand(contexts: ApiContexts): () => Promise<readonly Service[]> {
  let services: Promise<readonly Service[]> | undefined;
  const load = async (): Promise<readonly Service[]> => {
    try {
      return (await import("./api-services.ts")).createServices(contexts);
    } catch (error) {
      services = undefined;
      throw error;
    }
  };
  const provide = (): Promise<readonly Service[]> => (services ??= load());
  // Statuses that wait for their effect since before the start.
  if (contexts.route53.state.count("cloudMapHealthRequest") > 0) void provide();
  return provide;
}

function packageVersion(): string {
  const path = join(import.meta.dirname, "../../package.json");
  return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}
