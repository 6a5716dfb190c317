import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { connect, type Socket as TcpSocket } from "node:net";

/** Where a client asks, and how patient it is. */
export type DnsClientOptions = {
  readonly port: number;
  readonly address?: string;
  readonly timeoutMs?: number;
  /** Times a query is sent over UDP before it counts as unanswered. */
  readonly tries?: number;
};

type Waiting = (response: Uint8Array | undefined) => void;

const timeoutMsDefault = 1_000;
const triesDefault = 3;

/**
 * Asks one server over UDP and TCP, many questions at a time: each has a message id of its own,
 * written over the one in the query. Over TCP queries are pipelined on one connection.
 */
export class DnsClient {
  readonly #address: string;
  readonly #port: number;
  readonly #timeoutMs: number;
  readonly #tries: number;
  readonly #udp: UdpSocket;
  readonly #waiting = new Map<number, Waiting>();
  #tcp: TcpSocket | undefined;
  #received: Buffer = Buffer.alloc(0);
  #nextId = 1;

  /** A client whose UDP socket is bound. */
  static async open(options: DnsClientOptions): Promise<DnsClient> {
    const client = new DnsClient(options);
    await new Promise<void>((done) => client.#udp.bind(0, "127.0.0.1", done));
    client.#udp.setRecvBufferSize(4 << 20);
    return client;
  }

  private constructor(options: DnsClientOptions) {
    this.#address = options.address ?? "127.0.0.1";
    this.#port = options.port;
    this.#timeoutMs = options.timeoutMs ?? timeoutMsDefault;
    this.#tries = options.tries ?? triesDefault;
    this.#udp = createSocket("udp4");
    this.#udp.on("message", (message) => this.#settle(message));
    // A server that is not there yet: the query runs into its timeout.
    this.#udp.on("error", () => {});
  }

  /** The response, or `undefined` where none came in time. */
  async askUdp(query: Uint8Array): Promise<Uint8Array | undefined> {
    for (let tried = 0; tried < this.#tries; tried++) {
      const response = await this.#ask(query, (message) =>
        this.#udp.send(message, this.#port, this.#address),
      );
      if (response) return response;
    }
    return undefined;
  }

  /** The response, or `undefined` where none came in time or the server closed twice. */
  async askTcp(query: Uint8Array): Promise<Uint8Array | undefined> {
    for (let tried = 0; tried < 2; tried++) {
      const response = await this.#ask(query, (message) => {
        const framed = new Uint8Array(message.length + 2);
        framed[0] = message.length >> 8;
        framed[1] = message.length & 255;
        framed.set(message, 2);
        this.#connection().write(framed);
      });
      if (response) return response;
    }
    return undefined;
  }

  close(): void {
    this.#udp.close();
    this.#tcp?.destroy();
    for (const settle of this.#waiting.values()) settle(undefined);
  }

  #ask(query: Uint8Array, send: (message: Uint8Array) => void): Promise<Uint8Array | undefined> {
    const id = this.#freeId();
    const message = query.slice();
    message[0] = id >> 8;
    message[1] = id & 255;
    return new Promise((done) => {
      const timer = setTimeout(() => settle(undefined), this.#timeoutMs);
      const settle: Waiting = (response) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        done(response);
      };
      this.#waiting.set(id, settle);
      send(message);
    });
  }

  #freeId(): number {
    do this.#nextId = (this.#nextId + 1) & 0xffff;
    while (this.#waiting.has(this.#nextId));
    return this.#nextId;
  }

  #settle(message: Buffer): void {
    if (message.length < 2) return;
    this.#waiting.get(message.readUInt16BE(0))?.(new Uint8Array(message));
  }

  #connection(): TcpSocket {
    if (this.#tcp && !this.#tcp.destroyed && this.#tcp.writable) return this.#tcp;
    this.#received = Buffer.alloc(0);
    const socket = connect(this.#port, this.#address);
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.#takeTcp(chunk));
    socket.on("error", () => {});
    socket.on("close", () => {
      if (this.#tcp === socket) this.#tcp = undefined;
    });
    this.#tcp = socket;
    return socket;
  }

  #takeTcp(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (;;) {
      if (this.#received.length < 2) return;
      const size = this.#received.readUInt16BE(0);
      if (this.#received.length < size + 2) return;
      this.#settle(this.#received.subarray(2, size + 2));
      this.#received = this.#received.subarray(size + 2);
    }
  }
}
