import { createSocket } from "node:dgram";
import type { Socket as UdpSocket } from "node:dgram";
import { createSecureServer } from "node:http2";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";

import { encodeMessage } from "../../src/dns/wire/encode-message.ts";
import { decodeMessage } from "../../src/dns/wire/message.ts";
import type { Message } from "../../src/dns/wire/message.ts";
import type { UpstreamTarget } from "../../src/resolver/upstream/upstream.ts";
import type { Certificate } from "./certificates.ts";

export type UpstreamTransport = "udp" | "tcp" | "tls" | "https";

/** One response: a message (fields not given are the query's), or octets as they are. */
export type ScriptedResponse =
  | Partial<Message>
  | Uint8Array
  | {
      response: Partial<Message> | Uint8Array;
      delayMs?: number;
      /** Sent from another port of the same address; UDP. */
      fromOtherPort?: boolean;
      /** Added to the id. */
      idOffset?: number;
      /** HTTPS. */
      status?: number;
      mediaType?: string;
      ageSeconds?: number;
    };

/** What is sent: nothing, one response, several, or the end of the connection. */
export type UpstreamScript = (
  query: Message,
  how: { transport: UpstreamTransport; octets: Uint8Array },
) => ScriptedResponse | ScriptedResponse[] | "close" | null;

export type ScriptedUpstream = {
  /** UDP and TCP. */
  port: number;
  target: UpstreamTarget;
  /** With `tls` only: the same script over TLS and HTTPS. */
  tlsTarget: UpstreamTarget;
  httpsTarget: UpstreamTarget;
  /** As they came, oldest first. */
  queries: { message: Message; transport: UpstreamTransport; sourcePort: number }[];
  /** Connections accepted so far. */
  connectionCount: number;
  stop(): Promise<void>;
};

export type ScriptedUpstreamOptions = {
  tls?: Certificate;
  /** Name that the certificate is for. */
  serverName?: string;
  address?: string;
  /** Default: UDP and TCP at one port that is free. */
  port?: number;
  /** Without it a connection is refused. Default true. */
  hasTcp?: boolean;
};

type Sent = {
  octets: Uint8Array;
  delayMs: number;
  how: Extract<ScriptedResponse, { response: unknown }>;
};

/** A name server on loopback that answers as a test says, well or badly, over all transports. */
export async function startScriptedUpstream(
  script: UpstreamScript,
  options: ScriptedUpstreamOptions = {},
): Promise<ScriptedUpstream> {
  const address = options.address ?? "127.0.0.1";
  const connections = new Set<Socket>();
  const upstream = {
    queries: [] as ScriptedUpstream["queries"],
    connectionCount: 0,
  };
  const play: Play = (octets, { transport, sourcePort }) => {
    const query = decodeMessage(octets);
    upstream.queries.push({ message: query, transport, sourcePort });
    const given = script(query, { transport, octets });
    if (given === "close") return "close";
    if (given === null) return [];
    return (Array.isArray(given) ? given : [given]).map((each) => sentOf(query, each));
  };
  const keep = (socket: Socket): void => {
    upstream.connectionCount++;
    connections.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => connections.delete(socket));
  };
  const tcp = createServer((socket) => serveStream(socket, "tcp", play)).on("connection", keep);
  const tls = createTlsServer({ ...options.tls, ALPNProtocols: ["dot"] }, (socket) =>
    serveStream(socket, "tls", play),
  ).on("connection", keep);
  tls.on("tlsClientError", () => {});
  const https = httpsServer(options.tls, play).on("connection", keep);
  const { udp, port } = await bindBoth(tcp, { address, port: options.port ?? 0 });
  if (options.hasTcp === false) await new Promise((done) => tcp.close(done));
  const other = createSocket(address.includes(":") ? "udp6" : "udp4");
  await new Promise<void>((done) => other.bind(0, address, done));
  serveUdp({ udp, other }, play);
  const encrypted = options.tls ? [tls, https] : [];
  const ports = await Promise.all(
    encrypted.map(async (server) => {
      await new Promise<void>((done) => server.listen(0, address, done));
      return (server.address() as AddressInfo).port;
    }),
  );
  const serverName = options.serverName === undefined ? {} : { serverName: options.serverName };
  return Object.assign(upstream, {
    port,
    target: { address, port, protocol: "Do53" } as const,
    tlsTarget: { address, port: ports[0] ?? 0, protocol: "DoT", ...serverName } as const,
    httpsTarget: { address, port: ports[1] ?? 0, protocol: "DoH", ...serverName } as const,
    async stop(): Promise<void> {
      for (const connection of connections) connection.destroy();
      await Promise.all([
        ...[udp, other].map((socket) => new Promise<void>((done) => socket.close(done))),
        ...[tcp, ...encrypted].map((server) => new Promise((done) => server.close(done))),
      ]);
    },
  });
}

