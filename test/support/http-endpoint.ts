import { once } from "node:events";
import { createServer } from "node:http";
import type { RequestListener, Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A web server of a test, on loopback. */
export type HttpEndpoint = { port: number; url: string; stop(): Promise<void> };

/** @param listener default: answers 200 */
export async function startHttpEndpoint(
  listener: RequestListener = (_, response) => void response.end("fine"),
): Promise<HttpEndpoint> {
  const server: Server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  };
  return { port, url: `http://127.0.0.1:${port}`, stop };
}
