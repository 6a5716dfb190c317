import { randomInt } from "node:crypto";
import { createControlBlock } from "../../dataplane/server/control-block.ts";
import { openTasks } from "../../dataplane/server/open-tasks.ts";
import type { PacketIo } from "../../dataplane/server/open-tasks.ts";
import { concreteEndpoints } from "../../dataplane/server/portable-endpoints.ts";
import { formatEndpoint } from "../../dataplane/server/socket-address.ts";
import type { Endpoint } from "../../dataplane/server/socket-address.ts";
import { Supervisor } from "../../dataplane/server/supervisor.ts";
import type { PlanOf } from "../../dataplane/server/supervisor.ts";
import type { TcpOptions } from "../../dataplane/server/tcp-options.ts";
import { createWorkerCounters } from "../../dataplane/server/worker-counters.ts";
import type { WorkerTask } from "../../dataplane/server/worker-setup.ts";
import type { WorkerTasks } from "../../dataplane/server/worker-tasks.ts";
import { createCounterBlock } from "../../telemetry/counters.ts";
import type { Logger } from "../../telemetry/logger.ts";
import { createCacheMemory } from "../cache/cache-layout.ts";
import { frontCounters } from "./front-counters.ts";
import { formatFront } from "./front-metrics.ts";
import type { FrontListener, FrontNews, FrontSetup } from "./front-setup.ts";
import { createHandOverMemory } from "./hand-over-layout.ts";
import type { ResolverStart } from "./hand-over.ts";
import { ServedFront } from "./served-front.ts";

export type FrontOptions = {
  /** Addresses to listen on, some of them one VPC's alone; port 0 picks one. */
  listen: readonly { endpoint: Endpoint; vpcId?: string | undefined }[];
  io: PacketIo;
  /** Threads that answer over UDP. */
  workers: number;
  udpPayloadSizeMax: number;
  coalesceUs: number | undefined;
  /** As for the name server's workers. */
  pinWorkers: boolean;
  busyPollUs: number;
  tcp: TcpOptions;
  /** Octets of the answer cache. */
  cacheSize: number;
  /** Memory of the StatusTable that answers go by. */
  status: SharedArrayBuffer;
  logger: Logger;
};

type MmsgTask = Extract<WorkerTask, { kind: "mmsg" }>;

/**
 * Opens the resolver's sockets and makes the memory that its threads share; none answers before
 * `start()`.
 * @throws ListenError where an address cannot be had; Error where `io` does not work here
 */
export async function openFront(options: FrontOptions): Promise<Front> {
  // XDP is for one interface's port 53, which is the name server's.
  const io = options.io.startsWith("xdp:") ? "mmsg" : options.io;
  const listen = options.listen.map(({ endpoint }) => endpoint);
  return new Front(
    await openTasks(io, { ...options, listen, workerCount: options.workers }),
    options,
  );
}

/** The resolver's sockets and front workers, and the memory that they share with its thread. */
export class Front {
  /** For the resolver thread. */
  readonly resolverStart: ResolverStart;
  readonly #tasks: WorkerTasks;
  readonly #plans: readonly PlanOf<FrontSetup>[];
  readonly #served = new ServedFront();
  readonly #supervisor: Supervisor<FrontNews>;

  /** Use `openFront`. */
  constructor(tasks: WorkerTasks, options: FrontOptions) {
    const { listen, udpPayloadSizeMax, tcp, cacheSize, status, logger } = options;
    this.#tasks = tasks;
    const udpTasks = tasks.tasks.filter((task): task is MmsgTask => task.kind === "mmsg");
    const tcpTask = tasks.tasks.find((task) => task.kind === "tcp");
    const listeners = tasks.addresses.map((endpoint, i) => ({
      endpoint,
      vpcId: listen[i]?.vpcId,
      tcpFd: tcpTask?.sockets[i],
    }));
    const cache = createCacheMemory(cacheSize, randomInt(2 ** 32));
    const handOver = createHandOverMemory(udpTasks.length);
    const shared = { cache, handOver, udpPayloadSizeMax };
    const udpEndpoints = udpTasks.length > 0 ? [] : concreteEndpoints(tasks.addresses);
    this.resolverStart = { ...shared, listeners, udpEndpoints, tcp };
    const control = createControlBlock(udpTasks.length);
    this.#plans = udpTasks.map((task, index) => ({
      ...{ index, task, control, ...shared, status },
      counters: createWorkerCounters(task.kind),
      frontCounters: createCounterBlock(frontCounters),
      listeners: frontListeners(task, this.resolverStart),
    }));
    const script = new URL("./front-worker.ts", import.meta.url);
    const supervision = { served: this.#served, script, control, logger };
    this.#supervisor = new Supervisor(this.#plans, supervision);
  }

  /** Where it listens, in the order of the options, with the ports it got. */
  get addresses(): readonly Endpoint[] {
    return this.#tasks.addresses;
  }

  get workers(): { wanted: number; live: number; restarts: number } {
    const { liveCount, restartCount } = this.#supervisor;
    return { wanted: this.#plans.length, live: liveCount, restarts: restartCount };
  }

  /**
   * Starts the workers; resolves once every one answers.
   * @throws the first error of a worker that could not start
   */
  start(): Promise<void> {
    return this.#supervisor.start();
  }

  /** Resolves once every live worker goes by the news; before `start()` at once. */
  publish(news: FrontNews): Promise<void> {
    // Without workers nobody would ever tell that it does.
    return this.#plans.length > 0 ? this.#supervisor.publish(news) : Promise.resolve();
  }

  metricsText(): string {
    return formatFront(this.#plans, {
      supervisor: this.#supervisor,
      receiveBufferDropCount: this.#tasks.receiveBufferDropCount(),
      cache: this.resolverStart.cache,
    });
  }

  /** Ends a worker at once, as if it had failed; for tests. */
  killWorker(index: number): Promise<void> {
    return this.#supervisor.killWorker(index);
  }

  /** Ends the workers; what they handed over can still be answered until `close()`. */
  stop(): Promise<void> {
    return this.#supervisor.stop();
  }

  /** Closes the sockets; no thread may use them any more. */
  close(): void {
    this.#tasks.close();
  }
}

function frontListeners(task: MmsgTask, { listeners }: ResolverStart): FrontListener[] {
  return task.listeners.map(({ fd, isUnspecified }, i) => {
    const { endpoint, vpcId } = listeners[i] as ResolverStart["listeners"][number];
    return { address: formatEndpoint(endpoint), vpcId, fd, isUnspecified };
  });
}
