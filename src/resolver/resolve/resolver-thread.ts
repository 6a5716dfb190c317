/**
 * The resolver thread: answers what the front hands over, TCP, and everything where there is no
 * front. It reads the configuration on a connection of its own and tells what the front has to know
 * of it. workerData is ResolverThreadData.
 */
import { parentPort, workerData } from "node:worker_threads";
import { present } from "../../base/assert.ts";
import { monotonicSeconds } from "../../base/clock.ts";
import { eachMessage } from "../../base/filled-port.ts";
import { keepMemorySmall } from "../../base/keep-memory-small.ts";
import { healthRestFactor, inboundRetryMs, resolverProblemIntervalMs } from "../../base/limits.ts";
import { accountSharedMemory } from "../../base/shared-memory.ts";
import { ChangeLogClient } from "../../control/log/change-log-client.ts";
import { inboundEndpoints } from "../../control/state/resolver-rows.ts";
import { openStateReader } from "../../control/state/sqlite-state-reader.ts";
import { LocationView } from "../../dataplane/geo/location-view.ts";
import { StatusTable } from "../../dataplane/policy/status-table.ts";
import { createLogger } from "../../telemetry/logger.ts";
import type { ResolverZoneUpdate } from "../front/hand-over.ts";
import { createUpstream } from "../upstream/create-upstream.ts";
import { readCertificate } from "./certificate-file.ts";
import { ClientSockets } from "./client-sockets.ts";
import { delegatedAnswer } from "./delegated-answer.ts";
import { sharedEntryCache } from "./entry-cache.ts";
import type { ImageConditions } from "./image-answers.ts";
import { InboundListeners, inboundPlaces, isCovered } from "./inbound-listeners.ts";
import { LocalAddresses } from "./local-addresses.ts";
import { VpcQueryLogs } from "./query-log.ts";
import { PlanReader, planTables } from "./read-plan.ts";
import { ResolverCore } from "./resolver-core.ts";
import type { FromResolver, ResolverThreadData, ToResolver } from "./resolver-messages.ts";
import { SourceNumbers } from "./source-numbers.ts";

const summaryMs = 1_000;
/** Index of no listener of the settings. */
const noListener = -1;

const port = present(parentPort, "runs as a worker thread");
const data = workerData as ResolverThreadData;
const logger = createLogger(data.logLevel);
const log = new ChangeLogClient(data.storePort);
// The store may still be checking, even rebuilding, the database: before this, nothing reads it.
await log.connected;
const state = openStateReader(data.dataDir);
const numbers = new SourceNumbers(data.firstNumber, {
  // Uncaught: this thread ends, and the one after it has numbers of its own.
  onUsedUp: (error) =>
    setImmediate(() => {
      throw error;
    }),
});
const local = new LocalAddresses();
const isLocalAddress = (address: string): boolean => local.has(address);
const { listeners, udpPayloadSizeMax, cache } = data.start;
const plan = new PlanReader({
  ...{ state, numbers, isLocalAddress, accountId: data.accountId },
  ports: [
    ...new Set([
      ...listeners.map(({ endpoint }) => endpoint.port),
      ...Object.values(data.inboundPorts),
    ]),
  ],
});
const upstream = createUpstream();
const queryLogs = new VpcQueryLogs({ directory: data.queryLogDirectory, logger });
const conditions: ImageConditions = {
  status: new StatusTable(data.status),
  locations: data.locations ? new LocationView(data.locations) : undefined,
  nowMs: () => Date.now(),
};
const core = new ResolverCore({
  ...{ upstream, conditions, numbers, listeners, udpPayloadSizeMax, isLocalAddress, logger },
  upstreams: data.upstreams,
  cache: sharedEntryCache(cache),
  settings: data.cacheSettings,
  timers: {
    after(ms, f) {
      const timer = setTimeout(f, ms);
      return () => clearTimeout(timer);
    },
  },
  nowSeconds: monotonicSeconds,
  onAnswered: (query) => queryLogs.write(query, Date.now()),
});
eachMessage(data.zones, (zones) => setZones(zones as ResolverZoneUpdate[]));
data.zones.close();
const sockets = new ClientSockets(core, data.start);
const certificate = data.certificate && readCertificate(data.certificate, logger);
const inbound = new InboundListeners({
  ...{ tcp: data.start.tcp, certificate, isLocalAddress },
  isCovered: (place) => isCovered(place, listeners),
  answer(query, { local, ...client }) {
    const { view, endpointId } = core.viewOfClient(client.address, noListener, local);
    // Whoever asks an endpoint is of its VPC, or of none.
    const own = endpointId === local.endpointId ? view : undefined;
    if (!local.isDelegation) return core.answer(query, { ...client, view: own, endpointId });
    const sizeMax = client.transport === "UDP" ? udpPayloadSizeMax : undefined;
    const asker = { address: client.address, udpPayloadSizeMax: sizeMax };
    return Promise.resolve(delegatedAnswer(query, own, asker));
  },
  onChange: () => summary(),
});

