import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { TlsOptions } from "node:tls";
import { Worker } from "node:worker_threads";

/** What a server does with a connection once the request's head is there (or at once). */
export type Behaviour = (socket: Socket, request: string) => void;

export type MisbehavingServer = {
  port: number;
  /** Heads of the requests so far. */
  requests: string[];
  /** Connections made so far. */
  connectionCount(): number;
  /** Resolves when every connection has been closed from the other side or by the behaviour. */
  allClosed(): Promise<void>;
  stop(): Promise<void>;
};

export type ServerOptions = {
  address?: string;
  tls?: TlsOptions;
  /** Behaves when a connection is made, without waiting for a request. */
  atConnection?: boolean;
};

/** A server on loopback that does to each connection what it is told to. */
export async function startMisbehavingServer(
  behave: Behaviour,
  options: ServerOptions = {},
): Promise<MisbehavingServer> {
  const sockets = new Set<Socket>();
  const requests: string[] = [];
  let connectionCount = 0;
  const take = (socket: Socket): void => {
    socket.on("error", () => {});
    if (options.atConnection) {
      // What is not read hides that the other side has closed.
      socket.resume();
      return behave(socket, "");
    }
    readHead(socket, (head) => {
      requests.push(head);
      behave(socket, head);
    });
  };
  const server = options.tls ? createTlsServer(options.tls, take) : createServer(take);
  server.on("tlsClientError", () => {});
  // With TLS this is the socket below it.
  server.on("connection", (socket: Socket) => {
    connectionCount++;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  const port = await listen(server, options.address ?? "127.0.0.1");
  return {
    port,
    requests,
    connectionCount: () => connectionCount,
    async allClosed() {
      while (sockets.size > 0) {
        await new Promise((resolve) => [...sockets][0]?.once("close", resolve));
      }
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function listen(server: Server, host: string): Promise<number> {
  await new Promise<void>((resolve) => server.listen({ host, port: 0 }, resolve));
  return (server.address() as AddressInfo).port;
}

function readHead(socket: Socket, onHead: (head: string) => void): void {
  let head = "";
  const read = (octets: Buffer): void => {
    head += octets.toString("latin1");
    if (!head.includes("\r\n\r\n")) return;
    socket.off("data", read);
    socket.resume();
    onHead(head);
  };
  socket.on("data", read);
}

/** Answers with these octets and ends the connection. */
export function answers(...octets: (string | Uint8Array)[]): Behaviour {
  return (socket) => {
    for (const part of octets) socket.write(part);
    socket.end();
  };
}

/** Sends octets one at a time, and then nothing. */
export function drips(text: string, everyMs: number): Behaviour {
  return (socket) => {
    let at = 0;
    const timer = setInterval(() => {
      if (at < text.length) socket.write(text.charAt(at++));
    }, everyMs);
    socket.on("close", () => clearInterval(timer));
  };
}

/** Sends something, then the same thing again and again as fast as it is taken. */
export function repeats(first: string | Uint8Array, more: string | Uint8Array): Behaviour {
  return (socket) => {
    const fill = (): void => {
      while (!socket.destroyed && socket.write(more));
    };
    socket.on("drain", fill);
    socket.write(first);
    fill();
  };
}

/** Sends this and then keeps the connection open in silence. */
export function stallsAfter(...octets: (string | Uint8Array)[]): Behaviour {
  return (socket) => {
    for (const part of octets) socket.write(part);
  };
}

/** Sends this and then resets the connection. */
export function resetsAfter(...octets: (string | Uint8Array)[]): Behaviour {
  return (socket) => {
    if (octets.length === 0) return void socket.resetAndDestroy();
    for (const part of octets.slice(0, -1)) socket.write(part);
    socket.write(octets.at(-1) ?? "", () => setImmediate(() => socket.resetAndDestroy()));
  };
}

/** A response of HTTP/1.1 with its length. */
export function response(status: string, body: string | Uint8Array = "", headers = ""): Buffer {
  const octets = Buffer.from(body);
  const head = `HTTP/1.1 ${status}\r\n${headers}Content-Length: ${octets.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, "latin1"), octets]);
}

export type Hole = { port: number; stop(): Promise<unknown> };

/**
 * A port where connections are neither made nor refused: a thread that listens and stands still,
 * with its queue filled.
 */
export async function startHole(): Promise<Hole> {
  const source = `
    const { createServer } = require("node:net");
    const { parentPort } = require("node:worker_threads");
    const server = createServer().listen({ host: "127.0.0.1", port: 0, backlog: 1 }, () => {
      parentPort.postMessage(server.address().port);
      setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
    });`;
  const worker = new Worker(source, { eval: true });
  const port = await new Promise<number>((resolve) => worker.once("message", resolve));
  const fillers = await fillQueue(port);
  return {
    port,
    stop() {
      for (const socket of fillers) socket.destroy();
      return worker.terminate();
    },
  };
}

/** Connects until a connection hangs. */
async function fillQueue(port: number): Promise<Socket[]> {
  const fillers: Socket[] = [];
  for (let hangs = false; !hangs;) {
    const socket = connect({ host: "127.0.0.1", port });
    socket.on("error", () => {});
    fillers.push(socket);
    hangs = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(true), 150);
      socket.once("connect", () => {
        clearTimeout(timer);
        resolve(false);
      });
    });
  }
  return fillers;
}