type Play = (
  octets: Uint8Array,
  from: { transport: UpstreamTransport; sourcePort: number },
) => Sent[] | "close";

function sentOf(query: Message, given: ScriptedResponse): Sent {
  const how = "response" in given ? given : { response: given };
  const { response, delayMs = 0, idOffset = 0 } = how;
  if (response instanceof Uint8Array) return { octets: response, delayMs, how };
  const octets = encodeMessage({
    ...query,
    edns: undefined,
    ...response,
    id: ((response.id ?? query.id) + idOffset) & 0xffff,
    flags: { qr: true, ra: true, ...response.flags },
  });
  return { octets, delayMs, how };
}

function later(delayMs: number, send: () => void): void {
  if (delayMs > 0) setTimeout(send, delayMs);
  else send();
}

function serveUdp({ udp, other }: { udp: UdpSocket; other: UdpSocket }, play: Play): void {
  let isOpen = true;
  udp.on("close", () => (isOpen = false));
  udp.on("message", (octets, from) => {
    const sent = play(octets, { transport: "udp", sourcePort: from.port });
    if (sent === "close") return;
    for (const { octets: response, delayMs, how } of sent) {
      const socket = how.fromOtherPort ? other : udp;
      later(delayMs, () => isOpen && socket.send(response, from.port, from.address, () => {}));
    }
  });
}

function serveStream(socket: Socket, transport: UpstreamTransport, play: Play): void {
  let received: Buffer = Buffer.alloc(0);
  socket.on("error", () => {});
  socket.on("data", (octets) => {
    received = Buffer.concat([received, octets]);
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
      const end = 2 + received.readUInt16BE(0);
      const sourcePort = socket.remotePort ?? 0;
      const sent = play(received.subarray(2, end), { transport, sourcePort });
      received = received.subarray(end);
      if (sent === "close") return void socket.destroy();
      for (const { octets: response, delayMs } of sent) {
        later(delayMs, () => {
          const length = Uint8Array.of(response.length >> 8, response.length & 255);
          // In two pieces, cut in the length: a reader must put them together.
          socket.write(length.subarray(0, 1));
          socket.write(Buffer.concat([length.subarray(1), response]));
        });
      }
    }
  });
}

function httpsServer(tls: Certificate | undefined, play: Play) {
  const server = createSecureServer({ ...tls }, (request, response) => {
    const parts: Uint8Array[] = [];
    request.on("data", (octets: Uint8Array) => parts.push(octets));
    request.on("end", () => {
      const from = { transport: "https", sourcePort: request.socket.remotePort ?? 0 } as const;
      const isDns = request.headers["content-type"] === "application/dns-message";
      const isPost = request.method === "POST" && request.url === "/dns-query";
      if (!isDns || !isPost) return void response.writeHead(404).end();
      const sent = play(Buffer.concat(parts), from);
      if (sent === "close") return void request.stream.session?.destroy();
      const [first] = sent;
      if (!first) return;
      const { status = 200, mediaType = "application/dns-message", ageSeconds } = first.how;
      later(first.delayMs, () => {
        const age = ageSeconds === undefined ? {} : { age: String(ageSeconds) };
        response.writeHead(status, { "content-type": mediaType, ...age });
        response.end(first.octets);
      });
    });
  });
  server.on("tlsClientError", () => {});
  server.on("sessionError", () => {});
  return server;
}

type Bindable = ReturnType<typeof createServer>;

/** Both at one port; where it is taken for one of them, another. */
async function bindBoth(tcp: Bindable, { address, port }: { address: string; port: number }) {
  for (let tried = 0; ; tried++) {
    await new Promise<void>((done) => tcp.listen({ host: address, port }, done));
    const { port: bound } = tcp.address() as AddressInfo;
    const udp = createSocket(address.includes(":") ? "udp6" : "udp4");
    try {
      await new Promise<void>((done, fail) => {
        udp.once("error", fail);
        udp.bind(bound, address, done);
      });
      return { udp, port: bound };
    } catch (error) {
      udp.close();
      await new Promise((done) => tcp.close(done));
      if (tried >= 10) throw error;
    }
  }
}
