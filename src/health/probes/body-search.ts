import type { IncomingMessage } from "node:http";
import { createInflateRaw, createUnzip } from "node:zlib";
import type { InflateRaw, Unzip } from "node:zlib";

import { probeBodySizeMax, probeCompressedSizeMax } from "../../base/limits.ts";
import type { Attempt } from "./attempt.ts";
import { Reason } from "./reason.ts";

/**
 * Looks for a string, wholly in the first 5,120 octets of a response's body, gzip or deflate undone.
 * Ends the attempt as soon as it is found or cannot be found any more.
 */
export function searchBody(attempt: Attempt, response: IncomingMessage, wanted: Buffer): void {
  const detail = response.statusCode;
  const body = new SearchedBody(wanted);
  const look = (octets: Buffer): void => {
    body.append(octets);
    if (body.found) attempt.end(Reason.stringFound, detail);
    else if (body.isFull) attempt.end(Reason.stringNotFound, detail);
  };
  const finish = (): void => attempt.end(Reason.stringNotFound, detail);
  const coding = codingOf(response);
  if (coding === "other") return attempt.end(Reason.bodyUndecodable);
  response.on("error", () => attempt.end(Reason.connectionReset));
  response.on("aborted", () => attempt.end(Reason.connectionReset));
  if (coding === "identity") {
    response.on("data", look);
    response.once("end", finish);
    return;
  }
  new Decompression(attempt, { coding, look, finish }).read(response);
}

/** The first octets of a body, and whether the string is in them. */
class SearchedBody {
  found = false;
  readonly #octets = Buffer.allocUnsafe(probeBodySizeMax);
  readonly #wanted: Buffer;
  #size = 0;

  constructor(wanted: Buffer) {
    this.#wanted = wanted;
    this.found = wanted.length === 0;
  }

  get isFull(): boolean {
    return this.#size === probeBodySizeMax;
  }

  append(octets: Buffer): void {
    const from = Math.max(0, this.#size - this.#wanted.length + 1);
    this.#size += octets.copy(this.#octets, this.#size);
    this.found ||= this.#octets.subarray(from, this.#size).includes(this.#wanted);
  }
}

type Coding = "identity" | "gzip" | "deflate" | "other";

/** RFC 9110 §8.4.1. */
function codingOf({ headers }: IncomingMessage): Coding {
  const name = (headers["content-encoding"] ?? "identity").trim().toLowerCase();
  if (name === "identity" || name === "") return "identity";
  if (name === "gzip" || name === "x-gzip") return "gzip";
  return name === "deflate" ? "deflate" : "other";
}

type Sink = { coding: Coding; look: (octets: Buffer) => void; finish: () => void };

/** Takes a compressed body in and hands out what it was; ends with the attempt. */
class Decompression {
  readonly #attempt: Attempt;
  readonly #sink: Sink;
  #stream: Unzip | InflateRaw | undefined;
  #taken = 0;

  constructor(attempt: Attempt, sink: Sink) {
    this.#attempt = attempt;
    this.#sink = sink;
  }

  read(response: IncomingMessage): void {
    response.on("data", (octets: Buffer) => this.#attempt.step(() => this.#take(octets)));
    response.once("end", () => {
      // Nothing at all, not even a header, is an empty body.
      if (this.#stream) this.#stream.end();
      else this.#sink.finish();
    });
  }

  #take(octets: Buffer): void {
    this.#taken += octets.length;
    if (this.#taken > probeCompressedSizeMax) return this.#attempt.end(Reason.bodyUndecodable);
    this.#stream ??= this.#open(octets[0] ?? 0);
    this.#stream.write(octets);
  }

  #open(firstOctet: number): Unzip | InflateRaw {
    // "deflate" is the zlib format (RFC 9110 §8.4.1.2); some servers send it bare. The zlib
    // header's first octet has method 8 in its low bits; as bare deflate this would be a stored
    // block with stray bits, which no compressor writes.
    const isBare = this.#sink.coding === "deflate" && (firstOctet & 15) !== 8;
    const options = { chunkSize: probeBodySizeMax };
    const stream = isBare ? createInflateRaw(options) : createUnzip(options);
    this.#attempt.closes(() => stream.destroy());
    stream.on("error", () => this.#attempt.end(Reason.bodyUndecodable));
    stream.on("data", this.#sink.look);
    stream.once("end", this.#sink.finish);
    return stream;
  }
}
