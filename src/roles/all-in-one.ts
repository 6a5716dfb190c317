import type { ApiServer } from "../api/protocol/api-server.ts";
import { systemClock } from "../base/clock.ts";
import { exitCodes } from "../base/exit-codes.ts";
import { keepMemorySmall } from "../base/keep-memory-small.ts";
import { systemRandom } from "../base/random.ts";
import { startCompiler } from "../control/compiler/compiler.ts";
import type { Compiler } from "../control/compiler/compiler.ts";
import { StoreError } from "../control/log/change-log.ts";
import { beginOpenStore } from "../control/log/open-store.ts";
import type { Store } from "../control/log/open-store.ts";
import { StatusTable } from "../dataplane/policy/status-table.ts";
import { ListenError } from "../dataplane/server/listen-error.ts";
import { InterfaceError } from "../dataplane/server/xdp/xdp-error.ts";
import { openNameServer } from "../dataplane/server/name-server.ts";
import type { NameServer, NameServerOptions } from "../dataplane/server/name-server.ts";
import { formatEndpoint } from "../dataplane/server/socket-address.ts";
import type { Endpoint } from "../dataplane/server/socket-address.ts";
import type { MetricDatum } from "../metrics/metric.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { createLogger } from "../telemetry/logger.ts";
import type { Logger } from "../telemetry/logger.ts";
import { removeEndpoint } from "./data-directory.ts";
import { HealthRole } from "./health.ts";
import { MachineLocations } from "./location-data.ts";
import { MetricsRole } from "./metrics.ts";
import { Publisher } from "./publisher.ts";
import { QueryLogs } from "./query-logs.ts";
import { ResolverRole } from "./resolver.ts";
import type { ResolverRoleOptions } from "./resolver.ts";
import { SettingsError } from "./setting-values.ts";
import { readSettings, settingsHelp } from "./settings.ts";
import type { Settings } from "./settings.ts";
import type { AnswerConditions } from "./test-answer.ts";

/**
 * `signpost up`: everything in one process, on the embedded store. Prints one line on standard
 * output when DNS and API answer; SIGTERM and SIGINT stop it cleanly.
 */
export async function up(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(settingsHelp());
    return;
  }
  try {
    const settings = readSettings(args, env);
    const server = await start(settings, createLogger(settings.logLevel));
    process.stdout.write(`${server.readyLine}\n`);
  } catch (error) {
    const isKnown = knownErrors.some((known) => error instanceof known);
    if (!isKnown || !(error instanceof Error)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(error instanceof SettingsError ? exitCodes.usage : exitCodes.refused);
  }
}

/** Of the machine or the operator, whose message says all there is to say. */
const knownErrors = [SettingsError, StoreError, ListenError, InterfaceError];

/** The parts that run, in the order in which they were started. */
type Parts = {
  store: Store;
  locations: MachineLocations;
  nameServer: NameServer;
  resolverRole: ResolverRole | undefined;
  queryLogs: QueryLogs;
  compiler: Compiler;
  healthRole: HealthRole;
  metrics: Metrics;
  api: ApiServer;
};

async function start(settings: Settings, logger: Logger): Promise<{ readyLine: string }> {
  const opening = beginOpenStore(settings.data);
  const compiler = startCompiler({
    dataDir: settings.data,
    connectStore: opening.connect,
    privateZones: settings.resolver.listen.length > 0,
    provideLocations: async () => (await openingLocations).load(),
    onRestart: (error) => logger.error({ err: error }, "compiler died and starts again"),
  });
  const conditions: AnswerConditions = {
    status: new StatusTable(),
    locations: null,
    clock: systemClock,
    random: systemRandom,
  };
  let publishLocations: (table: SharedArrayBuffer) => Promise<void> = async () => {};
  const common = { settings, logger, connectStore: opening.connect };
  const status = conditions.status.buffer;
  const onMetricData = (data: MetricDatum[]): void => metrics.record(data);
  const healthRole = new HealthRole({ ...common, status, onMetricData });
  const { health } = healthRole;
  const metricsRole = new MetricsRole({ ...common, status, health });
  const { metrics } = metricsRole;
  const openingResolver = openResolver({ ...common, status });
  const openingLocations = MachineLocations.open({
    ...{ dataDir: settings.data, logger },
    onTable(table) {
      conditions.locations = table;
      return publishLocations(table);
    },
  });
  // The API loads while the store thread checks the directory; its AWS services when they are asked.
  const [store, { serveApi }] = await Promise.all([opening.store, import("./serve-api.ts")]);
  reportDamage(store, logger);
  const notifier = await healthRole.open(store);
  metricsRole.follow(store, notifier);
  const resolverRole = await openingResolver;
  resolverRole?.follow(store);
  const nameServer = await openNameServer(nameServerOptions(settings, conditions, logger));
  const locations = await openingLocations;
  publishLocations = async (table) => {
    await Promise.all([nameServer.publishLocations(table), resolverRole?.takeLocations(table)]);
  };
  if (conditions.locations) void publishLocations(conditions.locations);
  const { state } = store;
  const queryLogs = new QueryLogs({ directory: settings.queryLogs, state, logger });
  const publisher = new Publisher({
    ...{ nameServer, resolver: resolverRole, queryLogs, health, logger },
    applied: store.log.applied,
  });
  compiler.onUpdates((batch) => publisher.take(batch));
  await compiler.ready;
  await publisher.idle();
  const running = {
    ...{ store, locations, nameServer, resolverRole },
    ...{ queryLogs, compiler, healthRole, metrics },
  };
  // Queries that came in before wait in the sockets.
  const answering = [nameServer.start(), resolverRole?.start()];
  const [api] = await Promise.all([
    serveApi({ ...running, health, notifier, conditions, settings, logger }),
    ...answering,
  ]);
  const parts = { ...running, api };
  stopOnSignals(parts, { settings, logger });
  // Now, rather than when requests come in.
  keepMemorySmall(0);
  const addresses = { dns: nameServer.addresses, api, resolver: resolverRole?.addresses ?? [] };
  return { readyLine: readyLineOf(addresses) };
}

