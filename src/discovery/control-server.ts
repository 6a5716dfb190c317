import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { connect } from "node:net";
import { unlinkSync } from "node:fs";
import { discoverRequestCountMax } from "../base/limits.ts";
import { counter, formatMetrics, gauge, metricsContentType } from "../telemetry/metrics-text.ts";
import type { Metric } from "../telemetry/metrics-text.ts";
import type { ContainerWatcher, WatcherReport } from "./container-watcher.ts";

export type ControlOptions = {
  watcher: ContainerWatcher;
  /** What is wrong; empty where the watcher does its work. */
  problems(): string[];
};

/** A file that is no socket of a dead watcher cannot be listened on; the message says why. */
export class ControlError extends Error {
  override name = "ControlError";
}

/**
 * Serves `POST /containers/NAME/drain` (answers when the container may stop), `…/resume`,
 * `GET /healthz` and `GET /metrics` on a unix socket that only its owner may open.
 * @throws ControlError
 */
export async function listenForOrders(path: string, options: ControlOptions): Promise<Server> {
  await removeDead(path);
  const server = createServer((request, response) => {
    answerOrder({ request, response, options }).catch((error: Error) => {
      sendJson(response, 500, { message: error.message });
    });
  });
  server.maxConnections = discoverRequestCountMax;
  // The socket is there before anything else can be said about it.
  const umask = process.umask(0o177);
  const listened = listening(server, { path });
  process.umask(umask);
  await listened;
  return server;
}

/** Serves `GET /healthz` and `GET /metrics` to whoever reaches the address. */
export async function listenForMetrics(
  at: { host: string; port: number },
  options: ControlOptions,
): Promise<Server> {
  const server = createServer((request, response) => {
    if (!answerQuestion({ request, response, options })) sendJson(response, 404, notFound);
  });
  server.maxConnections = discoverRequestCountMax;
  await listening(server, at);
  return server;
}

const notFound = { message: "no such path" };

type Exchange = { request: IncomingMessage; response: ServerResponse; options: ControlOptions };

async function answerOrder(exchange: Exchange): Promise<void> {
  if (answerQuestion(exchange)) return;
  const { request, response, options } = exchange;
  const [, encoded, order] =
    /^\/containers\/([^/]+)\/(drain|resume)$/.exec(request.url ?? "") ?? [];
  if (request.method !== "POST" || !encoded) return sendJson(response, 404, notFound);
  const name = decodeURIComponent(encoded);
  const { watcher } = options;
  const answer = order === "drain" ? await watcher.drain(name) : await watcher.resume(name);
  if (answer) return sendJson(response, 200, answer === true ? { resumed: name } : answer);
  sendJson(response, 404, { message: `Cannot ${order} ${name}: no such container` });
}

/** @returns whether the request was such a question */
function answerQuestion({ request, response, options }: Exchange): boolean {
  if (request.method !== "GET") return false;
  if (request.url === "/healthz") {
    const problems = options.problems();
    sendJson(response, problems.length === 0 ? 200 : 503, { problems });
    return true;
  }
  if (request.url !== "/metrics") return false;
  response.setHeader("content-type", metricsContentType);
  response.end(formatMetrics(metricsOf(options.watcher.report())));
  return true;
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  if (response.headersSent) return;
  response.statusCode = status;
  response.setHeader("content-type", "application/json");
  response.end(`${JSON.stringify(value)}\n`);
}

function metricsOf(report: WatcherReport): Metric[] {
  const { instances } = report;
  return [
    gauge(
      "signpost_discover_engine_connected",
      "Whether the event stream is open.",
      Number(report.isEngineConnected),
    ),
    gauge("signpost_discover_containers", "Running containers with labels.", report.containers),
    gauge(
      "signpost_discover_containers_unresolved",
      "Of them, those whose service is missing.",
      report.unresolved,
    ),
    gauge(
      "signpost_discover_containers_drained",
      "Of them, those taken out before they stop.",
      report.drained,
    ),
    gauge("signpost_discover_instances", "Instances that should be registered.", instances.wanted),
    gauge(
      "signpost_discover_instances_unsettled",
      "Instances that are not yet as they should.",
      instances.unsettled,
    ),
    counter("signpost_discover_events_total", "Events of the Docker Engine.", report.events),
    counter("signpost_discover_syncs_total", "Comparisons of everything.", report.syncs),
    counter("signpost_discover_requests_total", "Changes asked of Cloud Map.", report.requests),
    counter(
      "signpost_discover_request_failures_total",
      "Of them, those that failed.",
      report.failures,
    ),
  ];
}

function listening(
  server: Server,
  at: { path: string } | { host: string; port: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const where = "path" in at ? at.path : `${at.host}:${at.port}`;
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(new ControlError(`Cannot listen on ${where}: ${error.code ?? error.message}`));
    });
    server.listen(at, resolve);
  });
}

/** A watcher that was killed leaves its socket; one that answers is alive. */
async function removeDead(path: string): Promise<void> {
  const state = await new Promise<string>((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve("alive");
    });
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? ""));
  });
  if (state === "alive") {
    throw new ControlError(
      `Cannot listen on ${path}: another watcher does, name one with --control`,
    );
  }
  if (state === "ECONNREFUSED") unlinkSync(path);
}
