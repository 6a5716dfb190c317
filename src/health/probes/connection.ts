import { connect } from "node:net";
import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { TLSSocket } from "node:tls";

import type { Attempt } from "./attempt.ts";
import { handshakeTimedOut } from "./detail.ts";
import { Reason } from "./reason.ts";
import { openContext, validatingContext } from "./tls-contexts.ts";

export type ConnectionOptions = {
  /** An IP address in canonical form, checked. */
  address: string;
  port: number;
  /** To the connection; what may come after it gets `afterConnectMs`. */
  connectTimeoutMs: number;
};

export type TlsOptions = {
  /** Goes into the ClientHello; absent: no SNI. */
  serverName: string | undefined;
  alpn: string;
  /** From the connection on: handshake and what follows. */
  afterConnectMs: number;
  /** Whether to load the trusted roots, so that `authorized` means something. */
  validate: boolean;
};

/**
 * Takes a socket that is open.
 * @param letGo from then on the socket's end is not the attempt's; its errors still are
 */
export type OnReady<S> = (socket: S, letGo: () => void) => void;

/**
 * Opens a TCP connection of its own for a probe; closed when the attempt ends. Errors end the
 * attempt.
 */
export function openTcp(
  attempt: Attempt,
  options: ConnectionOptions,
  onReady: OnReady<Socket>,
): void {
  const startedAt = performance.now();
  attempt.limit(options.connectTimeoutMs, Reason.connectTimeout);
  const socket = connect({ host: options.address, port: options.port, noDelay: true });
  const letGo = watch(attempt, socket);
  socket.once("connect", () => {
    attempt.connectMs = performance.now() - startedAt;
    attempt.step(() => onReady(socket, letGo));
  });
}

/** The same with TLS: ready when the handshake is done. */
export function openTls(
  attempt: Attempt,
  options: ConnectionOptions & TlsOptions,
  onReady: OnReady<TLSSocket>,
): void {
  const startedAt = performance.now();
  attempt.limit(options.connectTimeoutMs, Reason.connectTimeout);
  const socket = connectTls({
    host: options.address,
    port: options.port,
    secureContext: options.validate ? validatingContext() : openContext(),
    // Whether a certificate will do is judged after the handshake, if at all.
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    ALPNProtocols: [options.alpn],
    ...(options.serverName === undefined ? {} : { servername: options.serverName }),
  });
  const letGo = watch(attempt, socket);
  let connectedAt = startedAt;
  socket.once("connect", () => {
    connectedAt = performance.now();
    attempt.connectMs = connectedAt - startedAt;
    socket.setNoDelay(true);
    attempt.limit(options.afterConnectMs, Reason.tlsFailed, handshakeTimedOut);
  });
  socket.once("secureConnect", () => {
    attempt.tlsMs = performance.now() - connectedAt;
    attempt.step(() => onReady(socket, letGo));
  });
}

function watch(attempt: Attempt, socket: Socket): () => void {
  attempt.closes(() => socket.destroy());
  // The listener stays when the attempt has ended: a late error must find one.
  socket.on("error", (error) => endWithError(attempt, error));
  const onClose = (): void => attempt.end(Reason.connectionReset);
  socket.on("close", onClose);
  return () => void socket.off("close", onClose);
}

const reasons: Readonly<Record<string, Reason>> = {
  ECONNREFUSED: Reason.connectionRefused,
  ECONNRESET: Reason.connectionReset,
  EPIPE: Reason.connectionReset,
  ECONNABORTED: Reason.connectionReset,
  ETIMEDOUT: Reason.connectTimeout,
  EHOSTUNREACH: Reason.unreachable,
  ENETUNREACH: Reason.unreachable,
  EHOSTDOWN: Reason.unreachable,
  ENETDOWN: Reason.unreachable,
};

/** What this machine lacks or forbids: nothing is learned of the endpoint. */
const ownErrors: ReadonlySet<string> = new Set(
  `EMFILE ENFILE ENOBUFS ENOMEM EAGAIN EADDRNOTAVAIL EADDRINUSE EAFNOSUPPORT EACCES EPERM`.split(
    " ",
  ),
);

/** Ends an attempt with what a socket's error means. */
export function endWithError(attempt: Attempt, error: NodeJS.ErrnoException): void {
  if (attempt.ended) return;
  const { code = "" } = error;
  const alert = /SSL alert number (\d+)/.exec(error.message);
  if (alert) return attempt.end(Reason.tlsAlert, Number(alert[1]));
  if (ownErrors.has(code)) return attempt.end(Reason.internal);
  // What no list has is the endpoint's doing as well.
  const isTls = /^(EPROTO|ERR_(SSL|TLS|OSSL))/.test(code);
  attempt.end(reasons[code] ?? (isTls ? Reason.tlsFailed : Reason.badResponse));
}
