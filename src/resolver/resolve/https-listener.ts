import { createSecureServer } from "node:http2";
import type { Http2SecureServer, Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { Socket } from "node:net";
import { once } from "node:events";
import { parseScopedIp } from "../../base/ip.ts";
import type { IpAddress } from "../../base/ip.ts";
import {
  httpsBodyMaxMs,
  messageSizeMax,
  tcpPipelineCountMax,
  tlsHandshakeMaxMs,
} from "../../base/limits.ts";
import { ClientConnections } from "../../dataplane/server/client-connections.ts";
import type { Endpoint } from "../../dataplane/server/socket-address.ts";
import type { TcpOptions } from "../../dataplane/server/tcp-options.ts";
import { decodeMessage, headerSize } from "../../dns/wire/message.ts";
import type { CertificateFile } from "./certificate-file.ts";

export type HttpsListenerOptions = {
  certificate: CertificateFile;
  tcp: TcpOptions;
  /** Resolves to the response; undefined: none. Never rejects. */
  answer(
    query: Uint8Array,
    client: { address: IpAddress; port: number },
  ): Promise<Uint8Array | undefined>;
};

const path = "/dns-query";
const mediaType = "application/dns-message";

/** DNS over HTTPS (RFC 8484), over HTTP/2 and HTTP/1.1. */
export class HttpsListener {
  readonly #options: HttpsListenerOptions;
  readonly #server: Http2SecureServer;
  readonly #sockets = new Set<Socket>();
  readonly #clients: ClientConnections;

  constructor(options: HttpsListenerOptions) {
    this.#options = options;
    const { tcp, certificate } = options;
    this.#clients = new ClientConnections(tcp.connectionsPerClientMax);
    this.#server = createSecureServer({
      ...certificate.context,
      allowHTTP1: true,
      handshakeTimeout: tlsHandshakeMaxMs,
      settings: { maxConcurrentStreams: tcpPipelineCountMax },
    });
    certificate.attach(this.#server);
    this.#server.maxConnections = tcp.connectionCountMax;
    this.#server.setTimeout(tcp.idleTimeoutMs);
    this.#server.on("connection", (socket: Socket) => this.#accept(socket));
    this.#server.on("tlsClientError", () => undefined);
    this.#server.on("sessionError", () => undefined);
    this.#server.on("session", (session) => {
      session.setTimeout(tcp.idleTimeoutMs, () => session.close());
    });
    this.#server.on("request", (request, response) => {
      // What fails here is a client that is gone, or a stream that is closed.
      this.#handle(request, response).catch(() => response.destroy());
    });
  }

  async listen({ address, port }: Endpoint): Promise<void> {
    const listening = once(this.#server, "listening"); // rejects where "error" comes first
    this.#server.listen({ host: address, port, ipv6Only: true });
    await listening;
    this.#server.on("error", () => undefined);
  }

  get connectionCount(): number {
    return this.#sockets.size;
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #accept(socket: Socket): void {
    const client = parseScopedIp(socket.remoteAddress);
    socket.on("error", () => undefined);
    // The client may be gone already, and with it its address.
    if (!client || !this.#clients.add(client)) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once("close", () => {
      this.#sockets.delete(socket);
      this.#clients.remove(client);
    });
  }

  async #handle(request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
    request.on("error", () => undefined);
    response.on("error", () => undefined);
    const query = await readQuery(request);
    if (typeof query === "number") return refuse(response, query);
    const { remoteAddress, remotePort = 0 } = request.socket;
    const address = parseScopedIp(remoteAddress);
    if (!address) return refuse(response, 400);
    const answer = await this.#options.answer(query, { address, port: remotePort });
    if (!answer) return refuse(response, 400);
    if (response.stream?.destroyed ?? response.destroyed) return;
    response.writeHead(200, {
      "content-type": mediaType,
      "content-length": answer.length,
      "cache-control": `max-age=${freshSeconds(answer)}`,
    });
    response.end(answer);
  }
}

function refuse(response: Http2ServerResponse, status: number): void {
  if (response.headersSent) return;
  response.writeHead(status);
  response.end();
}

/** The message in a request (RFC 8484 §4.1), or the status that refuses it. */
async function readQuery(request: Http2ServerRequest): Promise<Uint8Array | number> {
  const url = URL.parse(request.url ?? "", "https://resolver");
  if (!url) return 400;
  if (url.pathname !== path) return 404;
  const query = request.method === "GET" ? fromUrl(url) : await fromBody(request);
  if (typeof query === "number") return query;
  return query.length < headerSize ? 400 : query;
}

function fromUrl(url: URL): Uint8Array | number {
  const text = url.searchParams.get("dns") ?? "";
  return /^[\w-]+$/.test(text) ? new Uint8Array(Buffer.from(text, "base64url")) : 400;
}

async function fromBody(request: Http2ServerRequest): Promise<Uint8Array | number> {
  if (request.method !== "POST") return 405;
  if (request.headers["content-type"] !== mediaType) return 415;
  const chunks: Buffer[] = [];
  let size = 0;
  const deadline = setTimeout(() => request.destroy(), httpsBodyMaxMs);
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > messageSizeMax) return 413;
      chunks.push(chunk);
    }
  } catch {
    return 400; // the client is gone
  } finally {
    clearTimeout(deadline);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** The least TTL of an answer (RFC 8484 §5.1); of none that of the SOA record. */
function freshSeconds(octets: Uint8Array): number {
  try {
    const { answer, authority } = decodeMessage(octets);
    const ttls = (answer.length > 0 ? answer : authority).map(({ ttl }) => ttl);
    return ttls.length === 0 ? 0 : Math.min(...ttls);
  } catch {
    return 0;
  }
}
