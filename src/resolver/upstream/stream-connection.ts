import type { Socket } from "node:net";

import { messageSizeMax } from "../../base/limits.ts";
import type { Random } from "../../base/random.ts";
import { FrameReader } from "../../dns/wire/frame-reader.ts";
import { framed } from "../../dns/wire/stream-frame.ts";
import type { Connection, Pending } from "./connection-pool.ts";
import type { Cancel } from "./exchange.ts";
import { matchResponse } from "./match-response.ts";
import type { UpstreamFailure } from "./upstream.ts";
import { encodeQuery } from "./wire-query.ts";

export type StreamOptions = {
  random: Random;
  /** Whether queries are padded: over TLS. */
  padded: boolean;
  /** The failure that the end of the socket is, before it was ready or after. */
  failureOf(error: Error | undefined): UpstreamFailure;
};

/** Octets of a message before its flags. */
const idSize = 2;

/**
 * Queries over one TCP or TLS connection, sent without waiting for the answers of those before,
 * which may come in any order (RFC 7766 §6.2.1.1).
 * @param socket that is connecting; written to at once, the system keeps what is early
 */
export function createStreamConnection(socket: Socket, options: StreamOptions): Connection {
  return new StreamConnection(socket, options);
}

class StreamConnection implements Connection {
  readonly #socket: Socket;
  readonly #options: StreamOptions;
  readonly #pending = new Map<number, Pending>();
  readonly #reader = new FrameReader();
  #error: Error | undefined;
  isOpen = true;
  answerCount = 0;
  onClose: (() => void) | undefined;

  constructor(socket: Socket, options: StreamOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.setNoDelay(true);
    socket.on("data", (octets) => this.#take(octets));
    socket.on("error", (error) => (this.#error ??= error));
    socket.on("end", () => this.#close(undefined));
    socket.on("close", () => this.#close(undefined));
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  ask(pending: Pending): Cancel {
    const id = this.#freeId();
    this.#pending.set(id, pending);
    const octets = encodeQuery(pending.asking.query, { id, padded: this.#options.padded });
    this.#socket.write(framed(octets));
    return () => void this.#pending.delete(id);
  }

  #freeId(): number {
    let id: number;
    do id = this.#options.random.uint32() >>> 16;
    while (this.#pending.has(id));
    return id;
  }

  destroy(): void {
    this.#close("closed");
  }

  #take(chunk: Buffer): void {
    const reader = this.#reader;
    reader.push(chunk);
    for (let size = reader.nextSize(); size >= 0 && this.isOpen; size = reader.nextSize()) {
      const octets = new Uint8Array(size);
      reader.take(size, octets, 0);
      this.#settle(octets);
    }
    reader.compact();
  }

  /** A message that is the response to nothing leaves nothing to be trusted on this connection. */
  #settle(octets: Uint8Array): void {
    if (octets.length < idSize) return this.#close("malformed");
    const id = ((octets[0] as number) << 8) | (octets[1] as number);
    const pending = this.#pending.get(id);
    // The answer to a query that nobody waits for any more.
    if (!pending) return;
    const expected = { query: pending.asking.query, id, sizeMax: messageSizeMax, anyCase: true };
    const matched = matchResponse(octets, expected);
    if (typeof matched === "string") {
      pending.asking.onMismatch(matched);
      return this.#close("malformed");
    }
    this.answerCount++;
    this.#pending.delete(id);
    pending.done({ message: matched });
  }

  #close(failure: UpstreamFailure | undefined): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#socket.destroy();
    this.onClose?.();
    const left = [...this.#pending.values()];
    this.#pending.clear();
    const reason = failure ?? this.#options.failureOf(this.#error);
    for (const { done } of left) done({ failure: reason });
  }
}
