import { createSocket } from "node:dgram";

import type { Destination } from "./exchange.ts";

/** A socket of one query, at a port that nobody knows. */
export type UdpSocket = {
  send(octets: Uint8Array): void;
  close(): void;
};

export type UdpListener = {
  /** It may send now. */
  onReady(): void;
  onMessage(octets: Uint8Array, from: { address: string; port: number }): void;
  onError(error: NodeJS.ErrnoException): void;
};

/** Opens a socket; the listener is called later only, and not after `close`. */
export type OpenUdp = (to: Destination, listener: UdpListener) => UdpSocket;

/**
 * A socket of the system, which picks its port by chance. It is connected: the kernel drops what
 * comes from elsewhere, and says at once where nobody listens.
 */
export const openSystemUdp: OpenUdp = ({ target, source }, listener) => {
  const family = target.address.includes(":") ? 6 : 4;
  const socket = createSocket({
    type: family === 6 ? "udp6" : "udp4",
    // Addresses are no names: nothing is looked up.
    lookup: (address, _options, done) => done(null, address, family),
  });
  let isOpen = true;
  const guarded =
    <Arguments extends unknown[]>(run: (...given: Arguments) => void) =>
    (...given: Arguments): void => {
      if (isOpen) run(...given);
    };
  socket.on(
    "error",
    guarded((error) => listener.onError(error)),
  );
  socket.on(
    "message",
    guarded((octets, from) => listener.onMessage(octets, from)),
  );
  const connect = guarded((): void => {
    socket.connect(
      target.port,
      target.address,
      guarded(() => listener.onReady()),
    );
  });
  if (source === undefined) connect();
  else socket.bind({ address: source, port: 0, exclusive: true }, connect);
  return {
    send: guarded((octets: Uint8Array) =>
      socket.send(
        octets,
        guarded((error: Error | null) => error && listener.onError(error)),
      ),
    ),
    close: guarded(() => {
      isOpen = false;
      socket.close();
    }),
  };
};
