/**
 * The metrics thread: keeps the values of metrics in `metrics.db`, evaluates alarms, and writes the
 * loads that routing goes by. It reads alarms, checks and slots on a connection of its own.
 * workerData is MetricsThreadData.
 */
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { present } from "../base/assert.ts";
import { keepMemorySmall } from "../base/keep-memory-small.ts";
import { metricFlushDelayMs, metricsTickMs } from "../base/limits.ts";
import type { TableName } from "../control/model/tables.ts";
import { ChangeLogClient } from "../control/log/change-log-client.ts";
import { openStateReader } from "../control/state/sqlite-state-reader.ts";
import { StatusTable } from "../dataplane/policy/status-table.ts";
import { createLogger } from "../telemetry/logger.ts";
import type { AlarmEvent } from "./alarms/alarm-event.ts";
import { MetricsEngine } from "./metrics-engine.ts";
import type { MetricsEngineOptions } from "./metrics-engine.ts";
import { MetricsUnavailableError } from "./metrics-desk.ts";
import { metricsTables } from "./metrics-messages.ts";
import type { FromMetrics, MetricsThreadData, ToMetrics } from "./metrics-messages.ts";
import { isDamage, metricsFileName, openMetricsFile, setAside } from "./store/schema.ts";

const port = present(parentPort, "runs as a worker thread");
const { dataDir, storePort, status, logLevel, fileSizeMax, arnPrefix, observedFromMs } =
  workerData as MetricsThreadData;
const logger = createLogger(logLevel);
const path = join(dataDir, metricsFileName);
const log = new ChangeLogClient(storePort);
// The store may still be checking, even rebuilding, the database: before this, nothing reads it.
await log.connected;
const state = openStateReader(dataDir);
const db = openMetricsFile({
  path,
  sizeMax: fileSizeMax,
  onDamage: (message) => logger.error({ path }, message),
});

let events: AlarmEvent[] = [];
let isFlushing = false;
let isEvaluating = false;
let changedTables = new Set<TableName>();
let turns = 0;
let lastProblem = "";

const engine = open({
  ...{ db, state, fileSizeMax, observedFromMs },
  status: new StatusTable(status),
  arnOf: (name) => arnPrefix + name,
  clocks: { wallMs: () => Date.now(), steadyMs: () => performance.now() },
  onWaiting: flushSoon,
  onAlarmEvent: (event) => {
    if (events.push(event) === 1) setImmediate(sendEvents);
  },
  onCheckStates: (states) => post({ kind: "checkStates", states }),
  onProblem: complain,
  onClockJump: (ms) => logger.warn({ ms }, "the clock jumped: alarms wait for data of their own"),
});
// Since `connected` no commit is missed; those before are in what was read first.
log.onCommitted(({ tables }) => {
  const touched = tables.filter((table) => metricsTables.has(table));
  if (touched.length === 0) return;
  if (changedTables.size === 0) setImmediate(() => attempt(readChanges));
  for (const table of touched) changedTables.add(table);
});
port.on("message", (message: ToMetrics) => attempt(() => receive(message)));
setInterval(() => attempt(tick), metricsTickMs);
post({ kind: "ready" });
keepMemorySmall();

/** What is damaged may show only now. */
function open(options: MetricsEngineOptions): MetricsEngine {
  try {
    return new MetricsEngine(options);
  } catch (error) {
    complain(error);
    throw error;
  }
}

function receive(message: ToMetrics): void {
  switch (message.kind) {
    case "ask":
      return answer(message);
    case "recordAction":
      return engine.recordAction(message.outcome);
    case "stop":
      return stop();
  }
}

function answer({ id, method, argument }: Extract<ToMetrics, { kind: "ask" }>): void {
  const ask = engine[method].bind(engine) as (argument: unknown) => Promise<unknown>;
  const failed = (error: unknown): void => {
    const isRefusal = error instanceof MetricsUnavailableError;
    const text = error instanceof Error ? error.message : String(error);
    if (!isRefusal) complain(error);
    // What SQLite could not do now, on a full disk for one, it may do later.
    const unavailable = isRefusal || (error as { errcode?: number }).errcode !== undefined;
    post({ kind: "failed", id, message: text, unavailable });
  };
  try {
    ask(argument).then((value) => post({ kind: "answer", id, value }), failed);
  } catch (error) {
    failed(error);
  }
}

function flushSoon(): void {
  if (isFlushing) return;
  isFlushing = true;
  setTimeout(() => {
    isFlushing = false;
    attempt(() => engine.flush());
  }, metricFlushDelayMs);
}

function readChanges(): void {
  const tables = changedTables;
  changedTables = new Set();
  engine.readState(tables);
}

function tick(): void {
  turns++;
  const isSecond = turns % Math.round(1000 / metricsTickMs) === 0;
  if (isSecond) post({ kind: "report", report: engine.report() });
  evaluate();
  if (isSecond) engine.age();
}

/** Some alarms a turn of the event loop, so that questions are answered in between. */
function evaluate(): void {
  if (isEvaluating || !engine.evaluate()) return;
  isEvaluating = true;
  setImmediate(() => {
    isEvaluating = false;
    attempt(evaluate);
  });
}

function sendEvents(): void {
  post({ kind: "alarmEvents", events });
  events = [];
}

function stop(): void {
  attempt(() => engine.flush());
  db.close();
  process.exit();
}

/** What fails here fails alone; a damaged file is set aside, and the thread begins anew. */
function attempt(f: () => void): void {
  try {
    f();
  } catch (error) {
    complain(error);
  }
}

function complain(error: unknown): void {
  if (isDamage(error)) {
    logger.error({ path, err: error }, `metrics begin anew, ${path} is damaged and set aside`);
    db.close();
    setAside(path);
    throw error;
  }
  // A full disk says the same four times a second: once is enough.
  const problem = error instanceof Error ? error.message : String(error);
  if (problem !== lastProblem) logger.error({ err: error }, "metrics: something failed");
  lastProblem = problem;
}

function post(message: FromMetrics): void {
  port.postMessage(message);
}
