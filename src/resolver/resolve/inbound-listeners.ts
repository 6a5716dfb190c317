import { createServer as createTlsServer } from "node:tls";
import type { Server, Socket } from "node:net";
import { inboundListenerCountMax, tlsHandshakeMaxMs } from "../../base/limits.ts";
import type { IpAddress } from "../../base/ip.ts";
import { addressesOf } from "../../control/model/resolver-endpoint.ts";
import type { EndpointProtocol, ResolverEndpoint } from "../../control/model/resolver-endpoint.ts";
import { isIpv6, isUnspecified } from "../../dataplane/server/socket-address.ts";
import type { Endpoint } from "../../dataplane/server/socket-address.ts";
import type { TcpOptions } from "../../dataplane/server/tcp-options.ts";
import type { ResolverListener } from "../front/hand-over.ts";
import type { CertificateFile } from "./certificate-file.ts";
import { HttpsListener } from "./https-listener.ts";
import type { Transport } from "./query-handler.ts";
import { TcpListener } from "./tcp-listener.ts";
import { UdpListener } from "./udp-listener.ts";

/** Where queries for a VPC are to arrive. */
export type InboundPlace = Endpoint & {
  protocol: EndpointProtocol;
  endpointId: string;
  /** Whoever asks was referred here, by name servers elsewhere. */
  isDelegation: boolean;
};

export type InboundPorts = Readonly<Record<EndpointProtocol, number>>;

export type InboundClient = {
  address: IpAddress;
  port: number;
  transport: Transport;
  /** The address that was asked. */
  local: InboundPlace;
};

export type InboundListenersOptions = {
  tcp: TcpOptions;
  /** None: DoT and DoH cannot be had. */
  certificate: CertificateFile | undefined;
  isLocalAddress(address: string): boolean;
  /** Whether a listener of the settings has a place already: it tells VPCs by the address asked. */
  isCovered(place: InboundPlace): boolean;
  /** Resolves to the response; undefined: none. Never rejects. */
  answer(query: Uint8Array, client: InboundClient): Promise<Uint8Array | undefined>;
  /** What is listened on has changed. */
  onChange(): void;
};

/** How inbound endpoints fare, by address. */
export type InboundReport = {
  /** Addresses where all protocols are listened on. */
  open: string[];
  /** Why one is not, in a sentence. */
  problems: [address: string, problem: string][];
};

/** Something that listens at one place. */
type Listening = {
  /** Over streams, where it has any. */
  readonly connectionCount?: number;
  stop(): Promise<void>;
};

/** The places that endpoints ask for, at the ports that the settings say. */
export function inboundPlaces(
  endpoints: readonly ResolverEndpoint[],
  ports: InboundPorts,
): InboundPlace[] {
  return endpoints.flatMap((endpoint) =>
    addressesOf(endpoint).flatMap((address) =>
      endpoint.protocols.map((protocol) => ({
        ...{ address, protocol, port: ports[protocol], endpointId: endpoint.id },
        isDelegation: endpoint.direction === "INBOUND_DELEGATION",
      })),
    ),
  );
}

/** Whether a listener that tells VPCs by the address asked has a place. */
export function isCovered(
  { address, port, protocol }: InboundPlace,
  listeners: readonly ResolverListener[],
): boolean {
  if (protocol !== "Do53") return false;
  return listeners.some(({ endpoint, vpcId }) => {
    if (endpoint.port !== port || vpcId !== undefined) return false;
    if (!isUnspecified(endpoint)) return endpoint.address === address;
    return isIpv6(endpoint) === address.includes(":");
  });
}

/** Listens where inbound endpoints say, as far as the addresses are this machine's. */
export class InboundListeners {
  readonly #options: InboundListenersOptions;
  #wanted = new Map<string, InboundPlace>();
  readonly #open = new Map<string, Listening>();
  /** By place; those not there and not open are about to be. */
  readonly #problems = new Map<string, string>();
  #turn: Promise<void> = Promise.resolve();
  #isStopping = false;

  constructor(options: InboundListenersOptions) {
    this.#options = options;
  }

  /** Opens and closes until all is as wanted; what fails is a problem until it is tried again. */
  update(places: readonly InboundPlace[]): Promise<void> {
    this.#wanted = new Map(places.map((place) => [keyOf(place), place]));
    return this.retry();
  }

  /** Tries again what could not be listened on, and leaves what is no address of ours any more. */
  retry(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#reconcile());
    return this.#turn;
  }

