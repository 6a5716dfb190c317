import { getSystemErrorName } from "node:util";
import { portPickAttemptCountMax } from "../../base/limits.ts";
import * as c from "./libc.ts";
import type { Libc } from "./libc.ts";
import { ListenError } from "./listen-error.ts";
import {
  decodeSocketAddress,
  encodeSocketAddress,
  isIpv6,
  isUnspecified,
} from "./socket-address.ts";
import { steerByCpu } from "./steer-by-cpu.ts";
import type { Endpoint } from "./socket-address.ts";

/** Sockets of one listen address. The main thread opens and closes them; workers only use them. */
export type ListenSockets = {
  endpoint: Endpoint;
  /** One a worker, all bound to the same port: the kernel spreads clients over them. */
  udp: readonly number[];
  tcp: number;
};

/** How sockets are opened. */
export type ListenOptions = {
  workerCount: number;
  receiveTimeoutMs: number;
  /** Microseconds that a receiver looks for packets itself before it sleeps; default 0: not at all. */
  busyPollUs?: number;
  /** CPUs of the workers, where each takes what its own CPU received; default: none. */
  steerTo?: readonly number[];
  /** Is told of options that the kernel refused. */
  onRefused?(option: string): void;
};

/** Ask for this much; the kernel gives what its own limit (net.core.rmem_max) allows. */
const socketBufferSize = 4 * 1024 * 1024;
const tcpBacklog = 511;

/**
 * Opens UDP and TCP sockets at every endpoint; port 0 picks one that is free for both.
 * @throws ListenError, with everything closed again
 */
export function openListenSockets(
  libc: Libc,
  endpoints: readonly Endpoint[],
  options: ListenOptions,
): ListenSockets[] {
  const opened: ListenSockets[] = [];
  try {
    for (const endpoint of endpoints) opened.push(openOne(libc, endpoint, options));
    return opened;
  } catch (error) {
    closeListenSockets(libc, opened);
    throw error;
  }
}

export function closeListenSockets(libc: Libc, opened: readonly ListenSockets[]): void {
  for (const { udp, tcp } of opened) for (const fd of [...udp, tcp]) libc.close(fd);
}

function openOne(libc: Libc, endpoint: Endpoint, options: ListenOptions): ListenSockets {
  for (let attempt = 1; ; attempt++) {
    const tcp = openTcp(libc, endpoint);
    const bound = boundEndpoint(libc, tcp, endpoint);
    const udp: number[] = [];
    try {
      libc.close(openUdp(libc, bound, { shared: false, receiveTimeoutMs: 0 }));
      for (let i = 0; i < options.workerCount; i++) {
        udp.push(openUdp(libc, bound, { ...options, shared: true }));
      }
      tune(libc, udp, options);
      return { endpoint: bound, udp, tcp };
    } catch (error) {
      closeListenSockets(libc, [{ endpoint: bound, udp, tcp }]);
      const isTaken = error instanceof ListenError && error.code === "EADDRINUSE";
      if (endpoint.port !== 0 || !isTaken || attempt === portPickAttemptCountMax) throw error;
    }
  }
}

/** What makes sockets quicker where the kernel lets us, and is no reason to fail where not. */
function tune(libc: Libc, udp: readonly number[], options: ListenOptions): void {
  const { busyPollUs = 0, steerTo, onRefused } = options;
  if (busyPollUs > 0) {
    const isSet = udp.every((fd) => setInt(libc, fd, c.SOL_SOCKET, c.SO_BUSY_POLL, busyPollUs));
    if (!isSet) onRefused?.("busy polling (needs CAP_NET_ADMIN)");
  }
  if (steerTo && !steerByCpu(libc, udp[0] as number, steerTo)) onRefused?.("steering by CPU");
}

/**
 * A UDP socket. Shared ones let others of the same user bind the same port, so a socket that is
 * not shared is bound (and closed) first: it finds a second server that would take half of the
 * queries in silence.
 */