let planMs = 0;
/** As of the last look. */
let problems: string[] = [];
/** Endpoints are listened on after the listeners of the settings. */
let isListening = false;
let isReading = false;
let readAgain = false;

log.onCommitted(({ tables }) => {
  plan.changed(tables);
  if (tables.some((table) => planTables.has(table))) readSoon();
});
port.on("message", receive);
readPlan();
await sockets.listen();
isListening = true;
await updateInbound();
post({ kind: "ready" });
keepMemorySmall();
const report = setInterval(summary, summaryMs);
const look = setInterval(() => void findProblems(), resolverProblemIntervalMs);
void findProblems();
const retry = setInterval(() => void inbound.retry(), inboundRetryMs);
summary();

/** At once, and then not before a rest that is a few times as long as it took. */
function readSoon(): void {
  readAgain = true;
  if (isReading) return;
  isReading = true;
  setImmediate(readOnce);
}

function readOnce(): void {
  if (!readAgain) {
    isReading = false;
    return;
  }
  readAgain = false;
  readPlan();
  setTimeout(readOnce, planMs * healthRestFactor);
}

function readPlan(): void {
  const beganMs = performance.now();
  const { seq, views } = plan.read();
  const change = core.setViews(views);
  planMs = performance.now() - beganMs;
  if (isListening) void updateInbound();
  post({ kind: "plan", seq, change });
}

function updateInbound(): Promise<void> {
  const endpoints = state.read(() => inboundEndpoints(state));
  return inbound.update(inboundPlaces(endpoints, data.inboundPorts));
}

function receive(message: ToResolver): void {
  switch (message.kind) {
    case "zones":
      setZones(message.zones);
      return post({ kind: "served", id: message.id });
    case "locations":
      accountSharedMemory(message.locations?.byteLength ?? 0);
      conditions.locations = message.locations ? new LocationView(message.locations) : undefined;
      return;
    case "stop":
      return void stop();
  }
}

async function findProblems(): Promise<void> {
  problems = await core.findProblems();
}

function setZones(zones: readonly ResolverZoneUpdate[]): void {
  for (const { image } of zones) accountSharedMemory(image?.byteLength ?? 0);
  core.setZones(zones);
}

function summary(): void {
  post({
    kind: "summary",
    summary: {
      counts: { ...core.counts },
      upstream: structuredClone(upstream.counts),
      ...{ inbound: inbound.report(), problems },
      ...{ views: core.viewCount, open: core.openCount, asking: core.askingCount, planMs },
      tcpConnections: sockets.tcpConnectionCount + inbound.connectionCount,
      queryLogDropped: queryLogs.droppedCount,
      sendErrors: sockets.sendErrorCount,
    },
  });
}

async function stop(): Promise<void> {
  clearInterval(report);
  clearInterval(retry);
  clearInterval(look);
  certificate?.stop();
  await Promise.all([sockets.stop(), inbound.stop()]);
  await upstream.close();
  await queryLogs.close();
  state.close();
  process.exit();
}

function post(message: FromResolver): void {
  port.postMessage(message);
}
