import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { parseScopedIp } from "../../base/ip.ts";
import type { IpAddress } from "../../base/ip.ts";
import { tcpFinishTimeoutMs, tcpPipelineCountMax, tcpSweepIntervalMs } from "../../base/limits.ts";
import { ClientConnections } from "../../dataplane/server/client-connections.ts";
import { FrameReader } from "../../dns/wire/frame-reader.ts";
import type { Endpoint } from "../../dataplane/server/socket-address.ts";
import type { TcpOptions } from "../../dataplane/server/tcp-options.ts";
import type { ListenTarget } from "../../dataplane/server/tcp-server.ts";
import { headerSize } from "../../dns/wire/message.ts";
import { framed } from "../../dns/wire/stream-frame.ts";

/** A query over TCP: where it comes from and which listener it came to. */
export type StreamClient = {
  address: IpAddress;
  port: number;
  listener: number;
  /** The address that was asked. */
  local: Endpoint | undefined;
};

export type TcpListenerOptions = {
  tcp: TcpOptions;
  /** Resolves to the response; undefined: none. Never rejects. */
  answer(query: Uint8Array, client: StreamClient): Promise<Uint8Array | undefined>;
  /** Default: plain TCP. */
  createServer?(onConnection: (socket: Socket) => void): Server;
  /** Monotonic. */
  nowMs?: () => number;
};

/** DNS over TCP (RFC 7766) with answers that take their time: each is sent as it is ready. */
export class TcpListener {
  readonly #options: TcpListenerOptions;
  readonly #nowMs: () => number;
  /** The longest idle first. */
  readonly #connections = new Set<Connection>();
  readonly #clients: ClientConnections;
  #servers: Server[] = [];
  #sweep: NodeJS.Timeout | undefined;

  constructor(options: TcpListenerOptions) {
    this.#options = options;
    this.#clients = new ClientConnections(options.tcp.connectionsPerClientMax);
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Resolves once it listens on all targets; the index of each is the listener's. */
  async listen(targets: readonly ListenTarget[]): Promise<Endpoint[]> {
    this.#servers = await Promise.all(
      targets.map((target, listener) => this.#listenOn(target, listener)),
    );
    this.#sweep = setInterval(() => this.#closeIdle(), tcpSweepIntervalMs);
    return this.#servers.map((server) => server.address() as Endpoint);
  }

  async stop(): Promise<void> {
    clearInterval(this.#sweep);
    const closed = this.#servers.map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    for (const connection of this.#connections) connection.finish();
    const deadline = setTimeout(() => {
      for (const connection of this.#connections) connection.close();
    }, tcpFinishTimeoutMs);
    await Promise.all(closed);
    clearTimeout(deadline);
  }

  #listenOn(target: ListenTarget, listener: number): Promise<Server> {
    const create = this.#options.createServer ?? plainServer;
    const server = create((socket) => this.#accept(socket, listener));
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(target, () => {
        server.removeListener("error", reject);
        resolve(server);
      });
    });
  }

  #accept(socket: Socket, listener: number): void {
    const address = parseScopedIp(socket.remoteAddress);
    // The client may be gone already, and with it its address.
    if (!address || !this.#clients.add(address)) {
      socket.on("error", () => undefined);
      socket.destroy();
      return;
    }
    if (this.#connections.size >= this.#options.tcp.connectionCountMax) this.#evictLongestIdle();
    const { localAddress, localPort, remotePort = 0 } = socket;
    const local =
      localAddress === undefined || localPort === undefined
        ? undefined
        : { address: localAddress, port: localPort };
    const connection = new Connection(socket, {
      unsentSizeMax: this.#options.tcp.unsentSizeMax,
      answer: (query) =>
        this.#options.answer(query, { address, port: remotePort, listener, local }),
      onActive: (active) => this.#touch(active),
      onClose: (closed) => {
        this.#connections.delete(closed);
        this.#clients.remove(address);
      },
    });
    this.#touch(connection);
  }

  #touch(connection: Connection): void {
    connection.activeAtMs = this.#nowMs();
    this.#connections.delete(connection);
    this.#connections.add(connection);
  }

  #evictLongestIdle(): void {
    for (const connection of this.#connections) {
      this.#connections.delete(connection);
      connection.close();
      return;
    }
  }

  /** One that waits for its answers is not idle: how long that takes is limited elsewhere. */
  #closeIdle(): void {
    const before = this.#nowMs() - this.#options.tcp.idleTimeoutMs;
    for (const connection of this.#connections) {
      if (connection.activeAtMs > before) return;
      if (connection.openCount === 0) connection.close();
    }
  }
}

function plainServer(onConnection: (socket: Socket) => void): Server {
  return createServer({ allowHalfOpen: true }, onConnection);
}

type ConnectionOptions = {
  unsentSizeMax: number;
  answer(query: Uint8Array): Promise<Uint8Array | undefined>;
  /** A whole query came, or an answer left. */
  onActive(connection: Connection): void;
  onClose(connection: Connection): void;
};

class Connection {
  /** The clock is the owner's. */
  activeAtMs = 0;
  /** Queries without their answers. */
  openCount = 0;
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #reader = new FrameReader();
  #hasEnded = false;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      this.#reader.push(chunk);
      this.#read();
    });
    socket.on("drain", () => this.#read());
    socket.on("end", () => {
      this.#hasEnded = true;
      this.#read();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => options.onClose(this));
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Sends what is still to be sent, then closes. */
  finish(): void {
    this.#socket.end();
  }

  #read(): void {
    while (!this.#socket.destroyed && !this.#isBusy()) {
      const size = this.#reader.nextSize();
      if (size < 0) break;
      if (size < headerSize) return this.close();
      const query = new Uint8Array(size);
      this.#reader.take(size, query, 0);
      this.#options.onActive(this);
      void this.#answer(query);
    }
    if (this.#socket.destroyed) return;
    this.#reader.compact();
    // Whoever does not take its answers, or has many to come, waits with its next questions.
    if (this.#isBusy()) this.#socket.pause();
    else if (this.#socket.isPaused()) this.#socket.resume();
    if (this.#hasEnded && this.openCount === 0 && this.#reader.nextSize() < 0) this.#socket.end();
  }

  #isBusy(): boolean {
    if (this.openCount >= tcpPipelineCountMax) return true;
    return this.#socket.writableLength > this.#options.unsentSizeMax;
  }

  async #answer(query: Uint8Array): Promise<void> {
    this.openCount++;
    const response = await this.#options.answer(query);
    this.openCount--;
    if (this.#socket.destroyed) return;
    if (response) this.#socket.write(framed(response));
    this.#options.onActive(this);
    this.#read();
  }
}
