/** DNS clients for tests: what is sent is what the test says, well-formed or not. */
import { createSocket } from "node:dgram";
import type { Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket as TcpSocket } from "node:net";
import { isIpv6 } from "./socket-address.ts";
import type { Endpoint } from "./socket-address.ts";

const answerTimeoutMs = 2_000;

/** A message with a header, the id in it, and `size` octets in all. */
export function messageOf(id: number, size = 40): Uint8Array {
  const message = new Uint8Array(size);
  for (let i = 12; i < size; i++) message[i] = (id + i) & 255;
  message[0] = id >> 8;
  message[1] = id & 255;
  return message;
}

/** What the echo answerer makes of a message. */
export function echoOf(message: Uint8Array): Uint8Array {
  const echo = message.slice();
  echo[2] = (echo[2] as number) | 0x80;
  return echo;
}

export class UdpClient {
  readonly #socket: UdpSocket;
  /** Answers so far, with where they came from. */
  readonly answers: { message: Uint8Array; from: Endpoint }[] = [];

  private constructor(socket: UdpSocket) {
    this.#socket = socket;
    socket.on("message", (message, { address, port }) => {
      this.answers.push({ message: new Uint8Array(message), from: { address, port } });
    });
  }

  /** A client of the family of `server`; `from` chooses its address. */
  static async open(server: Endpoint, from?: string): Promise<UdpClient> {
    const v6 = isIpv6(server);
    const socket = createSocket({ type: v6 ? "udp6" : "udp4", recvBufferSize: 1 << 20 });
    socket.bind(0, from ?? (v6 ? "::1" : "127.0.0.1"));
    await once(socket, "listening");
    return new UdpClient(socket);
  }

  send(message: Uint8Array, server: Endpoint): void {
    this.#socket.send(message, server.port, server.address);
  }

  /** Resolves once `count` answers have come in all, or the time is up. */
  async waitFor(count: number, timeoutMs = answerTimeoutMs): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (this.answers.length < count && Date.now() < deadline) await pause(2);
  }

  async ask(message: Uint8Array, server: Endpoint): Promise<UdpClient["answers"][0] | undefined> {
    const before = this.answers.length;
    this.send(message, server);
    await this.waitFor(before + 1);
    return this.answers[before];
  }

  close(): void {
    this.#socket.close();
  }
}

export class TcpClient {
  readonly socket: TcpSocket;
  receivedSize = 0;
  #chunks: Buffer[] = [];
  isClosed = false;
  hasEnded = false;

  private constructor(socket: TcpSocket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.receivedSize += chunk.length;
    });
    socket.on("end", () => (this.hasEnded = true));
    socket.on("error", () => undefined);
    socket.on("close", () => (this.isClosed = true));
  }

  static async open(server: Endpoint, options?: { localAddress?: string }): Promise<TcpClient> {
    const { address: host, port } = server;
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true, ...options });
    const client = new TcpClient(socket);
    await once(socket, "connect");
    return client;
  }

  /** Sends messages, each with its length before it, in one piece. */
  send(...messages: Uint8Array[]): void {
    this.socket.write(Buffer.concat(messages.map(frameOf)));
  }

  /** Whole messages received so far. */
  get answers(): Uint8Array[] {
    const received = Buffer.concat(this.#chunks);
    this.#chunks = [received];
    const answers: Uint8Array[] = [];
    let offset = 0;
    while (offset + 2 <= received.length) {
      const size = received.readUInt16BE(offset);
      if (offset + 2 + size > received.length) break;
      answers.push(new Uint8Array(received.subarray(offset + 2, offset + 2 + size)));
      offset += 2 + size;
    }
    return answers;
  }

  async waitFor(isDone: (client: TcpClient) => boolean, timeoutMs = answerTimeoutMs) {
    const deadline = Date.now() + timeoutMs;
    while (!isDone(this) && Date.now() < deadline) await pause(2);
  }

  async waitForAnswers(count: number): Promise<Uint8Array[]> {
    await this.waitFor((client) => client.answers.length >= count || client.isClosed);
    return this.answers;
  }

  close(): void {
    this.socket.destroy();
  }
}

export function frameOf(message: Uint8Array): Uint8Array {
  const frame = new Uint8Array(2 + message.length);
  frame[0] = message.length >> 8;
  frame[1] = message.length & 255;
  frame.set(message, 2);
  return frame;
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
