import { existsSync, readFileSync } from "node:fs";
import {
  udpPayloadSizeMin,
  xdpCoalesceUsDefault,
  xdpEndpointCountMax,
  xdpQueueCountMax,
} from "../../../base/limits.ts";
import type { Logger } from "../../../telemetry/logger.ts";
import type { Metric } from "../../../telemetry/metrics-text.ts";
import * as c from "../libc.ts";
import type { Libc } from "../libc.ts";
import type { Endpoint } from "../socket-address.ts";
import type { XdpTask } from "../worker-setup.ts";
import { ATTACH, Bpf, MAP_HASH, MAP_SOCKETS } from "./bpf.ts";
import { EndpointMap, reachableEndpoints } from "./endpoint-map.ts";
import { readInterface } from "./interface.ts";
import type { NetworkInterface } from "./interface.ts";
import { assembleSteering, endpointKeySize } from "./steering-program.ts";
import { InterfaceError, XdpError } from "./xdp-error.ts";
import * as layout from "./xdp-layout.ts";
import type { XdpMemory } from "./xdp-layout.ts";
import { xdpMetrics } from "./xdp-metrics.ts";
import { closeXdpSocket, droppedPackets, isZeroCopy, openXdpSocket } from "./xdp-socket.ts";
import type { XdpSocket } from "./xdp-socket.ts";

export type XdpOptions = {
  interface: NetworkInterface;
  /** Where the kernel's sockets listen, with the ports they got. */
  endpoints: readonly Endpoint[];
  workerCount: number;
  udpPayloadSizeMax: number;
  coalesceUs: number | undefined;
  logger: Logger;
};

/** What XDP workers shall do, and what they need that outlives each of them. */
export type XdpTasks = {
  tasks: readonly XdpTask[];
  /** Queries lost because a worker was behind. */
  dropCount(): number;
  metrics(): Metric[];
  /** To be called when no worker runs any more. */
  close(): void;
};

/** Between two looks at the machine's addresses and at the interface. */
const checkIntervalMs = 5_000;
/** IPv6 has no smaller one (RFC 8200 §5). */
const mtuMin = 1_280;

/**
 * The interface that the setting names.
 * @throws InterfaceError where there is none, or it is down: that is for the operator to mend
 */
export function xdpInterface(libc: Libc, name: string): NetworkInterface {
  const found = readInterface(libc, name);
  if (!found) throw new InterfaceError(`Cannot use XDP on ${name}: no such interface`);
  if (!found.isUp) throw new InterfaceError(`Cannot use XDP on ${name}: the interface is down`);
  return found;
}

/**
 * Attaches our program to the interface and opens a socket for each of its queues. No packet comes to
 * them until a worker takes its queue.
 * @throws XdpError where this machine cannot
 */
export function openXdp(libc: Libc, options: XdpOptions): XdpTasks {
  checkInterface(options.interface);
  const opened = new Opened(libc);
  try {
    return open(libc, opened, options);
  } catch (error) {
    opened.close();
    throw error;
  }
}

function open(libc: Libc, opened: Opened, options: XdpOptions): XdpTasks {
  const { name, queueCount } = options.interface;
  const program = loadSteering(opened, options);
  const mode = attach(opened, program.fd, options.interface.index);
  const shares = shareQueues(queueCount, options.workerCount);
  const tasks = shares.map((queues) => openTask(libc, opened, { ...options, ...program, queues }));
  const zeroCopyCount = opened.sockets.filter((socket) => isZeroCopy(libc, socket)).length;
  options.logger.info(
    { interface: name, mode, queues: queueCount, zeroCopyQueues: zeroCopyCount },
    "XDP answers on this interface",
  );
  opened.every(checkIntervalMs, watchInterface(libc, options));
  const drops = () => opened.sockets.map((socket) => droppedPackets(libc, socket));
  return {
    tasks,
    dropCount: () => drops().reduce((sum, { noFrame, ringFull }) => sum + noFrame + ringFull, 0),
    metrics: () => xdpMetrics({ drops: drops(), zeroCopyCount }),
    close: () => opened.close(),
  };
}

/** The program and its maps; the one of endpoints is kept up to date. */
function loadSteering(opened: Opened, options: XdpOptions): { fd: number; socketsFd: number } {
  const { bpf } = opened;
  const { name, mac, queueCount } = options.interface;
  const words = { keySize: 4, valueSize: 4 };
  const socketsFd = opened.keep(
    bpf.createMap({ ...words, type: MAP_SOCKETS, entries: queueCount }),
  );
  const endpointsFd = opened.keep(
    bpf.createMap({
      ...words,
      type: MAP_HASH,
      keySize: endpointKeySize,
      entries: xdpEndpointCountMax,
    }),
  );
  const endpointMap = new EndpointMap(bpf, endpointsFd);
  const update = (): void => endpointMap.set(reachableEndpoints(options.endpoints, name));
  update();
  if (endpointMap.size === 0) {
    throw new XdpError(`Cannot use XDP on ${name}: only loopback addresses to listen on`);
  }
  opened.every(checkIntervalMs, () => followAddresses(update, options.logger));
  const frameSizeMax = layout.packetSizeMax;
  const code = assembleSteering({ endpointsFd, socketsFd, mac, frameSizeMax });
  return { fd: opened.keep(bpf.loadProgram(code)), socketsFd };
}

function followAddresses(update: () => void, logger: Logger): void {
  try {
    update();
  } catch (error) {
    logger.warn({ reason: String(error) }, "XDP cannot follow the machine's addresses");
  }
}

