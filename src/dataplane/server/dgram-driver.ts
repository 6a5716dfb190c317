import { createSocket } from "node:dgram";
import type { RemoteInfo, Socket } from "node:dgram";
import { parseScopedIp } from "../../base/ip.ts";
import { dgramSendQueueSizeMax, udpQuerySizeMax } from "../../base/limits.ts";
import type { CounterBlock } from "../../telemetry/counters.ts";
import { createArena } from "./driver.ts";
import type { Answerer, PacketArena } from "./driver.ts";
import { isIpv6, socketAddressSize, writeSocketAddress } from "./socket-address.ts";
import type { Endpoint } from "./socket-address.ts";
import { addTo, sendErrors, udpCounters } from "./worker-counters.ts";

const queryOffset = socketAddressSize;
const responseOffset = queryOffset + udpQuerySizeMax;
/** Elsewhere one worker takes all packets. */
export const canSharePort = process.platform === "linux";
const otherError = sendErrors.length - 1;

/** UDP over node:dgram: an event and several allocations a packet, but runs wherever Node does. */
export class DgramDriver {
  readonly arena: PacketArena;
  readonly #counters: CounterBlock;
  #sockets: Socket[] = [];

  constructor(options: { responseSizeMax: number; counters: CounterBlock }) {
    this.arena = createArena(responseOffset + options.responseSizeMax);
    this.#counters = options.counters;
  }

  /**
   * Answers at all endpoints; none may be a wildcard, as node:dgram does not tell which address a
   * packet was sent to.
   */
  async start(endpoints: readonly Endpoint[], answerer: Answerer): Promise<void> {
    const options = { reusePort: canSharePort };
    this.#sockets = await Promise.all(endpoints.map((endpoint) => bindUdp(endpoint, options)));
    for (const socket of this.#sockets) {
      socket.on("message", (message, client) =>
        this.#answer({ socket, message, client }, answerer),
      );
      socket.on("error", () => addTo(this.#counters, udpCounters.index.receiveErrors, 1));
    }
  }

  async stop(): Promise<void> {
    const closing = this.#sockets.map(
      (socket) => new Promise<void>((resolve) => socket.close(() => resolve())),
    );
    this.#sockets = [];
    await Promise.all(closing);
  }

  #answer(packet: { socket: Socket; message: Buffer; client: RemoteInfo }, answerer: Answerer) {
    const { socket, message, client } = packet;
    addTo(this.#counters, udpCounters.index.batches, 1);
    const ip = parseScopedIp(client.address);
    if (message.length > udpQuerySizeMax || !ip)
      return addTo(this.#counters, udpCounters.index.oversized, 1);
    const { bytes } = this.arena;
    writeSocketAddress(bytes, 0, ip);
    bytes.set(message, queryOffset);
    const size = answerer.answer(queryOffset, message.length, responseOffset);
    if (size === 0) return;
    if (socket.getSendQueueSize() > dgramSendQueueSizeMax) return this.#countSendError("EAGAIN");
    const response = bytes.slice(responseOffset, responseOffset + size);
    socket.send(response, client.port, client.address, (error) => {
      if (error) this.#countSendError((error as NodeJS.ErrnoException).code ?? "");
    });
  }

  #countSendError(code: string): void {
    const series = (sendErrors as readonly string[]).indexOf(code);
    addTo(this.#counters, udpCounters.index.sendErrors + (series < 0 ? otherError : series), 1);
  }
}

/** A bound socket; with `reusePort` several workers can bind one address. */
export function bindUdp(endpoint: Endpoint, options: { reusePort: boolean }): Promise<Socket> {
  const socket = createSocket({
    type: isIpv6(endpoint) ? "udp6" : "udp4",
    ipv6Only: isIpv6(endpoint),
    ...options,
  });
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ ...endpoint, exclusive: true }, () => {
      socket.removeListener("error", reject);
      resolve(socket);
    });
  });
}
