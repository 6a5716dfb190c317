/**
 * The health thread: takes the verdict tables of all locations, counts their votes and writes the
 * status table. It reads the configuration on a connection of its own, keeps what must outlive it
 * in `health.db`, and answers what the API asks. workerData is HealthThreadData.
 */
import { parentPort, workerData } from "node:worker_threads";
import { present } from "../../base/assert.ts";
import { keepMemorySmall } from "../../base/keep-memory-small.ts";
import {
  healthDataBatchCount,
  healthEventFileCountMaxDefault,
  healthEventFileSizeMaxDefault,
  healthRestFactor,
  healthTickMs,
} from "../../base/limits.ts";
import { ChangeLogClient } from "../../control/log/change-log-client.ts";
import { openStateReader } from "../../control/state/sqlite-state-reader.ts";
import { StatusTable } from "../../dataplane/policy/status-table.ts";
import { JsonLinesFile } from "../../telemetry/json-lines-file.ts";
import { createLogger } from "../../telemetry/logger.ts";
import { EventLog } from "./event-log.ts";
import {
  checkStatuses,
  deskLocations,
  lastFailures,
  locationReports,
  observations,
  summarise,
} from "./health-answers.ts";
import { HealthDatabase } from "./health-database.ts";
import type { FromHealth, HealthQuestion, HealthThreadData, ToHealth } from "./health-messages.ts";
import { planTables } from "./health-plan.ts";
import { HealthWatch } from "./health-watch.ts";

const summaryMs = 1_000;
const measuredEveryMs = 60_000;

const port = present(parentPort, "runs as a worker thread");
const { dataDir, storePort, status, allow, eventDirectory, logLevel } =
  workerData as HealthThreadData;
const logger = createLogger(logLevel);
const log = new ChangeLogClient(storePort);
// The store may still be checking, even rebuilding, the database: before this, nothing reads it.
await log.connected;
const state = openStateReader(dataDir);
const database = HealthDatabase.open(dataDir, (what) => logger.error(what));
const file = new JsonLinesFile({
  ...{ directory: eventDirectory, name: "health", what: "health events", logger },
  fileSizeMax: healthEventFileSizeMaxDefault,
  fileCountMax: healthEventFileCountMaxDefault,
});
const events = new EventLog({
  ...{ database, file },
  onEvents: (written) => post({ kind: "events", events: written }),
  onProblem: complain,
});
const watch = new HealthWatch({
  ...{ state, database, events, allow },
  table: new StatusTable(status),
  times: () => ({ nowMs: performance.now(), atMs: Date.now() }),
  onListVersion: (version) => post({ kind: "listVersion", version }),
  onProblem: complain,
});
post({ kind: "read", seq: watch.statuses.plan.seq });
post({ kind: "ready" });
keepMemorySmall();

log.onCommitted(({ tables }) => {
  if (tables.some((table) => planTables.has(table))) readSoon();
});
port.on("message", receive);
const tick = setInterval(count, healthTickMs);
const report = setInterval(summary, summaryMs);
const measuring = setInterval(measure, measuredEveryMs);
summary();

let countedMs = -Infinity;
let countTimer: NodeJS.Timeout | undefined;

/**
 * Counts at once, or after a rest that is a few times as long as a count takes: tables of many
 * locations that come together are counted together.
 */
function countSoon(): void {
  if (countTimer) return;
  const restMs = countedMs + watch.countTookMs * healthRestFactor - performance.now();
  if (restMs <= 0) return count();
  countTimer = setTimeout(count, restMs);
}

function count(): void {
  clearTimeout(countTimer);
  countTimer = undefined;
  watch.count();
  countedMs = performance.now();
}

let isReading = false;
let readAgain = false;

/** At once, and then not before a rest that is a few times as long as it took. */
function readSoon(): void {
  readAgain = true;
  if (isReading) return;
  isReading = true;
  setImmediate(read);
}

function read(): void {
  if (!readAgain) {
    isReading = false;
    return;
  }
  readAgain = false;
  const beganMs = performance.now();
  const seq = watch.readConfiguration();
  post({ kind: "read", seq });
  setTimeout(read, (performance.now() - beganMs) * healthRestFactor);
}

function receive(message: ToHealth): void {
  switch (message.kind) {
    case "table":
      watch.take(message.report);
      return countSoon();
    case "heartbeat":
      watch.heartbeat(message.healthCheckId);
      return countSoon();
    case "alarmStates":
      watch.setAlarmStates(message.states);
      return countSoon();
    case "record":
      return events.add(Date.now(), () => message.event);
    case "ask":
      return post({ kind: "answer", id: message.id, value: answer(message.question) });
    case "stop":
      return void stop();
  }
}

function answer(question: HealthQuestion): unknown {
  switch (question.kind) {
    case "locations":
      return locationReports(watch);
    case "checkerLocations":
      return deskLocations(watch);
    case "statuses":
      return checkStatuses(watch, question.ids);
    case "observations":
      return observations(watch, question.healthCheckId);
    case "lastFailures":
      return lastFailures(watch, question.healthCheckId);
    case "events":
      events.flush();
      return database.events(question.query).map((json) => JSON.parse(json) as unknown);
    case "listFor":
      watch.know(question.location);
      return watch.lists.listFor(question.location.location);
    case "forget":
      return watch.forget(question.location);
  }
}

function summary(): void {
  const beside = { nowMs: performance.now(), eventsDropped: events.droppedCount };
  post({ kind: "summary", summary: summarise(watch, beside) });
}

/** Tells what was measured in the last minute, some at a time: the main thread passes it on. */
function measure(): void {
  const data = [...watch.measurements.data(watch.statuses.entries, Date.now())];
  const tell = (): void => {
    post({ kind: "metricData", data: data.splice(0, healthDataBatchCount) });
    if (data.length > 0) setImmediate(tell);
  };
  if (data.length > 0) tell();
}

let complainedMs = -Infinity;

/** Says what is wrong, at most every few seconds. */
function complain(what: string): void {
  const nowMs = performance.now();
  if (nowMs - complainedMs < 5_000) return;
  complainedMs = nowMs;
  logger.error(what);
}

async function stop(): Promise<void> {
  clearInterval(tick);
  clearTimeout(countTimer);
  clearInterval(report);
  clearInterval(measuring);
  events.flush();
  await file.close();
  database.close();
  state.close();
  process.exit();
}

function post(message: FromHealth): void {
  port.postMessage(message);
}
