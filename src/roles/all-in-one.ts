import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startApiServer } from "../api/protocol/api-server.ts";
import type { ApiServer, ApiServerOptions } from "../api/protocol/api-server.ts";
import { ServiceError } from "../api/protocol/service-error.ts";
import { createRoute53Service } from "../api/protocol/route53-service.ts";
import type { ApiContext } from "../api/route53/api-context.ts";
import { route53Handlers } from "../api/route53/route53-handlers.ts";
import { secretOf } from "../api/signpost/access-keys.ts";
import type { SignpostContext } from "../api/signpost/signpost-context.ts";
import { signpostRoutes } from "../api/signpost/signpost-routes.ts";
import { systemClock } from "../base/clock.ts";
import { systemRandom } from "../base/random.ts";
import { startCompiler } from "../control/compiler/compiler.ts";
import type { Compiler } from "../control/compiler/compiler.ts";
import { StoreError } from "../control/log/change-log.ts";
import { openStore } from "../control/log/open-store.ts";
import type { Store } from "../control/log/open-store.ts";
import { nameServerSuffixDefault } from "../control/model/name-servers.ts";
import { ListenError } from "../dataplane/server/listen-error.ts";
import { StatusTable } from "../dataplane/policy/status-table.ts";
import { openNameServer } from "../dataplane/server/name-server.ts";
import type { NameServer } from "../dataplane/server/name-server.ts";
import { formatEndpoint } from "../dataplane/server/socket-address.ts";
import { openLocationSource } from "../geo/location-source.ts";
import type { LocationSource } from "../geo/location-source.ts";
import { createLogger } from "../telemetry/logger.ts";
import type { Logger } from "../telemetry/logger.ts";
import { ApiMetrics } from "./api-metrics.ts";
import { explain } from "./explain.ts";
import { provideCredentials, removeEndpoint, writeEndpoint } from "./data-directory.ts";
import { Publisher } from "./publisher.ts";
import { QueryLogs } from "./query-logs.ts";
import { ServerReport } from "./server-report.ts";
import { readSettings, settingsHelp, SettingsError } from "./settings.ts";
import type { Settings } from "./settings.ts";
import { StatusWriter } from "./status-writer.ts";
import { testAnswer } from "./test-answer.ts";
import type { AnswerConditions } from "./test-answer.ts";
import { exportZone, importZone } from "./zone-transfer.ts";

/** Exit codes of `signpost up`, as of every command: refused, and a command line without sense. */
const exitRefused = 1;
const exitUsage = 2;

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
    const known =
      error instanceof SettingsError || error instanceof StoreError || error instanceof ListenError;
    if (!known) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(error instanceof SettingsError ? exitUsage : exitRefused);
  }
}

/** The parts that run, in the order in which they were started. */
type Parts = {
  store: Store;
  locations: LocationSource;
  nameServer: NameServer;
  queryLogs: QueryLogs;
  compiler: Compiler;
  api: ApiServer;
};

async function start(settings: Settings, logger: Logger): Promise<{ readyLine: string }> {
  const store = await openStore(settings.data);
  for (const { what, repaired, zoneId, seq } of store.damage) {
    const fields = { zoneId, seq };
    if (repaired) logger.warn(fields, `damage repaired: ${what}`);
    else logger.error(fields, `damage: ${what}`);
  }
  const status = new StatusTable();
  const conditions: AnswerConditions = {
    status,
    locations: null,
    clock: systemClock,
    random: systemRandom,
  };
  new StatusWriter(store.state, status).follow(store.log);
  const nameServer = await openNameServer({
    listen: settings.dns,
    io: settings.io,
    workers: settings.workers,
    udpPayloadSizeMax: settings.udpPayloadSizeMax,
    nsid: settings.nsid || undefined,
    status,
    tcp: {
      idleTimeoutMs: settings.tcpIdleTimeoutMs,
      connectionCountMax: settings.tcpConnectionsMax,
      connectionsPerClientMax: settings.tcpConnectionsPerClientMax,
    },
    logger,
  });
  const openingLocations = openLocationSource({
    files: [],
    onTable(table) {
      conditions.locations = table;
      void nameServer.publishLocations(table);
    },
    onProblem: (problem) => logger.error(problem),
  });
  const compiler = startCompiler({
    dataDir: settings.data,
    connectStore: () => store.connect(),
    onRestart: (error) => logger.error({ err: error }, "compiler died and starts again"),
  });
  const { state } = store;
  const queryLogs = new QueryLogs({ directory: settings.queryLogs, state, logger });
  const publisher = new Publisher({ nameServer, applied: store.log.applied, queryLogs, logger });
  compiler.onUpdates((batch) => publisher.take(batch));
  await compiler.ready;
  await publisher.idle();
  const locations = await openingLocations;
  // Queries that came in before wait in the sockets.
  await nameServer.start();
  const api = await startApi({
    ...{ settings, logger, store, locations, nameServer, compiler, queryLogs, conditions },
  });
  const parts = { store, locations, nameServer, queryLogs, compiler, api };
  stopOnSignals(parts, { settings, logger });
  const dns = nameServer.addresses.map((address) => `dns=${formatEndpoint(address)}`).join(" ");
  return { readyLine: `signpost ready ${dns} api=http://${formatEndpoint(api)}` };
}