function openUdp(
  libc: Libc,
  endpoint: Endpoint,
  options: { shared: boolean; receiveTimeoutMs: number },
): number {
  const fd = openSocket(libc, "UDP", endpoint);
  if (options.shared) setInt(libc, fd, c.SOL_SOCKET, c.SO_REUSEPORT, 1);
  setTimeoutOption(libc, fd, c.SO_RCVTIMEO, options.receiveTimeoutMs);
  setTimeoutOption(libc, fd, c.SO_SNDTIMEO, options.receiveTimeoutMs);
  setBufferSize(libc, fd, c.SO_RCVBUFFORCE, c.SO_RCVBUF);
  setBufferSize(libc, fd, c.SO_SNDBUFFORCE, c.SO_SNDBUF);
  const v6 = isIpv6(endpoint);
  const [level, discover] = v6
    ? [c.IPPROTO_IPV6, c.IPV6_MTU_DISCOVER]
    : [c.IPPROTO_IP, c.IP_MTU_DISCOVER];
  setInt(libc, fd, level, discover, c.PMTUDISC_OMIT);
  if (isUnspecified(endpoint)) {
    setInt(libc, fd, level, v6 ? c.IPV6_RECVPKTINFO : c.IP_PKTINFO, 1);
  }
  bindSocket(libc, fd, "UDP", endpoint);
  return fd;
}

function openTcp(libc: Libc, endpoint: Endpoint): number {
  const fd = openSocket(libc, "TCP", endpoint);
  setInt(libc, fd, c.SOL_SOCKET, c.SO_REUSEADDR, 1);
  bindSocket(libc, fd, "TCP", endpoint);
  if (libc.listen(fd, tcpBacklog) !== 0) throw failure(libc, fd, "TCP", endpoint);
  return fd;
}

function openSocket(libc: Libc, protocol: "UDP" | "TCP", endpoint: Endpoint): number {
  const family = isIpv6(endpoint) ? c.AF_INET6 : c.AF_INET;
  const type = protocol === "UDP" ? c.SOCK_DGRAM : c.SOCK_STREAM;
  const fd = libc.socket(family, type | c.SOCK_CLOEXEC, 0);
  if (fd < 0) throw failure(libc, fd, protocol, endpoint);
  if (isIpv6(endpoint)) setInt(libc, fd, c.IPPROTO_IPV6, c.IPV6_V6ONLY, 1);
  return fd;
}

function bindSocket(libc: Libc, fd: number, protocol: "UDP" | "TCP", endpoint: Endpoint): void {
  const address = encodeSocketAddress(endpoint);
  if (libc.bind(fd, address, address.length) !== 0) throw failure(libc, fd, protocol, endpoint);
}

function failure(libc: Libc, fd: number, protocol: "UDP" | "TCP", endpoint: Endpoint): ListenError {
  const errno = libc.errno();
  if (fd >= 0) libc.close(fd);
  return new ListenError(protocol, endpoint, getSystemErrorName(-errno));
}

function boundEndpoint(libc: Libc, fd: number, endpoint: Endpoint): Endpoint {
  const address = new Uint8Array(28);
  libc.getsockname(fd, address, Int32Array.of(address.length));
  return { address: endpoint.address, port: decodeSocketAddress(address).port };
}

/** Options of socket(7), ip(7), ipv6(7): one that the kernel does not know is no reason to fail. */
function setInt(libc: Libc, fd: number, level: number, name: number, value: number): boolean {
  const bytes = new Uint8Array(Int32Array.of(value).buffer);
  return libc.setsockopt(fd, level, name, bytes, bytes.length) === 0;
}

function setBufferSize(libc: Libc, fd: number, force: number, ask: number): void {
  if (setInt(libc, fd, c.SOL_SOCKET, force, socketBufferSize)) return;
  setInt(libc, fd, c.SOL_SOCKET, ask, socketBufferSize);
}

function setTimeoutOption(libc: Libc, fd: number, name: number, timeoutMs: number): void {
  const seconds = Math.floor(timeoutMs / 1000);
  const time = BigInt64Array.of(BigInt(seconds), BigInt((timeoutMs - seconds * 1000) * 1000));
  const bytes = new Uint8Array(time.buffer);
  libc.setsockopt(fd, c.SOL_SOCKET, name, bytes, bytes.length);
}

/** Datagrams that the kernel threw away because the socket's buffer was full (SK_MEMINFO_DROPS). */
export function droppedDatagramCount(libc: Libc, fd: number): number {
  const info = new Uint32Array(9);
  const bytes = new Uint8Array(info.buffer);
  const status = libc.getsockopt(fd, c.SOL_SOCKET, c.SO_MEMINFO, bytes, Int32Array.of(36));
  return status === 0 ? (info[8] ?? 0) : 0;
}
