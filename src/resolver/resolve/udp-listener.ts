import type { RemoteInfo, Socket } from "node:dgram";
import { parseScopedIp } from "../../base/ip.ts";
import type { IpAddress } from "../../base/ip.ts";
import { dgramSendQueueSizeMax, udpQuerySizeMax } from "../../base/limits.ts";
import { bindUdp } from "../../dataplane/server/dgram-driver.ts";
import type { Endpoint } from "../../dataplane/server/socket-address.ts";

/** A query over UDP: where it comes from, and the address that was asked. */
export type DatagramClient = { address: IpAddress; port: number; local: Endpoint };

/** DNS over node:dgram, where there are no front workers. */
export class UdpListener {
  readonly #answer: (query: Uint8Array, client: DatagramClient) => Promise<Uint8Array | undefined>;
  #sockets: Socket[] = [];

  /** @param answer resolves to the response; undefined: none. Never rejects */
  constructor(
    answer: (query: Uint8Array, client: DatagramClient) => Promise<Uint8Array | undefined>,
  ) {
    this.#answer = answer;
  }

  /** No endpoint may be a wildcard: node:dgram does not tell which address was asked. */
  async listen(endpoints: readonly Endpoint[]): Promise<void> {
    this.#sockets = await Promise.all(
      endpoints.map((endpoint) => bindUdp(endpoint, { reusePort: false })),
    );
    for (const [i, socket] of this.#sockets.entries()) {
      const local = endpoints[i] as Endpoint;
      socket.on("message", (query, from) => void this.#receive(socket, { query, from, local }));
      socket.on("error", () => undefined);
    }
  }

  async stop(): Promise<void> {
    const closing = this.#sockets.map(
      (socket) => new Promise<void>((resolve) => socket.close(() => resolve())),
    );
    this.#sockets = [];
    await Promise.all(closing);
  }

  async #receive(
    socket: Socket,
    { query, from, local }: { query: Buffer; from: RemoteInfo; local: Endpoint },
  ): Promise<void> {
    const address = parseScopedIp(from.address);
    if (!address || query.length > udpQuerySizeMax) return;
    const octets = new Uint8Array(query);
    const response = await this.#answer(octets, { address, port: from.port, local });
    if (!response || !this.#sockets.includes(socket)) return;
    if (socket.getSendQueueSize() > dgramSendQueueSizeMax) return;
    socket.send(response, from.port, from.address, () => undefined);
  }
}
