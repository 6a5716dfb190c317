import { loadLibc } from "../../dataplane/server/libc.ts";
import type { Libc } from "../../dataplane/server/libc.ts";
import { decodeSocketAddress } from "../../dataplane/server/socket-address.ts";
import type { ListenTarget } from "../../dataplane/server/tcp-server.ts";
import { parseIp } from "../../base/ip.ts";
import { ClientReplies } from "../front/client-replies.ts";
import { HandOverReader } from "../front/hand-over-reader.ts";
import type { HandedQuery, ResolverListener, ResolverStart } from "../front/hand-over.ts";
import type { Client, Transport } from "./query-handler.ts";
import type { ResolverCore } from "./resolver-core.ts";
import { TcpListener } from "./tcp-listener.ts";
import { UdpListener } from "./udp-listener.ts";

/** How long the reader of the rings sleeps where nobody wakes it. */
const ringWaitMs = 1_000;
/** Queries taken from the rings before others on the thread have a turn. */
const ringTurnCount = 64;

/** All ways that clients' queries come in by, and their answers leave. */
export class ClientSockets {
  readonly #core: ResolverCore;
  readonly #start: ResolverStart;
  readonly #tcp: TcpListener;
  readonly #udp: UdpListener;
  #libc: Libc | undefined;
  #replies: ClientReplies | undefined;
  #sendErrorCount = 0;
  #isStopping = false;

  constructor(core: ResolverCore, start: ResolverStart) {
    this.#core = core;
    this.#start = start;
    this.#tcp = new TcpListener({
      tcp: start.tcp,
      answer: (query, { address, port, listener, local }) => {
        const from = core.viewOfClient(address, listener, local);
        return core.answer(query, { ...from, address, port, transport: "TCP" });
      },
    });
    const listenerAt = indexOfListener(start.listeners);
    this.#udp = new UdpListener((query, { address, port, local }) => {
      const from = core.viewOfClient(address, listenerAt(local), local);
      return core.answer(query, { ...from, address, port, transport: "UDP" });
    });
  }

  get tcpConnectionCount(): number {
    return this.#tcp.connectionCount;
  }

  /** Responses that the system refused to send. */
  get sendErrorCount(): number {
    return this.#sendErrorCount;
  }

  async listen(): Promise<void> {
    const { listeners, udpEndpoints } = this.#start;
    const needsLibc = listeners.some(({ tcpFd }) => tcpFd !== undefined);
    if (needsLibc || udpEndpoints.length === 0) this.#libc = loadLibc();
    await this.#tcp.listen(listeners.map((listener) => this.#targetOf(listener)));
    await this.#udp.listen(udpEndpoints);
    if (udpEndpoints.length > 0) return;
    this.#replies = new ClientReplies(this.#libc ?? loadLibc());
    void this.#readRings();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all([this.#tcp.stop(), this.#udp.stop()]);
  }

  /** Node closes what it listens on, so it gets copies of the main thread's sockets. */
  #targetOf({ endpoint, tcpFd }: ResolverListener): ListenTarget {
    if (tcpFd !== undefined && this.#libc) return { fd: this.#libc.dup(tcpFd) };
    return { host: endpoint.address, port: endpoint.port, ipv6Only: true };
  }

  async #readRings(): Promise<void> {
    const reader = new HandOverReader(this.#start.handOver);
    while (!this.#isStopping) {
      let count = 0;
      for (let query = reader.take(); query; query = reader.take()) {
        void this.#answerHanded(query);
        if (++count % ringTurnCount === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      if (count === 0) await reader.wait(ringWaitMs);
    }
  }

  async #answerHanded(query: HandedQuery): Promise<void> {
    const { address, port } = decodeSocketAddress(query.client);
    const ip = parseIp(address);
    if (!ip) return;
    const { isPrefetch } = query;
    const transport: Transport = "UDP";
    // A view that is gone: the VPC is, or a thread before this one had told its number.
    const view = this.#core.view(query.view) ?? this.#core.viewOfClient(ip, query.listener).view;
    const client: Client = { view, address: ip, port, transport, isPrefetch };
    const response = await this.#core.answer(query.query, client);
    if (!response || isPrefetch || this.#isStopping) return;
    if (this.#replies?.send(query, response) !== 0) this.#sendErrorCount++;
  }
}

/** The listener at an address; −1: none. */
function indexOfListener(listeners: readonly ResolverListener[]) {
  return ({ address, port }: { address: string; port: number }): number => {
    const same = listeners.findIndex(
      ({ endpoint }) => endpoint.port === port && endpoint.address === address,
    );
    if (same >= 0) return same;
    // One of the addresses that a wildcard stands for.
    return listeners.findIndex(({ endpoint }) => endpoint.port === port);
  };
}