function readyLineOf(addresses: {
  dns: readonly Endpoint[];
  api: Endpoint;
  resolver: readonly Endpoint[];
}): string {
  const dns = addresses.dns.map((address) => `dns=${formatEndpoint(address)}`);
  const resolver = addresses.resolver.map((address) => `resolver=${formatEndpoint(address)}`);
  return [
    "signpost ready",
    ...dns,
    `api=http://${formatEndpoint(addresses.api)}`,
    ...resolver,
  ].join(" ");
}

function openResolver(options: ResolverRoleOptions): Promise<ResolverRole> | undefined {
  if (options.settings.resolver.listen.length === 0) return undefined;
  const opening = ResolverRole.open(options);
  // Whoever awaits it is told; until then it is nobody's unhandled failure.
  opening.catch(() => undefined);
  return opening;
}

function reportDamage({ damage }: Store, logger: Logger): void {
  for (const { what, repaired, zoneId, seq } of damage) {
    const fields = { zoneId, seq };
    if (repaired) logger.warn(fields, `damage repaired: ${what}`);
    else logger.error(fields, `damage: ${what}`);
  }
}

function nameServerOptions(
  settings: Settings,
  { status }: AnswerConditions,
  logger: Logger,
): NameServerOptions {
  return {
    listen: settings.dns,
    io: settings.io,
    workers: settings.workers,
    udpPayloadSizeMax: settings.udpPayloadSizeMax,
    coalesceUs: settings.coalesceUs,
    pinWorkers: settings.pinWorkers,
    busyPollUs: settings.busyPollUs,
    nsid: settings.nsid || undefined,
    status,
    tcp: {
      idleTimeoutMs: settings.tcpIdleTimeoutMs,
      connectionCountMax: settings.tcpConnectionsMax,
      connectionsPerClientMax: settings.tcpConnectionsPerClientMax,
    },
    logger,
  };
}

/** Stops on SIGTERM and SIGINT; a second one, or a part that hangs, ends it at once. */
function stopOnSignals(
  parts: Parts,
  { settings, logger }: { settings: Settings; logger: Logger },
): void {
  let stopping = false;
  const stopOnce = (signal: string): void => {
    if (stopping) process.exit(exitCodes.refused);
    stopping = true;
    logger.info({ signal }, "stopping");
    stop(parts, settings).then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, "cannot stop cleanly");
        process.exit(exitCodes.refused);
      },
    );
  };
  process.on("SIGTERM", stopOnce);
  process.on("SIGINT", stopOnce);
  parts.store.onFailure((error) => {
    logger.fatal({ err: error }, "the store failed: nothing can be changed or read any more");
    process.exit(exitCodes.refused);
  });
}

/** Last started, first stopped; the store is closed when nobody can write any more. */
async function stop(parts: Parts, settings: Settings): Promise<void> {
  removeEndpoint(settings.data);
  await parts.api.stop();
  await parts.compiler.stop();
  await parts.nameServer.stop();
  await parts.resolverRole?.stop();
  await parts.healthRole.stop();
  await parts.metrics.stop();
  await parts.locations.stop();
  await parts.queryLogs.close();
  await parts.store.close();
}
