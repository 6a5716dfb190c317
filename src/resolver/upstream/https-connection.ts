import { connect, constants } from "node:http2";
import type {
  ClientHttp2Session,
  ClientHttp2Stream,
  IncomingHttpHeaders,
  IncomingHttpStatusHeader,
} from "node:http2";
import { isIPv6 } from "node:net";
import type { TLSSocket } from "node:tls";

import { messageSizeMax } from "../../base/limits.ts";
import type { Message } from "../../dns/wire/message.ts";
import type { Connection, Pending } from "./connection-pool.ts";
import type { Cancel, Outcome } from "./exchange.ts";
import { matchResponse } from "./match-response.ts";
import type { UpstreamFailure, UpstreamTarget } from "./upstream.ts";
import { encodeQuery } from "./wire-query.ts";

export type HttpsOptions = {
  target: UpstreamTarget;
  /** The failure that the end of the socket is. */
  failureOf(error: Error | undefined): UpstreamFailure;
};

const mediaType = "application/dns-message";
const pathDefault = "/dns-query";

/** Queries over HTTPS (RFC 8484), each a request of one HTTP/2 session. */
export function createHttpsConnection(socket: TLSSocket, options: HttpsOptions): Connection {
  return new HttpsConnection(socket, options);
}

class HttpsConnection implements Connection {
  readonly #socket: TLSSocket;
  readonly #session: ClientHttp2Session;
  readonly #options: HttpsOptions;
  readonly #pending = new Map<ClientHttp2Stream, Pending>();
  #error: Error | undefined;
  isOpen = true;
  answerCount = 0;
  onClose: (() => void) | undefined;

  constructor(socket: TLSSocket, options: HttpsOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on("error", (error) => (this.#error ??= error));
    socket.on("close", () => this.#close(undefined));
    const session = connect(originOf(options.target), { createConnection: () => socket });
    session.on("error", (error) => (this.#error ??= error));
    session.on("close", () => this.#close(undefined));
    // No new request is taken; those on their way end with the session.
    session.on("goaway", () => this.#close("closed"));
    this.#session = session;
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  ask(pending: Pending): Cancel {
    const octets = encodeQuery(pending.asking.query, { id: 0, padded: true });
    const stream = this.#session.request({
      ":method": "POST",
      ":path": this.#options.target.path ?? pathDefault,
      accept: mediaType,
      "content-type": mediaType,
      "content-length": octets.length,
    });
    this.#pending.set(stream, pending);
    readAnswer(stream, (answer) => this.#settle(stream, answer));
    stream.end(octets);
    return () => {
      if (!this.#pending.delete(stream)) return;
      stream.close(constants.NGHTTP2_CANCEL);
    };
  }

  destroy(): void {
    this.#close("closed");
  }

  #settle(stream: ClientHttp2Stream, answer: HttpAnswer): void {
    const pending = this.#pending.get(stream);
    if (!pending) return;
    // The session has ended with it, and says why.
    if (answer.failure === "closed" && this.#session.destroyed) return;
    this.#pending.delete(stream);
    if (answer.octets) this.answerCount++;
    pending.done(outcomeOf(answer, pending));
  }

  #close(failure: UpstreamFailure | undefined): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#session.destroy();
    this.#socket.destroy();
    this.onClose?.();
    const left = [...this.#pending.values()];
    this.#pending.clear();
    const reason = failure ?? this.#options.failureOf(this.#error);
    for (const { done } of left) done({ failure: reason });
  }
}

function originOf({ serverName, address, port }: UpstreamTarget): string {
  const host = serverName ?? address;
  return `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

type HttpAnswer =
  | { octets: Uint8Array; ageSeconds: number; failure?: undefined }
  | { failure: UpstreamFailure; octets?: undefined };

/** Reads the response of one request; calls `done` once. */
function readAnswer(stream: ClientHttp2Stream, done: (answer: HttpAnswer) => void): void {
  const parts: Uint8Array[] = [];
  let size = 0;
  let ageSeconds = 0;
  const fail = (failure: UpstreamFailure): void => {
    done({ failure });
    stream.close(constants.NGHTTP2_CANCEL);
  };
  stream.on("response", (headers) => {
    const failure = failureIn(headers);
    if (failure) fail(failure);
    ageSeconds = Number(headers.age ?? 0) || 0;
  });
  stream.on("data", (octets: Uint8Array) => {
    size += octets.length;
    if (size > messageSizeMax) return fail("malformed");
    parts.push(octets);
  });
  stream.on("end", () => size > 0 && done({ octets: Buffer.concat(parts), ageSeconds }));
  stream.on("error", () => {});
  stream.on("close", () => done({ failure: "closed" }));
}

function failureIn(
  headers: IncomingHttpHeaders & IncomingHttpStatusHeader,
): UpstreamFailure | undefined {
  if (headers[":status"] !== 200) return "refused";
  const type = headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  return type === mediaType ? undefined : "malformed";
}

function outcomeOf(answer: HttpAnswer, { asking }: Pending): Outcome {
  if (!answer.octets) return answer;
  const expected = { query: asking.query, id: 0, anyCase: true };
  const matched = matchResponse(answer.octets, expected);
  if (typeof matched !== "string") return { message: aged(matched, answer.ageSeconds) };
  asking.onMismatch(matched);
  return { failure: "malformed" };
}

/** With the time in HTTP caches taken off the TTLs (RFC 8484 §5.1). */
function aged(message: Message, seconds: number): Message {
  if (seconds <= 0) return message;
  const agedRecords = (records: Message["answer"]): Message["answer"] =>
    records.map((record) => ({ ...record, ttl: Math.max(0, record.ttl - seconds) }));
  return {
    ...message,
    answer: agedRecords(message.answer),
    authority: agedRecords(message.authority),
  };
}
