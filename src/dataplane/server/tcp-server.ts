import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { parseScopedIp } from "../../base/ip.ts";
import type { IpAddress } from "../../base/ip.ts";
import { tcpFinishTimeoutMs, tcpSweepIntervalMs } from "../../base/limits.ts";
import type { CounterBlock } from "../../telemetry/counters.ts";
import { ClientConnections } from "./client-connections.ts";
import type { Answerer, PacketArena } from "./driver.ts";
import { TcpConnection } from "./tcp-connection.ts";
import type { TcpOptions } from "./tcp-options.ts";
import { addTo, tcpCloseReasons, tcpCounters } from "./worker-counters.ts";

/** An address to bind, or a socket that listens already and is closed with the server. */
export type ListenTarget = { host: string; port: number; ipv6Only: boolean } | { fd: number };

/** DNS over TCP (RFC 7766) for all listen addresses, on one event loop. */
export class TcpServer {
  readonly #options: TcpOptions;
  readonly #counters: CounterBlock;
  readonly #arena: PacketArena;
  readonly #answerer: Answerer;
  readonly #nowMs: () => number;
  /** The longest idle first. */
  readonly #connections = new Set<TcpConnection>();
  readonly #clients: ClientConnections;
  #servers: Server[] = [];
  #sweep: NodeJS.Timeout | undefined;

  constructor(options: {
    tcp: TcpOptions;
    counters: CounterBlock;
    arena: PacketArena;
    answerer: Answerer;
    /** Monotonic. */
    nowMs?: () => number;
  }) {
    this.#options = options.tcp;
    this.#clients = new ClientConnections(options.tcp.connectionsPerClientMax);
    this.#counters = options.counters;
    this.#arena = options.arena;
    this.#answerer = options.answerer;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  /** Resolves once it listens on all targets. */
  async listen(targets: readonly ListenTarget[]): Promise<void> {
    this.#servers = await Promise.all(targets.map((target) => this.#listenOn(target)));
    this.#sweep = setInterval(() => this.#closeIdle(), tcpSweepIntervalMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#sweep);
    const closed = this.#servers.map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    for (const connection of this.#connections) connection.finish("shutdown");
    const deadline = setTimeout(() => this.#closeAll(), tcpFinishTimeoutMs);
    await Promise.all(closed);
    clearTimeout(deadline);
  }

  #listenOn(target: ListenTarget): Promise<Server> {
    const server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(target, () => {
        server.removeListener("error", reject);
        resolve(server);
      });
    });
  }

  #accept(socket: Socket): void {
    addTo(this.#counters, tcpCounters.index.accepted, 1);
    // The client may be gone already, and with it its address.
    const client = parseScopedIp(socket.remoteAddress);
    if (!client || !this.#clients.add(client)) {
      socket.on("error", () => undefined);
      socket.destroy();
      this.#countClosed(client ? "client_limit" : "error");
      return;
    }
    if (this.#connections.size >= this.#options.connectionCountMax) this.#evictLongestIdle();
    this.#add(socket, client);
  }

  #add(socket: Socket, client: IpAddress): void {
    const connection = new TcpConnection(socket, {
      client,
      arena: this.#arena,
      answerer: this.#answerer,
      unsentSizeMax: this.#options.unsentSizeMax,
      onQuery: (active) => this.#touch(active),
      onClose: (closed) => this.#remove(closed),
    });
    this.#touch(connection);
  }

  #remove(connection: TcpConnection): void {
    this.#connections.delete(connection);
    this.#clients.remove(connection.client);
    this.#countClosed(connection.closeReason);
  }

  #touch(connection: TcpConnection): void {
    connection.activeAtMs = this.#nowMs();
    this.#connections.delete(connection);
    this.#connections.add(connection);
  }

  #evictLongestIdle(): void {
    for (const connection of this.#connections) {
      this.#connections.delete(connection);
      connection.close("evicted");
      return;
    }
  }

  #closeIdle(): void {
    const before = this.#nowMs() - this.#options.idleTimeoutMs;
    for (const connection of this.#connections) {
      if (connection.activeAtMs > before) return;
      connection.close("idle");
    }
  }

  #closeAll(): void {
    for (const connection of this.#connections) connection.close("shutdown");
  }

  #countClosed(reason: (typeof tcpCloseReasons)[number]): void {
    addTo(this.#counters, tcpCounters.index.closed + tcpCloseReasons.indexOf(reason), 1);
  }
}