async function startApi(
  parts: Omit<Parts, "api"> & {
    settings: Settings;
    logger: Logger;
    conditions: AnswerConditions;
  },
): Promise<ApiServer> {
  const { settings, logger, store, nameServer, compiler, queryLogs } = parts;
  const route53 = route53Context(parts);
  await provideCredentials(settings.data, route53);
  const apiMetrics = new ApiMetrics();
  let url = "";
  const report = new ServerReport({
    ...{ store, nameServer, compiler, queryLogs, apiMetrics },
    version: packageVersion(),
    apiUrl: () => url,
  });
  const context: SignpostContext = {
    route53,
    status: () => report.status(),
    importZone: (job) => importZone(store, job),
    exportZone: (zone) => exportZone(settings.data, zone),
    async explain(question) {
      const buffer = await compiler.imageOf(question.zoneId);
      if (!buffer) throw new ServiceError("ServiceUnavailable", unservedMessage(question.name));
      return explain({ buffer }, question, { ...parts.conditions, state: store.state });
    },
  };
  const api = await startListening({
    listen: settings.api,
    services: [createRoute53Service(route53Handlers(route53))],
    routes: [...signpostRoutes(context), ...report.routes()],
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
  conditions,
}: Pick<Parts, "store" | "compiler"> & {
  settings: Settings;
  conditions: AnswerConditions;
}): ApiContext {
  const fixed = settings.nameServers.length > 0 ? { fixed: settings.nameServers } : {};
  return {
    state: store.state,
    log: store.log,
    clock: systemClock,
    random: systemRandom,
    settings: {
      accountId: settings.account,
      nameServers: { ...fixed, suffix: nameServerSuffixDefault },
      limits: settings.limits,
      healthAllow: settings.healthAllow,
    },
    async testAnswer(question) {
      const buffer = await compiler.imageOf(question.zoneId);
      if (buffer) return testAnswer({ buffer }, question, conditions);
      return { recordData: [], responseCode: "SERVFAIL", protocol: "UDP" };
    },
  };
}

/** Stops on SIGTERM and SIGINT; a second one, or a part that hangs, ends it at once. */
function stopOnSignals(
  parts: Parts,
  { settings, logger }: { settings: Settings; logger: Logger },
): void {
  let stopping = false;
  const stopOnce = (signal: string): void => {
    if (stopping) process.exit(exitRefused);
    stopping = true;
    logger.info({ signal }, "stopping");
    stop(parts, settings).then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, "cannot stop cleanly");
        process.exit(exitRefused);
      },
    );
  };
  process.on("SIGTERM", stopOnce);
  process.on("SIGINT", stopOnce);
  parts.store.onFailure((error) => {
    logger.fatal({ err: error }, "the store failed: nothing can be changed or read any more");
    process.exit(exitRefused);
  });
}

/** Last started, first stopped; the store is closed when nobody can write any more. */
async function stop(parts: Parts, settings: Settings): Promise<void> {
  removeEndpoint(settings.data);
  await parts.api.stop();
  await parts.compiler.stop();
  await parts.nameServer.stop();
  await parts.locations.stop();
  await parts.queryLogs.close();
  await parts.store.close();
}

function packageVersion(): string {
  const path = join(import.meta.dirname, "../../package.json");
  return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}
