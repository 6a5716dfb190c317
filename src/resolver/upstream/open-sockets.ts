import { connect as connectTcp, isIP } from "node:net";
import type { Socket } from "node:net";
import { checkServerIdentity, connect as connectTls, createSecureContext } from "node:tls";
import type { SecureContext, TLSSocket } from "node:tls";

import type { Random } from "../../base/random.ts";
import type { Connection } from "./connection-pool.ts";
import type { Destination } from "./exchange.ts";
import { failureOf } from "./exchange.ts";
import { createHttpsConnection } from "./https-connection.ts";
import { createStreamConnection } from "./stream-connection.ts";
import type { UpstreamFailure, UpstreamTarget } from "./upstream.ts";

export type OpenOptions = {
  random: Random;
  /** Certificates (PEM) of authorities that are trusted in place of the runtime's; for tests. */
  authorities?: readonly string[];
};

/** How the three kinds of connections are opened. */
export function connectionOpeners({ random, authorities }: OpenOptions) {
  const context = authorities
    ? createSecureContext({ ca: [...authorities] })
    : createSecureContext();
  return {
    tcp: (to: Destination): Connection =>
      createStreamConnection(openTcp(to), { random, padded: false, failureOf: failureOfTcp }),
    tls: (to: Destination): Connection => {
      const socket = openTls(to, { context, protocol: "dot" });
      return createStreamConnection(socket, {
        random,
        padded: true,
        failureOf: (error) => failureOfTls(socket, error),
      });
    },
    https: (to: Destination): Connection => {
      const socket = openTls(to, { context, protocol: "h2" });
      return createHttpsConnection(socket, {
        target: to.target,
        failureOf: (error) => failureOfTls(socket, error),
      });
    },
  };
}

function openTcp({ target, source }: Destination): Socket {
  const { address: host, port } = target;
  return connectTcp({ host, port, ...(source !== undefined && { localAddress: source }) });
}

/** The name that the certificate must have. */
function certificateNameOf({ serverName, address }: UpstreamTarget): string {
  return serverName ?? address;
}

type TlsOptions = { context: SecureContext; protocol: "dot" | "h2" };

function openTls(to: Destination, { context, protocol }: TlsOptions): TLSSocket {
  const name = certificateNameOf(to.target);
  return connectTls({
    socket: openTcp(to),
    secureContext: context,
    minVersion: "TLSv1.2",
    ALPNProtocols: [protocol],
    // An address is no server name (RFC 6066 §3).
    ...(isIP(name) === 0 && { servername: name }),
    checkServerIdentity: (_name, certificate) => checkServerIdentity(name, certificate),
  });
}

/** A socket that ended without an error was closed by the other end. */
function failureOfTcp(error: Error | undefined): UpstreamFailure {
  return error ? failureOf(error) : "closed";
}

function failureOfTls(socket: TLSSocket, error: Error | undefined): UpstreamFailure {
  const failure = failureOfTcp(error);
  // Secured at last or not: what no errno names is TLS's, and so is an end before it.
  const isNamed = failure === "refused" || failure === "busy" || isErrno(error);
  if (isNamed && failure !== "closed") return failure;
  return socket.authorized && failure === "closed" ? "closed" : "tls";
}

function isErrno(error: NodeJS.ErrnoException | undefined): boolean {
  return error?.syscall !== undefined;
}
