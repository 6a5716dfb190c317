import assert from "node:assert/strict";
import { createSecureServer, createServer } from "node:http2";
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { AddressInfo, Server } from "node:net";
import { test } from "node:test";

import { certificate, opensslPath } from "../../../test/support/certificates.ts";
import {
  answers,
  response,
  startMisbehavingServer,
} from "../../../test/support/misbehaving-server.ts";
import { allow } from "../../../test/support/probe-cases.ts";
import { testWith } from "../../../test/support/peers.ts";
import { probe } from "./probe.ts";
import type { ProbeSpec } from "./probe-spec.ts";
import { Reason } from "./reason.ts";

type Handler = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;
type Given = Partial<ProbeSpec & { kind: "grpc" }>;

const made = certificate({ names: ["a.example"] });
const spec = {
  kind: "grpc",
  tls: false,
  service: "",
  address: "127.0.0.1",
  timeoutMs: 10_000,
} as const;

/** A gRPC server that answers a call with a message and a status. */
function replies(message: readonly number[], status = "0"): Handler {
  return (stream) => {
    stream.respond(
      { ":status": 200, "content-type": "application/grpc" },
      { waitForTrailers: true },
    );
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": status }));
    stream.end(Uint8Array.of(0, 0, 0, 0, message.length, ...message));
  };
}

async function run(handler: Handler, given: Given = {}) {
  const server = given.tls ? createSecureServer(made()) : createServer();
  const seen: IncomingHttpHeaders[] = [];
  const bodies: number[][] = [];
  server.on("sessionError", () => {});
  server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    seen.push(headers);
    stream.on("error", () => {});
    stream.on("data", (octets: Buffer) => bodies.push([...octets]));
    handler(stream, headers);
  });
  const port = await listen(server as Server);
  const result = await probe({ ...spec, port, ...given }, { allow });
  await new Promise((resolve) => server.close(resolve));
  return { ...result, headers: seen[0], bodies, port };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((done) => server.listen({ host: "127.0.0.1", port: 0 }, done));
  return (server.address() as AddressInfo).port;
}

const { grpcServing, grpcNotServing, grpcFailed, badResponse, responseTimeout } = Reason;
const onlyHeaders =
  (headers: Record<string, string | number>): Handler =>
  (stream) =>
    stream.respond(headers, { endStream: true });

const cases: [string, Handler, Given, Reason, number][] = [
  ["SERVING", replies([8, 1]), {}, grpcServing, 1],
  ["SERVING over TLS", replies([8, 1]), { tls: true, host: "a.example" }, grpcServing, 1],
  ["NOT_SERVING", replies([8, 2]), {}, grpcNotServing, 2],
  ["UNKNOWN", replies([]), {}, grpcNotServing, 0],
  ["SERVICE_UNKNOWN", replies([8, 3]), {}, grpcNotServing, 3],
  ["the status UNAVAILABLE", replies([8, 1], "14"), {}, grpcFailed, 14],
  [
    "NOT_FOUND in headers alone",
    onlyHeaders({ ":status": 200, "grpc-status": "5" }),
    {},
    grpcFailed,
    5,
  ],
  ["HTTP status 503", onlyHeaders({ ":status": 503 }), {}, grpcFailed, 503],
  ["no gRPC status", onlyHeaders({ ":status": 200 }), {}, badResponse, 0],
  ["a message cut short", replies([8]), {}, badResponse, 0],
  ["silence", () => {}, { timeoutMs: 80 }, responseTimeout, 0],
  ["a stream that is reset", (stream) => stream.close(8), {}, badResponse, 0],
  [
    "a message without end",
    (stream) => {
      stream.respond({ ":status": 200 });
      stream.write(Buffer.alloc(100_000));
    },
    {},
    badResponse,
    0,
  ],
];

for (const [name, handler, given, reason, detail] of cases) {
  testWith(given.tls ? [opensslPath] : [], `probeGrpc() ${name}`, async () => {
    const result = await run(handler, given);
    assert.deepEqual([result.reason, result.detail], [reason, detail]);
  });
}

test("probeGrpc() calls Health/Check with the service's name", async () => {
  const { headers, bodies, port, firstByteMs } = await run(replies([8, 1]), {
    service: "ab",
    host: "a.example",
  });
  assert.equal(headers?.[":path"], "/grpc.health.v1.Health/Check");
  assert.equal(headers?.[":authority"], `a.example:${port}`);
  assert.equal(headers?.["content-type"], "application/grpc");
  assert.equal(headers?.te, "trailers");
  assert.deepEqual(bodies, [[0, 0, 0, 0, 4, 10, 2, 97, 98]]);
  assert.ok(firstByteMs > 0);
});

testWith([opensslPath], "probeGrpc() finds servers that speak something else", async () => {
  const http1 = await startMisbehavingServer(answers(response("400 Bad")), { atConnection: true });
  const tls = await startMisbehavingServer(answers(), { tls: made() });
  const one = await probe({ ...spec, port: http1.port }, { allow });
  const two = await probe({ ...spec, port: tls.port, tls: true }, { allow });
  await http1.stop();
  await tls.stop();
  assert.deepEqual([one.reason, two.reason], [badResponse, badResponse]);
});
