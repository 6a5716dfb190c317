import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { portPickAttemptCountMax } from "../../base/limits.ts";
import { bindUdp } from "./dgram-driver.ts";
import { ListenError } from "./listen-error.ts";
import { isIpv6, isUnspecified } from "./socket-address.ts";
import type { Endpoint } from "./socket-address.ts";

/**
 * Endpoints that workers can bind by themselves, where sockets cannot be handed to them: port 0
 * becomes one that is free for UDP and TCP, and every endpoint has been bound once.
 * @throws ListenError
 */
export async function reserveEndpoints(endpoints: readonly Endpoint[]): Promise<Endpoint[]> {
  const reserved: Endpoint[] = [];
  for (const endpoint of endpoints) reserved.push(await reserveOne(endpoint));
  return reserved;
}

/**
 * A wildcard address becomes all addresses of its family that this machine has now: answers must
 * leave from the address that was asked, and a wildcard socket of Node does not tell which.
 */
export function concreteEndpoints(endpoints: readonly Endpoint[]): Endpoint[] {
  return endpoints.flatMap((endpoint) => {
    if (!isUnspecified(endpoint)) return [endpoint];
    const family = isIpv6(endpoint) ? "IPv6" : "IPv4";
    return Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter((info) => info.family === family && !info.scopeid)
      .map((info) => ({ address: info.address, port: endpoint.port }));
  });
}

async function reserveOne(endpoint: Endpoint): Promise<Endpoint> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryBind(endpoint);
    } catch (error) {
      const isTaken = error instanceof ListenError && error.code === "EADDRINUSE";
      if (endpoint.port !== 0 || !isTaken || attempt === portPickAttemptCountMax) throw error;
    }
  }
}

async function tryBind(endpoint: Endpoint): Promise<Endpoint> {
  const port = await bindTcpOnce(endpoint);
  const bound = { ...endpoint, port };
  try {
    const socket = await bindUdp(bound, { reusePort: false });
    await new Promise<void>((resolve) => socket.close(resolve));
  } catch (error) {
    throw ListenError.of("UDP", bound, error);
  }
  return bound;
}

function bindTcpOnce(endpoint: Endpoint): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(ListenError.of("TCP", endpoint, error)));
    const { address: host, port } = endpoint;
    server.listen({ host, port, ipv6Only: true, exclusive: true }, () => {
      const bound = server.address();
      const boundPort = bound && typeof bound === "object" ? bound.port : port;
      server.close(() => resolve(boundPort));
    });
  });
}
