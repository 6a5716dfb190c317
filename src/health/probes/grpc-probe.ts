import { connect } from "node:http2";
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from "node:http2";
import type { Socket } from "node:net";

import { probeGrpcMessageSizeMax, probeHeadSizeMax } from "../../base/limits.ts";
import type { Attempt } from "./attempt.ts";
import { endWithError, openTcp, openTls } from "./connection.ts";
import { hostHeaderOf, serverNameOf } from "./endpoint.ts";
import {
  decodeHealthResponse,
  encodeHealthRequest,
  healthCheckPath,
  ServingStatus,
} from "./grpc-health.ts";
import type { EndpointSpec } from "./probe-spec.ts";
import { Reason } from "./reason.ts";

export type GrpcProbeSpec = EndpointSpec & { tls: boolean; service: string; timeoutMs: number };

/**
 * Calls `grpc.health.v1.Health/Check` over HTTP/2; success is the status SERVING. Certificates are
 * not validated. The detail of `grpcFailed` is a gRPC status code, or an HTTP status from 100 on.
 */
export function probeGrpc(attempt: Attempt, spec: GrpcProbeSpec, address: string): void {
  const { port, timeoutMs } = spec;
  attempt.deadline(timeoutMs);
  const options = { address, port, connectTimeoutMs: timeoutMs };
  const asked = (socket: Socket): void => ask(attempt, { spec, address, socket });
  if (!spec.tls) return openTcp(attempt, options, asked);
  const tls = {
    serverName: serverNameOf(spec),
    alpn: "h2",
    afterConnectMs: timeoutMs,
    validate: false,
  };
  openTls(attempt, { ...options, ...tls }, (socket) => {
    if (socket.alpnProtocol !== "h2") return attempt.end(Reason.badResponse);
    asked(socket);
  });
}

type Asked = { spec: GrpcProbeSpec; address: string; socket: Socket };

function ask(attempt: Attempt, { spec, address, socket }: Asked): void {
  attempt.limit(spec.timeoutMs, Reason.responseTimeout);
  const authority = hostHeaderOf(spec, address);
  const session = connect(`${spec.tls ? "https" : "http"}://${authority}`, {
    createConnection: () => socket,
    settings: { enablePush: false, maxHeaderListSize: probeHeadSizeMax },
  });
  attempt.closes(() => session.destroy());
  session.on("error", (error) => endHttp2(attempt, error));
  // With code 0 a server says farewell and yet answers what it has been asked.
  session.on("goaway", (code) => code !== 0 && attempt.end(Reason.connectionReset));
  const stream = requestHealth(session, { spec, authority });
  stream.on("error", (error) => endHttp2(attempt, error));
  readAnswer(attempt, stream);
}

function requestHealth(
  session: ClientHttp2Session,
  { spec, authority }: { spec: GrpcProbeSpec; authority: string },
): ClientHttp2Stream {
  const stream = session.request({
    ":method": "POST",
    ":path": healthCheckPath,
    ":authority": authority,
    "content-type": "application/grpc",
    te: "trailers",
    "grpc-timeout": `${Math.trunc(spec.timeoutMs)}m`,
    "user-agent": "Signpost-Health-Check/1",
  });
  stream.end(encodeHealthRequest(spec.service));
  return stream;
}

function endHttp2(attempt: Attempt, error: NodeJS.ErrnoException): void {
  if (error.code?.startsWith("ERR_HTTP2")) attempt.end(Reason.badResponse);
  else endWithError(attempt, error);
}

/** Headers, one message and trailers; or headers alone, which are then the trailers too. */
function readAnswer(attempt: Attempt, stream: ClientHttp2Stream): void {
  const sentAt = performance.now();
  let message = Buffer.alloc(0);
  let status: number | undefined;
  stream.on("response", (headers) =>
    attempt.step(() => {
      attempt.firstByteMs = performance.now() - sentAt;
      const httpStatus = Number(headers[":status"]);
      if (httpStatus !== 200) return attempt.end(Reason.grpcFailed, httpStatus);
      status = grpcStatusIn(headers);
    }),
  );
  stream.on("trailers", (headers) => (status = grpcStatusIn(headers)));
  stream.on("data", (octets: Buffer) =>
    attempt.step(() => {
      message = Buffer.concat([message, octets]);
      if (message.length > probeGrpcMessageSizeMax) attempt.end(Reason.badResponse);
    }),
  );
  stream.on("end", () => attempt.step(() => judge(attempt, status, message)));
  stream.on("close", () => attempt.end(Reason.connectionReset));
}

function grpcStatusIn(headers: IncomingHttpHeaders): number | undefined {
  const text = headers["grpc-status"];
  return typeof text === "string" && /^\d{1,3}$/.test(text) ? Number(text) : undefined;
}

function judge(attempt: Attempt, status: number | undefined, message: Uint8Array): void {
  if (status === undefined) return attempt.end(Reason.badResponse);
  if (status !== 0) return attempt.end(Reason.grpcFailed, status);
  const serving = decodeHealthResponse(message);
  if (serving === undefined) return attempt.end(Reason.badResponse);
  const isServing = serving === ServingStatus.serving;
  attempt.end(isServing ? Reason.grpcServing : Reason.grpcNotServing, serving);
}