/** Tells once what has changed under us; the kernel's sockets answer what XDP then no longer takes. */
function watchInterface(libc: Libc, { interface: was, logger }: XdpOptions): () => void {
  let told = "";
  return () => {
    const change = changeOf(was, lookAgain(libc, was.name));
    if (change === told) return;
    told = change;
    if (change !== "") logger.error({ interface: was.name, change }, "XDP needs a restart");
  };
}

/** It may go away while it is asked about. */
function lookAgain(libc: Libc, name: string): NetworkInterface | undefined {
  try {
    return readInterface(libc, name);
  } catch {
    return undefined;
  }
}

/** What has become of an interface; empty: nothing that matters to us. */
export function changeOf(was: NetworkInterface, is: NetworkInterface | undefined): string {
  if (is?.index !== was.index) return "the interface is gone";
  if (was.mac.some((octet, i) => octet !== is.mac[i])) return "it has another MAC address";
  if (is.queueCount !== was.queueCount) return "it has another number of queues";
  return is.mtu < was.mtu ? "it has a smaller MTU" : "";
}

/** The sockets and the memory of one worker. */
function openTask(
  libc: Libc,
  opened: Opened,
  options: XdpOptions & { queues: readonly number[]; socketsFd: number },
): XdpTask {
  const { queues, socketsFd, coalesceUs = xdpCoalesceUsDefault } = options;
  const ifindex = options.interface.index;
  const memory = opened.map(queues.length);
  const sockets = queues.map((queue, i) => {
    const frames = memory.address + layout.framesOf(i);
    return opened.keepSocket(openXdpSocket(libc, { ifindex, queue, frames }));
  });
  const responseSizeMax = responseSizeMaxOf(options);
  return { kind: "xdp", sockets, memory, socketsFd, coalesceUs, responseSizeMax };
}

function checkInterface({ name, isEthernet, mtu, queueCount, stripsVlanTags }: NetworkInterface) {
  const refuse = (why: string): never => {
    throw new XdpError(`Cannot use XDP on ${name}: ${why}`);
  };
  if (!isEthernet) refuse("no Ethernet headers there");
  if (mtu < mtuMin) refuse(`MTU ${mtu}, at least ${mtuMin}`);
  if (queueCount > xdpQueueCountMax) {
    refuse(`${queueCount} queues, at most ${xdpQueueCountMax}; see ethtool --set-channels`);
  }
  if (stripsVlanTags && hasVlans(name)) {
    refuse(`it hides VLAN tags; run ethtool --offload ${name} rxvlan off`);
  }
}

/** Whether VLAN interfaces stand on top of an interface. */
function hasVlans(name: string): boolean {
  const file = "/proc/net/vlan/config";
  if (!existsSync(file)) return false;
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.some((line) => line.split("|").at(-1)?.trim() === name);
}

/** In the driver where it can, else generic. @throws XdpError */
function attach(opened: Opened, program: number, ifindex: number): "driver" | "generic" {
  try {
    opened.keep(opened.bpf.attach(program, ifindex, ATTACH.driver));
    return "driver";
  } catch (error) {
    if (error instanceof XdpError && ["EPERM", "EBUSY", "EEXIST"].includes(error.code)) throw error;
    opened.keep(opened.bpf.attach(program, ifindex, ATTACH.generic));
    return "generic";
  }
}

/** The queues of each worker: one, or where there are more queues than workers several. */
export function shareQueues(queueCount: number, workerCount: number): number[][] {
  const shares = Array.from({ length: Math.min(queueCount, workerCount) }, (): number[] => []);
  for (let queue = 0; queue < queueCount; queue++) shares[queue % shares.length]?.push(queue);
  return shares;
}

/** What fits into one packet: nothing is fragmented here. */
function responseSizeMaxOf(options: XdpOptions): number {
  const fits = options.interface.mtu - 48;
  const size = Math.min(options.udpPayloadSizeMax, fits, layout.responseSizeMax);
  return Math.max(size, udpPayloadSizeMin);
}

/** Everything opened so far. */
class Opened {
  readonly bpf: Bpf;
  readonly sockets: XdpSocket[] = [];
  readonly #libc: Libc;
  readonly #fds: number[] = [];
  readonly #memories: XdpMemory[] = [];
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(libc: Libc) {
    this.#libc = libc;
    this.bpf = new Bpf(libc);
  }

  keep(fd: number): number {
    this.#fds.push(fd);
    return fd;
  }

  keepSocket(socket: XdpSocket): XdpSocket {
    this.sockets.push(socket);
    return socket;
  }

  map(queueCount: number): XdpMemory {
    const size = layout.xdpMemorySize(queueCount);
    const address = this.#libc.mmap(0, size, c.PROT_READ_WRITE, c.MAP_PRIVATE_ANONYMOUS, -1, 0);
    if (address === -1) throw XdpError.of(this.#libc, `map ${size} octets for packets`);
    const memory = { address, queueCount };
    this.#memories.push(memory);
    return memory;
  }

  every(intervalMs: number, act: () => void): void {
    this.#timers.push(setInterval(act, intervalMs).unref());
  }

  /** The link goes first, so that packets go to the kernel again. */
  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    for (const fd of this.#fds.toReversed()) this.#libc.close(fd);
    for (const socket of this.sockets) closeXdpSocket(this.#libc, socket);
    for (const { address, queueCount } of this.#memories) {
      this.#libc.munmap(address, layout.xdpMemorySize(queueCount));
    }
    this.bpf.close();
  }
}
