import type { Socket } from "node:net";
import type { IpAddress } from "../../base/ip.ts";
import { messageSizeMax } from "../../base/limits.ts";
import { createArena } from "./driver.ts";
import type { Answerer, PacketArena } from "./driver.ts";
import { FrameReader } from "../../dns/wire/frame-reader.ts";
import { socketAddressSize, writeSocketAddress } from "./socket-address.ts";
import type { tcpCloseReasons } from "./worker-counters.ts";

export type TcpCloseReason = (typeof tcpCloseReasons)[number];

/** A DNS header (RFC 1035 §4.1.1): anything shorter can be neither read nor answered. */
const messageSizeMin = 12;
const queryOffset = socketAddressSize;
const outputOffset = queryOffset + messageSizeMax + 1;
const frameSizeMax = 2 + messageSizeMax;
const outputSize = 4 * frameSizeMax;

/** One arena does for all connections of a thread: each chunk is answered without a pause. */
export function createTcpArena(): PacketArena {
  return createArena(outputOffset + outputSize);
}

export type TcpConnectionOptions = {
  client: IpAddress;
  arena: PacketArena;
  answerer: Answerer;
  unsentSizeMax: number;
  onQuery(connection: TcpConnection): void;
  onClose(connection: TcpConnection): void;
};

/**
 * One client (RFC 7766): any number of queries in flight, answered in the order they came. While
 * the client does not take its answers, its queries are not read either.
 */
export class TcpConnection {
  readonly client: IpAddress;
  /** When it was opened or last sent a whole query; the clock is the owner's. */
  activeAtMs = 0;
  closeReason: TcpCloseReason = "client";
  readonly #socket: Socket;
  readonly #options: TcpConnectionOptions;
  readonly #reader = new FrameReader();
  #hasEnded = false;

  constructor(socket: Socket, options: TcpConnectionOptions) {
    this.client = options.client;
    this.#socket = socket;
    this.#options = options;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#onData(chunk));
    socket.on("drain", () => this.#answerReceived());
    socket.on("end", () => this.#onEnd());
    socket.on("error", () => (this.closeReason = "error"));
    socket.on("close", () => options.onClose(this));
  }

  close(reason: TcpCloseReason): void {
    this.closeReason = reason;
    this.#socket.destroy();
  }

  /** Sends what is still to be sent, then closes. */
  finish(reason: TcpCloseReason): void {
    this.closeReason = reason;
    this.#socket.end();
  }

  #onData(chunk: Buffer): void {
    this.#reader.push(chunk);
    this.#answerReceived();
  }

  /** The client will send no more but may still read: answer what it asked before. */
  #onEnd(): void {
    this.#hasEnded = true;
    this.#answerReceived();
  }

  #answerReceived(): void {
    if (this.#socket.destroyed) return;
    const { arena, answerer, unsentSizeMax } = this.#options;
    let outSize = 0;
    for (let size = this.#reader.nextSize(); size >= 0; size = this.#reader.nextSize()) {
      if (size < messageSizeMin) return this.close("malformed");
      if (this.#socket.writableLength + outSize > unsentSizeMax) break;
      if (outSize + frameSizeMax > outputSize) outSize = this.#flush(outSize);
      this.#reader.take(size, arena.bytes, queryOffset);
      writeSocketAddress(arena.bytes, 0, this.client);
      outSize += this.#answerOne(answerer, size, outputOffset + outSize);
      this.#options.onQuery(this);
    }
    this.#flush(outSize);
    this.#continue();
  }

  /** Size of the frame written at `offset`; 0 if there is no response. */
  #answerOne(answerer: Answerer, querySize: number, offset: number): number {
    const size = answerer.answer(queryOffset, querySize, offset + 2);
    if (size === 0) return 0;
    this.#options.arena.view.setUint16(offset, size);
    return size + 2;
  }

  #flush(outSize: number): number {
    if (outSize > 0) {
      this.#socket.write(this.#options.arena.bytes.slice(outputOffset, outputOffset + outSize));
    }
    return 0;
  }

  /** Reads on, waits for the client to take its answers, or ends with it. */
  #continue(): void {
    if (this.#socket.writableLength > this.#options.unsentSizeMax) {
      this.#socket.pause();
      return;
    }
    this.#reader.compact();
    if (this.#hasEnded) this.#socket.end();
    else if (this.#socket.isPaused()) this.#socket.resume();
  }
}