  report(): InboundReport {
    const problems = new Map<string, string>();
    const open = new Set<string>();
    for (const [key, { address }] of this.#wanted) {
      const problem = this.#problems.get(key);
      if (problem !== undefined && !problems.has(address)) problems.set(address, problem);
      if (this.#open.has(key)) open.add(address);
    }
    return { open: [...open].filter((address) => !problems.has(address)), problems: [...problems] };
  }

  /** Connections of clients, over TCP, TLS and HTTPS. */
  get connectionCount(): number {
    return [...this.#open.values()].reduce((sum, one) => sum + (one.connectionCount ?? 0), 0);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#wanted = new Map();
    await this.retry();
  }

  async #reconcile(): Promise<void> {
    const before = JSON.stringify(this.report());
    const wanted = this.#wanted;
    for (const key of this.#problems.keys()) if (!wanted.has(key)) this.#problems.delete(key);
    for (const [key, listening] of this.#open) {
      const place = wanted.get(key);
      if (place && this.#options.isLocalAddress(place.address)) continue;
      this.#open.delete(key);
      await listening.stop();
    }
    for (const [key, place] of wanted) {
      if (!this.#open.has(key)) await this.#tryOpen(key, place);
    }
    if (!this.#isStopping && JSON.stringify(this.report()) !== before) this.#options.onChange();
  }

  async #tryOpen(key: string, place: InboundPlace): Promise<void> {
    const obstacle = this.#obstacle(place);
    if (obstacle !== undefined) {
      this.#problems.set(key, obstacle);
      return;
    }
    try {
      this.#open.set(key, await this.#listen(place));
      this.#problems.delete(key);
    } catch (error) {
      this.#problems.set(key, bindProblem(place, error as NodeJS.ErrnoException));
    }
  }

  #obstacle(place: InboundPlace): string | undefined {
    const { address, port, protocol, isDelegation } = place;
    if (!this.#options.isLocalAddress(address)) {
      return `${address} is no address of this machine: nothing arrives at it.`;
    }
    if (this.#open.size >= inboundListenerCountMax) {
      return `Nothing listens on ${address}: ${this.#open.size} listeners are the limit.`;
    }
    if (isDelegation && this.#options.isCovered(place)) {
      return `A listener of the settings has ${address} port ${port}: it answers as a resolver.`;
    }
    if (protocol === "Do53" || this.#options.certificate) return undefined;
    return `${protocol} on ${address} needs a certificate (setting resolver-certificate).`;
  }

  async #listen(place: InboundPlace): Promise<Listening> {
    if (place.protocol === "DoH") return this.#listenHttps(place);
    if (place.protocol === "DoT") return this.#listenTcp(place, "TLS");
    if (this.#options.isCovered(place)) return { stop: () => Promise.resolve() };
    const tcp = await this.#listenTcp(place, "TCP");
    try {
      const udp = await this.#listenUdp(place);
      return {
        get connectionCount() {
          return tcp.connectionCount ?? 0;
        },
        stop: async () => void (await Promise.all([tcp.stop(), udp.stop()])),
      };
    } catch (error) {
      await tcp.stop();
      throw error;
    }
  }

  async #listenUdp(local: InboundPlace): Promise<Listening> {
    const udp = new UdpListener((query, { address, port }) =>
      this.#options.answer(query, { address, port, transport: "UDP", local }),
    );
    await udp.listen([{ address: local.address, port: local.port }]);
    return udp;
  }

  async #listenTcp(local: InboundPlace, transport: "TCP" | "TLS"): Promise<Listening> {
    const { certificate } = this.#options;
    const tcp = new TcpListener({
      tcp: this.#options.tcp,
      answer: (query, { address, port }) =>
        this.#options.answer(query, { address, port, transport, local }),
      ...(transport === "TLS" && certificate ? { createServer: tlsServerOf(certificate) } : {}),
    });
    try {
      await tcp.listen([{ host: local.address, port: local.port, ipv6Only: true }]);
    } catch (error) {
      await tcp.stop();
      throw error;
    }
    return tcp;
  }

  async #listenHttps(local: InboundPlace): Promise<Listening> {
    const { certificate, tcp } = this.#options;
    if (!certificate) throw new Error("No certificate");
    const https = new HttpsListener({
      ...{ certificate, tcp },
      answer: (query, { address, port }) =>
        this.#options.answer(query, { address, port, transport: "HTTPS", local }),
    });
    try {
      await https.listen(local);
    } catch (error) {
      await https.stop();
      throw error;
    }
    return https;
  }
}

/** DNS over TLS (RFC 7858). */
function tlsServerOf(certificate: CertificateFile): (accept: (socket: Socket) => void) => Server {
  return (accept) => {
    const server = createTlsServer(
      {
        ...certificate.context,
        ALPNProtocols: ["dot"],
        handshakeTimeout: tlsHandshakeMaxMs,
        allowHalfOpen: true,
      },
      accept,
    );
    server.on("tlsClientError", () => undefined);
    certificate.attach(server);
    return server;
  };
}

function keyOf({ protocol, address, port, endpointId }: InboundPlace): string {
  return `${protocol} ${address} ${port} ${endpointId}`;
}

function bindProblem({ address, port }: InboundPlace, error: NodeJS.ErrnoException): string {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: "another program has it",
    EACCES: "this user may not",
    EADDRNOTAVAIL: "it is no address of this machine",
  };
  const reason = reasons[error.code ?? ""] ?? error.message;
  return `Cannot listen on ${address} port ${port}: ${reason}.`;
}
