import { request } from "node:http";
import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";

import { probeHeadSizeMax, probeInterimCountMax } from "../../base/limits.ts";
import type { Attempt } from "./attempt.ts";
import { searchBody } from "./body-search.ts";
import { certificateIncludes, certificateProblem } from "./certificate.ts";
import { endWithError, openTcp, openTls } from "./connection.ts";
import { hostHeaderOf, serverNameOf } from "./endpoint.ts";
import type { HttpProbeSpec } from "./probe-spec.ts";
import { Reason } from "./reason.ts";

const userAgent = "Signpost-Health-Check/1";

/**
 * Asks an endpoint over HTTP/1.1 as Route 53 does: a connection of its own, a status of 2xx or 3xx
 * in time (a redirect is a success and is not followed), and with `search` a string in the first
 * octets of the body.
 *
 * On `node:http` over a socket opened here, without an agent: with all that is around it, it takes
 * less CPU than an undici client for each probe does alone (measured: bench/health-probes.ts).
 * Besides, undici takes an interim 100 response as an error, which RFC 9110 §15.2 does not allow.
 *
 * "Developer Guide: How Route 53 determines whether an endpoint is healthy".
 */
export function probeHttp(attempt: Attempt, spec: HttpProbeSpec, address: string): void {
  const { port, connectTimeoutMs } = spec;
  if (spec.tls) return openHttps(attempt, { spec, address, withName: spec.sni });
  openTcp(attempt, { address, port, connectTimeoutMs }, (socket, letGo) => {
    letGo();
    attempt.limit(spec.responseTimeoutMs, Reason.responseTimeout);
    ask(attempt, { spec, address, socket, openedMs: attempt.connectMs });
  });
}

type Https = { spec: HttpProbeSpec; address: string; withName: boolean };

function openHttps(attempt: Attempt, { spec, address, withName }: Https): void {
  const serverName = withName ? serverNameOf(spec) : undefined;
  const options = {
    address,
    port: spec.port,
    connectTimeoutMs: spec.connectTimeoutMs,
    serverName,
    alpn: "http/1.1",
    afterConnectMs: spec.responseTimeoutMs,
    validate: spec.validateCertificate === true,
  };
  openTls(attempt, options, (socket, letGo) => {
    letGo();
    const looksAt = serverName !== undefined || options.validate;
    // Once: a second call finds nothing.
    const certificate = looksAt ? socket.getPeerX509Certificate() : undefined;
    if (serverName !== undefined && !certificateIncludes(certificate, serverName)) {
      // Route 53 tries once more without SNI: the endpoint may have a certificate for that case.
      // It is another attempt, with the same time limits.
      socket.destroy();
      return openHttps(attempt, { spec, address, withName: false });
    }
    if (options.validate) {
      const problem = certificateProblem(socket, { certificate, name: spec.host || address });
      if (problem !== undefined) return attempt.end(Reason.certificateInvalid, problem);
    }
    const openedMs = attempt.connectMs + attempt.tlsMs;
    attempt.limit(spec.responseTimeoutMs - attempt.tlsMs, Reason.responseTimeout);
    ask(attempt, { spec, address, socket, openedMs });
  });
}

type Asked = { spec: HttpProbeSpec; address: string; socket: Socket; openedMs: number };

function ask(attempt: Attempt, { spec, address, socket, openedMs }: Asked): void {
  const sent = request({
    createConnection: () => socket,
    path: escapePath(spec.path),
    headers: headersOf(spec, address),
    maxHeaderSize: probeHeadSizeMax,
    setHost: false,
  });
  // However many headers: their size is what is bounded.
  sent.maxHeadersCount = 0;
  const sentAt = performance.now();
  sent.on("socket", () => {
    socket.prependOnceListener("data", () => (attempt.firstByteMs = performance.now() - sentAt));
  });
  watchRequest(attempt, sent);
  sent.once("response", (response) =>
    attempt.step(() => judge(attempt, { spec, response, openedMs })),
  );
  sent.end();
}

function watchRequest(attempt: Attempt, sent: ClientRequest): void {
  let interim = 0;
  sent.on("information", () => {
    if (++interim > probeInterimCountMax) attempt.end(Reason.badResponse);
  });
  // 101 was not asked for.
  sent.on("upgrade", (response) => attempt.end(Reason.httpStatusFailed, response.statusCode));
  let response: IncomingMessage | undefined;
  sent.once("response", (received) => (response = received));
  sent.on("error", (error: NodeJS.ErrnoException) => {
    // What comes after a whole response is not looked at; its body may still be.
    if (response?.complete) return;
    if (error.code === "HPE_HEADER_OVERFLOW") return attempt.end(Reason.headersTooLarge);
    if (error.code?.startsWith("HPE_")) return attempt.end(Reason.badResponse);
    endWithError(attempt, error);
  });
  sent.on("close", () => response?.complete || attempt.end(Reason.connectionReset));
}

function headersOf(spec: HttpProbeSpec, address: string): Record<string, string> {
  const headers = {
    Host: hostHeaderOf(spec, address),
    "User-Agent": userAgent,
    Accept: "*/*",
    Connection: "close",
  };
  // Only what can be undone may be done to a body that is looked at.
  return spec.search === undefined ? headers : { ...headers, "Accept-Encoding": "gzip, deflate" };
}

/** RFC 9112 §3.2: what may not stand in a request line goes as percent and hexadecimal digits. */
function escapePath(path: string): string {
  const escaped = path.replace(/[^\u0021-\u007e]/gu, (c) =>
    Buffer.from(c).reduce((text, octet) => `${text}%${hex(octet)}`, ""),
  );
  return escaped.startsWith("/") ? escaped : `/${escaped}`;
}

function hex(octet: number): string {
  return octet.toString(16).toUpperCase().padStart(2, "0");
}

type Answer = { spec: HttpProbeSpec; response: IncomingMessage; openedMs: number };

function judge(attempt: Attempt, { spec, response, openedMs }: Answer): void {
  const { statusCode = 0 } = response;
  if (headSize(response) > probeHeadSizeMax) return attempt.end(Reason.headersTooLarge);
  if (statusCode < 200 || statusCode > 399) {
    return attempt.end(Reason.httpStatusFailed, statusCode);
  }
  const tookMs = openedMs + attempt.firstByteMs;
  if (spec.responseTimeMaxMs !== undefined && tookMs > spec.responseTimeMaxMs) {
    return attempt.end(Reason.tooSlow, Math.round(tookMs));
  }
  if (spec.search === undefined) return attempt.end(Reason.httpStatus, statusCode);
  attempt.limit(spec.bodyTimeoutMs, Reason.bodyTimeout);
  searchBody(attempt, response, Buffer.from(spec.search));
}

/** Octets of status line and headers; the parser's own limit does not count what is between. */
function headSize({ rawHeaders, statusMessage = "" }: IncomingMessage): number {
  const statusLine = "HTTP/1.1 200 ".length + statusMessage.length + 2;
  // A name ends with ": ", a value with a line break.
  return rawHeaders.reduce((size, text) => size + text.length + 2, statusLine) + 2;
}
