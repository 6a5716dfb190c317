import { coalesceUsDefault } from "../../base/limits.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Metric } from "../../telemetry/metrics-text.ts";
import { allowedCpus } from "./cpu-affinity.ts";
import * as c from "./libc.ts";
import type { Libc } from "./libc.ts";
import { closeListenSockets, droppedDatagramCount, openListenSockets } from "./listen-sockets.ts";
import type { ListenSockets } from "./listen-sockets.ts";
import { layoutMmsgMemory } from "./mmsg-layout.ts";
import { canSharePort } from "./dgram-driver.ts";
import { concreteEndpoints, reserveEndpoints } from "./portable-endpoints.ts";
import { isIpv6, isUnspecified } from "./socket-address.ts";
import type { Endpoint } from "./socket-address.ts";
import type { TcpOptions } from "./tcp-options.ts";
import type { WorkerTask } from "./worker-setup.ts";
import { XdpError } from "./xdp/xdp-error.ts";
import { openXdp, xdpInterface } from "./xdp/xdp-tasks.ts";
import type { XdpTasks } from "./xdp/xdp-tasks.ts";

export type TaskOptions = {
  listen: readonly Endpoint[];
  /** Workers for UDP; one more serves TCP. */
  workerCount: number;
  udpPayloadSizeMax: number;
  /** How long queries may gather under load before they are received; 0: not at all. */
  coalesceUs: number | undefined;
  tcp: TcpOptions;
  /**
   * Whether each UDP worker of `mmsg` keeps to a CPU of its own. Where there is one for every CPU,
   * each also takes what its CPU received. Default: no.
   */
  pinWorkers?: boolean;
  /** Microseconds that a worker of `mmsg` looks for packets itself before it sleeps; default 0. */
  busyPollUs?: number;
  logger?: Logger;
};

/** What the workers shall do, and what they need that outlives each of them. */
export type WorkerTasks = {
  /** The listen addresses with the ports they got. */
  addresses: readonly Endpoint[];
  tasks: readonly WorkerTask[];
  /** Datagrams lost in full receive buffers, as far as the system tells. */
  receiveBufferDropCount(): number;
  /** Of the drivers as a whole. */
  metrics(): Metric[];
  /** To be called when no worker runs any more. */
  close(): void;
};

/** A worker takes its control words from between two batches, at least this often. */
const receiveTimeoutMs = 10;

/**
 * Tasks on sockets and memory of the main thread: a worker's successor goes on where it stopped.
 * @throws ListenError
 */
export function nativeTasks(libc: Libc, options: TaskOptions): WorkerTasks {
  const { workerCount, busyPollUs = 0, logger } = options;
  const cpus = options.pinWorkers ? allowedCpus(libc) : [];
  const opened = openListenSockets(libc, options.listen, {
    workerCount,
    receiveTimeoutMs,
    busyPollUs,
    ...(workerCount > 1 && workerCount === cpus.length ? { steerTo: cpus } : {}),
    onRefused: (option) => logger?.warn({ option }, "the kernel refuses a socket option"),
  });
  const responseSizeMax = options.udpPayloadSizeMax;
  const { size } = layoutMmsgMemory(opened.length, responseSizeMax);
  const memories = Array.from({ length: workerCount }, () => mapMemory(libc, size));
  const udpTasks = memories.map((address, i) => ({
    kind: "mmsg" as const,
    listeners: opened.map((sockets) => mmsgListener(sockets, i)),
    memory: { address, responseSizeMax },
    coalesceUs: options.coalesceUs ?? coalesceUsDefault,
    cpu: cpus[i % cpus.length],
  }));
  const sockets = opened.map(({ tcp }) => tcp);
  const udpSockets = opened.flatMap(({ udp }) => udp);
  return {
    addresses: opened.map(({ endpoint }) => endpoint),
    tasks: [...udpTasks, { kind: "tcp", sockets, endpoints: [], tcp: options.tcp }],
    receiveBufferDropCount: () =>
      udpSockets.reduce((sum, fd) => sum + droppedDatagramCount(libc, fd), 0),
    metrics: () => [],
    close: () => {
      closeListenSockets(libc, opened);
      for (const address of memories) libc.munmap(address, size);
    },
  };
}

/**
 * Tasks whose workers open their sockets themselves, with nothing but Node.
 * @throws ListenError
 */
export async function portableTasks(options: TaskOptions): Promise<WorkerTasks> {
  const addresses = await reserveEndpoints(options.listen);
  const udpTask = { kind: "dgram" as const, endpoints: concreteEndpoints(addresses) };
  const workerCount = canSharePort ? options.workerCount : 1;
  return {
    addresses,
    tasks: [
      ...Array.from({ length: workerCount }, () => udpTask),
      { kind: "tcp", sockets: [], endpoints: addresses, tcp: options.tcp },
    ],
    receiveBufferDropCount: () => 0,
    metrics: () => [],
    close: () => undefined,
  };
}

/**
 * The same, with XDP workers beside on one interface: what XDP leaves to the kernel, and what comes
 * in elsewhere, is answered from the sockets. Where XDP does not work it is the same, and logged.
 * @throws ListenError; InterfaceError where the interface is not there or down
 */
export function xdpTasks(
  libc: Libc,
  interfaceName: string,
  options: TaskOptions & { logger: Logger },
): WorkerTasks {
  const xdpOn = xdpInterface(libc, interfaceName);
  const native = nativeTasks(libc, options);
  const endpoints = native.addresses;
  let xdp: XdpTasks;
  try {
    xdp = openXdp(libc, { ...options, interface: xdpOn, endpoints });
  } catch (error) {
    if (error instanceof XdpError) {
      options.logger.warn({ reason: error.message }, "no XDP here: answering from sockets");
      return native;
    }
    native.close();
    throw error;
  }
  return {
    ...native,
    tasks: [...native.tasks, ...xdp.tasks],
    receiveBufferDropCount: () => native.receiveBufferDropCount() + xdp.dropCount(),
    metrics: () => xdp.metrics(),
    close: () => {
      xdp.close();
      native.close();
    },
  };
}

function mmsgListener({ endpoint, udp }: ListenSockets, workerIndex: number) {
  return {
    fd: udp[workerIndex] as number,
    isIpv6: isIpv6(endpoint),
    isUnspecified: isUnspecified(endpoint),
  };
}

function mapMemory(libc: Libc, size: number): number {
  const address = libc.mmap(0, size, c.PROT_READ_WRITE, c.MAP_PRIVATE_ANONYMOUS, -1, 0);
  if (address === -1) throw new Error(`Cannot map memory for packets: ${size} octets`);
  return address;
}
