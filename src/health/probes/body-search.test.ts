import { deflateRawSync, deflateSync, gzipSync } from "node:zlib";

import {
  answers,
  drips,
  repeats,
  response,
  stallsAfter,
} from "../../../test/support/misbehaving-server.ts";
import type { Behaviour } from "../../../test/support/misbehaving-server.ts";
import { shortMs, testProbes } from "../../../test/support/probe-cases.ts";
import { Reason } from "./reason.ts";

const { httpStatus, httpStatusFailed, badResponse, connectionReset } = Reason;
const { stringFound, stringNotFound, bodyTimeout, bodyUndecodable } = Reason;

/** A body in which the string ends with this octet, counted from 1. */
const endingAt = (size: number): string => `${"x".repeat(size - 6)}needle`;
const search = { search: "needle" };
const fails = { ...search, bodyTimeoutMs: shortMs };

function chunked(...parts: string[]): string {
  const chunks = parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`);
  return `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks.join("")}0\r\n\r\n`;
}

testProbes("searchBody() searches the body:", [
  { name: "found", does: answers(response("200 OK", "a needle.")), with: search, finds: [2, 200] },
  {
    name: "not found",
    does: answers(response("200 OK", "hay")),
    with: search,
    finds: [stringNotFound, 200],
  },
  {
    name: "case matters",
    does: answers(response("200 OK", "Needle")),
    with: search,
    finds: [stringNotFound, 200],
  },
  {
    name: "a failing status is not searched",
    does: answers(response("500 Oh", "needle")),
    with: search,
    finds: [httpStatusFailed, 500],
  },
  {
    name: "a redirect's body is searched",
    does: answers(response("302 Found", "needle")),
    with: search,
    finds: [stringFound, 302],
  },
  {
    name: "ends at octet 5,120",
    does: answers(response("200 OK", endingAt(5_120))),
    with: search,
    finds: [stringFound, 200],
  },
  {
    name: "ends at octet 5,121",
    does: answers(response("200 OK", endingAt(5_121))),
    with: search,
    finds: [stringNotFound, 200],
  },
  {
    name: "begins at octet 5,121",
    does: answers(response("200 OK", endingAt(5_126))),
    with: search,
    finds: [stringNotFound, 200],
  },
  {
    name: "not in a body without end",
    does: repeats("HTTP/1.1 200 OK\r\n\r\n", "x".repeat(1_000)),
    with: search,
    finds: [stringNotFound, 200],
  },
  {
    name: "in octets beyond ASCII",
    does: answers(response("200 OK", "Grüße, Welt")),
    with: { search: "üße" },
    finds: [stringFound, 200],
  },
  { name: "no body", does: answers(response("200 OK")), with: search, finds: [46, 200] },
  {
    name: "no body by its status",
    does: answers("HTTP/1.1 204 No Content\r\n\r\n"),
    with: search,
    finds: [stringNotFound, 204],
  },
  {
    name: "a body that ends with the connection",
    does: answers("HTTP/1.1 200 OK\r\n\r\nneedl", "e"),
    with: search,
    finds: [stringFound, 200],
  },
  {
    name: "over two packets",
    does: (socket) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\nnee");
      setTimeout(() => socket.write("dle"), 20);
    },
    with: search,
    finds: [stringFound, 200],
  },
  { name: "chunked", does: answers(chunked("nee", "d", "le")), with: search, finds: [2, 200] },
  {
    name: "chunked, over the limit",
    does: answers(chunked("x".repeat(5_115), "needle")),
    with: search,
    finds: [stringNotFound, 200],
  },
  {
    name: "a chunk of no size",
    does: answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nneedle\r\n0\r\n\r\n"),
    with: search,
    finds: [badResponse, 0],
  },
  {
    name: "chunks of one octet without end",
    does: repeats("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n".repeat(99)),
    with: search,
    finds: [stringNotFound, 200],
  },
  {
    name: "longer than its Content-Length",
    does: answers("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nxxxneedle"),
    with: search,
    finds: [stringNotFound, 200],
  },
  {
    name: "shorter than its Content-Length",
    does: answers("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nxxx"),
    with: search,
    finds: [connectionReset, 0],
  },
  {
    name: "found in one that is shorter than its Content-Length",
    does: answers("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nneedle"),
    with: search,
    finds: [stringFound, 200],
  },
  {
    name: "found, then silence",
    does: stallsAfter("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nneedle"),
    with: search,
    finds: [stringFound, 200],
  },
  {
    name: "silence after the head",
    does: stallsAfter("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"),
    with: fails,
    finds: [bodyTimeout, 0],
  },
  {
    name: "a body that drips",
    does: (socket) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      drips(endingAt(400), 5)(socket, "");
    },
    with: fails,
    finds: [bodyTimeout, 0],
  },
]);

function coded(coding: string, octets: Uint8Array): Behaviour {
  return answers(response("200 OK", octets, `Content-Encoding: ${coding}\r\n`));
}

const bomb = Buffer.alloc(50_000_000, "x");
const corrupt = gzipSync(endingAt(400)).fill(0xff, 12, 24);
const emptyBlocks = Buffer.alloc(100_000, Uint8Array.of(0, 0, 0, 0xff, 0xff));

testProbes("searchBody() undoes compression:", [
  { name: "gzip", does: coded("gzip", gzipSync("a needle")), with: search, finds: [2, 200] },
  { name: "GZIP", does: coded("GZIP", gzipSync("a needle")), with: search, finds: [2, 200] },
  { name: "x-gzip", does: coded("x-gzip", gzipSync("needle")), with: search, finds: [2, 200] },
  { name: "deflate", does: coded("deflate", deflateSync("needle")), with: search, finds: [2, 200] },
  {
    name: "deflate without its header",
    does: coded("deflate", deflateRawSync("a needle")),
    with: search,
    finds: [stringFound, 200],
  },
  {
    name: "gzip, not found",
    does: coded("gzip", gzipSync("hay")),
    with: search,
    finds: [stringNotFound, 200],
  },
  {
    name: "gzip, ends at octet 5,120",
    does: coded("gzip", gzipSync(endingAt(5_120))),
    with: search,
    finds: [stringFound, 200],
  },
  {
    name: "gzip, ends at octet 5,121",
    does: coded("gzip", gzipSync(endingAt(5_121))),
    with: search,
    finds: [stringNotFound, 200],
  },
  {
    name: "gzip, the compressed octets are not searched",
    does: coded("gzip", gzipSync("needle", { level: 0 }).subarray(0, 12)),
    with: { search: gzipSync("needle").subarray(0, 2).toString("latin1") },
    finds: [bodyUndecodable, 0],
  },
  { name: "a gzip bomb", does: coded("gzip", gzipSync(bomb)), with: search, finds: [46, 200] },
  {
    name: "a deflate bomb",
    does: coded("deflate", deflateSync(bomb)),
    with: search,
    finds: [46, 200],
  },
  {
    name: "deflate of empty blocks",
    does: coded("deflate", emptyBlocks),
    with: search,
    finds: [bodyUndecodable, 0],
  },
  { name: "corrupt gzip", does: coded("gzip", corrupt), with: search, finds: [bodyUndecodable, 0] },
  {
    name: "no gzip at all",
    does: coded("gzip", Buffer.from("needle")),
    with: search,
    finds: [bodyUndecodable, 0],
  },
  {
    name: "gzip cut off",
    does: coded("gzip", gzipSync(endingAt(400)).subarray(0, 20)),
    with: search,
    finds: [bodyUndecodable, 0],
  },
  { name: "gzip of nothing", does: coded("gzip", Buffer.alloc(0)), with: search, finds: [46, 200] },
  {
    name: "a coding that was not offered",
    does: coded("br", Buffer.from("needle")),
    with: search,
    finds: [bodyUndecodable, 0],
  },
  {
    name: "not looked at without a string",
    does: coded("br", Buffer.from("?")),
    finds: [httpStatus, 200],
  },
  {
    name: "gzip that stalls",
    does: stallsAfter(
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n",
      gzipSync(endingAt(400)).subarray(0, 12),
    ),
    with: fails,
    finds: [bodyTimeout, 0],
  },
]);
