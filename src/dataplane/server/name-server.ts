import { assert } from "../../base/assert.ts";
import { listenAddressCountMax, udpPayloadSizeDefault, workerCountMax } from "../../base/limits.ts";
import { silentLogger } from "../../telemetry/logger.ts";
import type { Logger } from "../../telemetry/logger.ts";
import { formatMetrics } from "../../telemetry/metrics-text.ts";
import { QueryLogRing, createQueryLogMemory } from "../../telemetry/query-log-ring.ts";
import { StatusTable } from "../policy/status-table.ts";
import { createControlBlock } from "./control-block.ts";
import { openTasks } from "./open-tasks.ts";
import type { PacketIo } from "./open-tasks.ts";
import { drainQueryLog } from "./query-log-entry.ts";
import type { QueryLogEntry } from "./query-log-entry.ts";
import type { Endpoint } from "./socket-address.ts";
import { ServedZones } from "./served-zones.ts";
import { formatSupervision, formatWorkerCounters } from "./server-metrics.ts";
import { Supervisor } from "./supervisor.ts";
import type { PlanOf } from "./supervisor.ts";
import { tcpOptionsDefault } from "./tcp-options.ts";
import type { TcpOptions } from "./tcp-options.ts";
import { createWorkerCounters } from "./worker-counters.ts";
import type {
  AnswerOptions,
  LocationTable,
  Updates,
  WorkerSetup,
  ZoneUpdate,
} from "./worker-setup.ts";
import type { WorkerTasks } from "./worker-tasks.ts";

export type NameServerOptions = {
  /** Addresses to answer on, over UDP and TCP; port 0 picks one. */
  listen: readonly Endpoint[];
  io: PacketIo;
  /** Threads for UDP; TCP has one of its own. */
  workers: number;
  /** Octets of a UDP response, whatever the client offers; default 1232. */
  udpPayloadSizeMax?: number;
  nsid?: string | undefined;
  /**
   * Microseconds that queries may gather under load before they are received; default 100, with
   * XDP 200.
   */
  coalesceUs?: number | undefined;
  /** Whether workers keep to a CPU each (mmsg); default no. */
  pinWorkers?: boolean;
  /** Microseconds that workers look for packets themselves before they sleep (mmsg); default 0. */
  busyPollUs?: number;
  tcp?: Partial<TcpOptions>;
  logger?: Logger;
  /** What is up, shared with whoever writes it; default: all of it, for good. */
  status?: StatusTable;
  /** `echo` answers nothing but sends queries back, to measure drivers. */
  answer?: AnswerOptions["kind"];
};

const queryLogIntervalMs = 100;

/**
 * Listens and starts the workers; resolves once every one answers.
 * @throws ListenError where an address cannot be had; InterfaceError where that of XDP cannot; Error
 * where `io` does not work here
 */
export async function startNameServer(options: NameServerOptions): Promise<NameServer> {
  const server = await openNameServer(options);
  await server.start();
  return server;
}

/**
 * Listens, so that queries wait in the sockets, but answers none before `start()`: what is published
 * until then is served from the first answer on.
 * @throws ListenError where an address cannot be had; InterfaceError where that of XDP cannot; Error
 * where `io` does not work here
 */
export async function openNameServer(options: NameServerOptions): Promise<NameServer> {
  const { listen, workers } = options;
  assert(listen.length > 0 && listen.length <= listenAddressCountMax, "listen: 1 to 64 addresses");
  assert(workers > 0 && workers <= workerCountMax, "workers: 1 to 256");
  const udpPayloadSizeMax = options.udpPayloadSizeMax ?? udpPayloadSizeDefault;
  const logger = options.logger ?? silentLogger;
  const tcp = { ...tcpOptionsDefault, ...options.tcp };
  const { coalesceUs, pinWorkers = false, busyPollUs = 0 } = options;
  const taskOptions = {
    ...{ listen, workerCount: workers, udpPayloadSizeMax, coalesceUs, tcp },
    ...{ pinWorkers, busyPollUs, logger },
  };
  const tasks = await openTasks(options.io, taskOptions);
  const { nsid, answer = "nameserver", status = new StatusTable() } = options;
  return new NameServer(tasks, {
    answer: { kind: answer, udpPayloadSizeMax, nsid },
    status,
    logger,
  });
}

