/**
 * Endpoints for `bench/health-probes.ts`: `tools/node bench/probe-endpoints.ts CERT KEY` prints
 * `ready HTTP-PORT HTTPS-PORT` and answers every request with the same 200, until SIGTERM.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";

const [certFile = "", keyFile = ""] = process.argv.slice(2);
const answer = Buffer.from(
  "HTTP/1.1 200 OK\r\nServer: endpoint\r\nContent-Type: text/html\r\n" +
    "Content-Length: 20\r\nConnection: close\r\n\r\n<p>all is well</p>\r\n",
);
const serve = (socket: Socket): void => {
  socket.on("error", () => {});
  socket.once("data", () => socket.end(answer));
};
const tls = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
const servers = [createServer({ noDelay: true }, serve), createTlsServer(tls, serve)];
servers[1]?.on("tlsClientError", () => {});
const ports = await Promise.all(servers.map(listen));
console.log(`ready ${ports.join(" ")}`);

async function listen(server: Server): Promise<number> {
  await new Promise<void>((done) => server.listen({ port: 0, backlog: 4_096 }, done));
  return (server.address() as AddressInfo).port;
}
