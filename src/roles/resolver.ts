import type { MessagePort } from "node:worker_threads";
import type { KeyedUpdate } from "../control/compiler/compiler.ts";
import type { Store } from "../control/log/open-store.ts";
import type { Endpoint } from "../dataplane/server/socket-address.ts";
import { tcpOptionsDefault } from "../dataplane/server/tcp-options.ts";
import { openFront } from "../resolver/front/front-server.ts";
import type { Front } from "../resolver/front/front-server.ts";
import type { ResolverListener } from "../resolver/front/hand-over.ts";
import { startResolver } from "../resolver/resolve/resolver.ts";
import type { Resolver } from "../resolver/resolve/resolver.ts";
import type { Logger } from "../telemetry/logger.ts";
import { formatMetrics } from "../telemetry/metrics-text.ts";
import type { ZoneTaker } from "./publisher.ts";
import { resolverMetrics } from "./resolver-metrics.ts";
import type { Settings } from "./settings.ts";

export type ResolverRoleOptions = {
  settings: Settings;
  /** `Store.connect()`. */
  connectStore(): MessagePort;
  /** Memory of the StatusTable that answers go by. */
  status: SharedArrayBuffer;
  logger: Logger;
};

/** The resolver of this process: its front workers, and the thread that they hand over to. */
export class ResolverRole implements ZoneTaker {
  readonly resolver: Resolver;
  readonly #front: Front;

  /**
   * Opens the sockets and starts the thread, which waits for the store by itself. Queries wait in
   * the sockets until `start()`.
   * @throws ListenError
   */
  static async open(options: ResolverRoleOptions): Promise<ResolverRole> {
    const { settings, status, logger } = options;
    const { listen, workers, cacheSize } = settings.resolver;
    const { io, udpPayloadSizeMax, coalesceUs, pinWorkers, busyPollUs } = settings;
    const front = await openFront({
      ...{ listen, workers, cacheSize, status, logger },
      ...{ io, udpPayloadSizeMax, coalesceUs, pinWorkers, busyPollUs },
      tcp: {
        ...tcpOptionsDefault,
        idleTimeoutMs: settings.tcpIdleTimeoutMs,
        connectionCountMax: settings.tcpConnectionsMax,
        connectionsPerClientMax: settings.tcpConnectionsPerClientMax,
      },
    });
    return new ResolverRole(front, options);
  }

  /** Use `ResolverRole.open`. */
  constructor(front: Front, { settings, connectStore, status, logger }: ResolverRoleOptions) {
    const { upstreams, cache, queryLogs, inbound } = settings.resolver;
    this.#front = front;
    if (upstreams.length === 0) {
      logger.warn("no upstream is set: the resolver knows no names but those of hosted zones");
    }
    this.resolver = startResolver({
      dataDir: settings.data,
      ...{ connectStore, status, upstreams },
      start: front.resolverStart,
      cacheSettings: cache,
      accountId: settings.account,
      inboundPorts: inbound.ports,
      certificate: inbound.certificate,
      queryLogDirectory: queryLogs,
      logLevel: settings.logLevel,
      onPlan: (views) => front.publish({ zones: [], views }),
      onRestart: (error) => logger.error({ err: error }, "resolver died and starts again"),
    });
  }

  /** Where it listens, with the ports it got. */
  get addresses(): readonly Endpoint[] {
    return this.#front.addresses;
  }

  get listeners(): readonly ResolverListener[] {
    return this.#front.resolverStart.listeners;
  }

  get workers(): { wanted: number; live: number; restarts: number } {
    return this.#front.workers;
  }

  follow(store: Store): void {
    store.log.onCommitted((committed) => this.resolver.committed(committed));
  }

  async take(updates: readonly KeyedUpdate[], seq: number): Promise<void> {
    const zones = updates.map(({ zoneKey, zoneId, isPrivate, image }) => ({
      ...{ zoneKey, zoneId, isPrivate, image },
    }));
    await Promise.all([
      this.#front.publish({ zones }),
      this.resolver.publish(zones),
      this.resolver.written(seq),
    ]);
  }

  async takeLocations(locations: SharedArrayBuffer): Promise<void> {
    await Promise.all([
      this.resolver.publishLocations(locations),
      this.#front.publish({ zones: [], locations }),
    ]);
  }

  /** Answers from now on. */
  async start(): Promise<void> {
    await this.resolver.ready;
    await this.#front.start();
  }

  metricsText(): string {
    const summary = this.resolver.summary();
    const restarts = this.resolver.restartCount();
    return this.#front.metricsText() + formatMetrics(resolverMetrics(summary, restarts));
  }

  /** What is amiss, one sentence each. */
  problems(): string[] {
    const { wanted, live } = this.#front.workers;
    const missing = wanted - live;
    const front =
      missing > 0 ? [`${missing} of ${wanted} threads of the resolver's front wait`] : [];
    return [...front, ...this.resolver.problems()];
  }

  /** Answers what has been received, then ends. */
  async stop(): Promise<void> {
    await this.#front.stop();
    await this.resolver.stop();
    this.#front.close();
  }
}