/** A running name server: listening sockets, workers, their counters and query logs. */
export class NameServer {
  readonly #tasks: WorkerTasks;
  readonly #supervisor: Supervisor<Updates>;
  readonly #served = new ServedZones();
  readonly #plans: readonly PlanOf<WorkerSetup>[];
  readonly #queryLogs: readonly QueryLogRing[];
  #queryLogTimer: NodeJS.Timeout | undefined;
  #onQueryLog: ((entry: QueryLogEntry) => void) | undefined;

  /** Use `startNameServer` or `openNameServer`. */
  constructor(
    tasks: WorkerTasks,
    options: { answer: AnswerOptions; status: StatusTable; logger: Logger },
  ) {
    const { answer, status, logger } = options;
    this.#tasks = tasks;
    const control = createControlBlock(tasks.tasks.length);
    this.#plans = tasks.tasks.map((task, index) => ({
      index,
      task,
      answer,
      control,
      counters: createWorkerCounters(task.kind),
      queryLog: createQueryLogMemory(),
      status: status.buffer,
    }));
    this.#queryLogs = this.#plans.map(({ queryLog }) => new QueryLogRing(queryLog));
    const script = new URL("./worker.ts", import.meta.url);
    const served = this.#served;
    this.#supervisor = new Supervisor(this.#plans, { served, script, control, logger });
  }

  /**
   * Starts the workers; resolves once every one answers.
   * @throws the first error of a worker that could not start; the sockets are closed then
   */
  async start(): Promise<void> {
    try {
      await this.#supervisor.start();
    } catch (error) {
      this.#tasks.close();
      throw error;
    }
    this.#queryLogTimer = setInterval(() => this.#drainQueryLogs(), queryLogIntervalMs);
    this.#queryLogTimer.unref();
  }

  /** Where it listens, in the order of the options, with the ports it got. */
  get addresses(): readonly Endpoint[] {
    return this.#tasks.addresses;
  }

  get workers(): { wanted: number; live: number; restarts: number } {
    const { liveCount, restartCount } = this.#supervisor;
    return { wanted: this.#plans.length, live: liveCount, restarts: restartCount };
  }

  /** Resolves once every live worker serves the updates; before `start()` at once. */
  publish(updates: readonly ZoneUpdate[]): Promise<void> {
    return this.#supervisor.publish({ zones: updates });
  }

  /**
   * Resolves once every live worker finds clients in this location table (geo/layout.ts); null: in
   * none. Before `start()` at once.
   */
  publishLocations(locations: LocationTable): Promise<void> {
    return this.#supervisor.publish({ zones: [], locations });
  }

  /** Calls back for each query to a zone whose update said `queryLog`. */
  onQueryLog(listener: (entry: QueryLogEntry) => void): void {
    this.#onQueryLog = listener;
  }

  /** All workers' counters and the server's own state in the Prometheus text format. */
  metricsText(): string {
    return (
      formatWorkerCounters(this.#plans) +
      formatSupervision(this.#supervisor, {
        receiveBufferDropCount: this.#tasks.receiveBufferDropCount(),
        zoneCount: this.#served.count,
      }) +
      formatMetrics(this.#tasks.metrics())
    );
  }

  /** Ends a worker at once, as if it had failed; for tests. */
  killWorker(index: number): Promise<void> {
    return this.#supervisor.killWorker(index);
  }

  /** Answers what has been received, ends the workers and closes the sockets. */
  async stop(): Promise<void> {
    await this.#supervisor.stop();
    clearInterval(this.#queryLogTimer);
    this.#drainQueryLogs();
    this.#tasks.close();
  }

  #drainQueryLogs(): void {
    for (const ring of this.#queryLogs) drainQueryLog(ring, this.#onQueryLog);
  }
}
