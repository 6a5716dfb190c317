import { Worker } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { filledPort } from "../../base/filled-port.ts";
import { KeptThread } from "../../base/kept-thread.ts";
import { numbersPerThread, resolverThreadStopMaxMs } from "../../base/limits.ts";
import { accountSharedMemory } from "../../base/shared-memory.ts";
import type { Committed } from "../../control/model/committed.ts";
import { protocolPorts } from "../../control/model/resolver-rule.ts";
import { inPieces } from "../../dataplane/server/served-zones.ts";
import type { LogLevel } from "../../telemetry/logger.ts";
import type { ResolverStart, ResolverZoneUpdate, ViewChange } from "../front/hand-over.ts";
import type { UpstreamTarget } from "../upstream/upstream.ts";
import type { CacheSettings } from "./cache-settings.ts";
import type { CertificatePaths } from "./certificate-file.ts";
import type { InboundPorts } from "./inbound-listeners.ts";
import { planTables } from "./read-plan.ts";
import type {
  FromResolver,
  ResolverSummary,
  ResolverThreadData,
  ToResolver,
} from "./resolver-messages.ts";

export type ResolverOptions = {
  dataDir: string;
  /** Opens a port to the store: `Store.connect()`. */
  connectStore(): MessagePort;
  start: ResolverStart;
  /** The resolvers that know the public's names; none: such names fail. */
  upstreams: readonly UpstreamTarget[];
  cacheSettings: CacheSettings;
  /** Memory of the StatusTable that routed sets go by. */
  status: SharedArrayBuffer;
  accountId: string;
  /** Where inbound endpoints listen on their addresses; default: at the protocols' own ports. */
  inboundPorts?: InboundPorts;
  /** What they show to clients of DoT and DoH, which need it. */
  certificate?: CertificatePaths | undefined;
  /** Where the query logs of VPCs are. */
  queryLogDirectory: string;
  logLevel: LogLevel;
  /** Brings the front what it has to know; resolves when all its workers go by it. */
  onPlan(change: ViewChange): Promise<void>;
  /** The thread died and is started again; the front answers what it can meanwhile. */
  onRestart?(error: Error): void;
  /** The file of the thread; another one in tests. */
  url?: URL;
};

/** The resolver thread, as the main thread sees it. */
export type Resolver = {
  /** It listens, and goes by the state as it was at its start. */
  readonly ready: Promise<void>;
  /** Hands over images; resolves when the thread answers from them. */
  publish(zones: readonly ResolverZoneUpdate[]): Promise<void>;
  /** Resolves when the thread finds clients in this table. */
  publishLocations(locations: SharedArrayBuffer | null): Promise<void>;
  /** To be told of every commit. */
  committed(committed: Pick<Committed, "seq" | "tables">): void;
  /** Resolves when thread and front go by what the log says of VPCs and rules up to this entry. */
  written(seq: number): Promise<void>;
  /** As of the last second; `undefined` before the first. */
  summary(): ResolverSummary | undefined;
  /** What is amiss, one sentence each. */
  problems(): string[];
  restartCount(): number;
  stop(): Promise<void>;
};

/** Starts the thread that resolves names, and starts it again should it die. */
export function startResolver(options: ResolverOptions): Resolver {
  return new ResolverFacade(options);
}

type Waiter = { number: number; resolve(): void };

/** Numbers are positive and have 31 bits. */
const numberRanges = Math.floor(2 ** 31 / numbersPerThread) - 1;

/** Answers come and go, one by one. */
const resourceLimits = { maxYoungGenerationSizeMb: 16 };

class ResolverFacade implements Resolver {
  readonly ready: Promise<void>;
  readonly #options: ResolverOptions;
  readonly #thread: KeptThread<ToResolver, FromResolver>;
  /** By key: what a thread that is started again needs. */
  readonly #zones = new Map<number, ResolverZoneUpdate>();
  #locations: SharedArrayBuffer | null = null;
  #zonesId = 0;
  #servedId = 0;
  #zoneWaiters: Waiter[] = [];
  /** The last entry of the log that concerns the plan, and the last one that the front goes by. */
  #wantedSeq = 0;
  #writtenSeq = 0;
  #planWaiters: Waiter[] = [];
  #lastPlan: Promise<void> = Promise.resolve();
  #summary: ResolverSummary | undefined;
  #startCount = 0;
  #onReady: () => void = () => {};
  #onFailure: (error: Error) => void = () => {};

  constructor(options: ResolverOptions) {
    this.#options = options;
    this.ready = new Promise((resolve, reject) => {
      this.#onReady = resolve;
      this.#onFailure = reject;
    });
    this.ready.catch(() => undefined);
    this.#thread = new KeptThread({
      name: "the resolver thread",
      stopMaxMs: resolverThreadStopMaxMs,
      start: () => this.#start(),
      onMessage: (message) => this.#receive(message),
      onDeath: (error) => {
        options.onRestart?.(error);
        // Before it was ready for the first time there is nothing to go on with.
        this.#onFailure(error);
      },
    });
  }

  publish(zones: readonly ResolverZoneUpdate[]): Promise<void> {
    for (const zone of zones) {
      accountSharedMemory(zone.image?.byteLength ?? 0);
      if (zone.image) this.#zones.set(zone.zoneKey, zone);
      else this.#zones.delete(zone.zoneKey);
    }
    const number = ++this.#zonesId;
    // A thread that is being started has got them, or will.
    this.#thread.post({ kind: "zones", id: number, zones });
    return new Promise((resolve) => void this.#zoneWaiters.push({ number, resolve }));
  }

  publishLocations(locations: SharedArrayBuffer | null): Promise<void> {
    this.#locations = locations;
    this.#thread.post({ kind: "locations", locations });
    // What is said about images after it comes after it.
    return this.publish([]);
  }

  committed({ seq, tables }: Pick<Committed, "seq" | "tables">): void {
    if (tables.some((table) => planTables.has(table))) this.#wantedSeq = seq;
  }

  written(seq: number): Promise<void> {
    const wanted = Math.min(seq, this.#wantedSeq);
    if (wanted <= this.#writtenSeq) return Promise.resolve();
    return new Promise((resolve) => void this.#planWaiters.push({ number: wanted, resolve }));
  }

  summary(): ResolverSummary | undefined {
    return this.#summary;
  }

  problems(): string[] {
    if (this.#thread.isRunning) return this.#summary?.problems ?? [];
    return ["the resolver thread does not run: names that the front does not know fail"];
  }

  restartCount(): number {
    return this.#thread.restartCount;
  }

  stop(): Promise<void> {
    for (const { resolve } of [...this.#zoneWaiters, ...this.#planWaiters]) resolve();
    this.#zoneWaiters = [];
    this.#planWaiters = [];
    return this.#thread.stop({ kind: "stop" });
  }

  #start(): Worker {
    const { dataDir, start, upstreams, cacheSettings, status } = this.#options;
    const { accountId, queryLogDirectory, logLevel } = this.#options;
    const { inboundPorts = protocolPorts, certificate } = this.#options;
    const storePort = this.#options.connectStore();
    const zones = filledPort(inPieces(this.#zones.values()));
    const workerData: ResolverThreadData = {
      ...{ dataDir, storePort, start, upstreams, cacheSettings, status },
      ...{ accountId, queryLogDirectory, logLevel, inboundPorts, certificate },
      ...{ zones, locations: this.#locations },
      // What a thread before this one has put in the cache, or told the front, is of other numbers.
      firstNumber: 1 + (this.#startCount % numberRanges) * numbersPerThread,
    };
    this.#startCount++;
    const handedOver = this.#zonesId;
    const url = this.#options.url ?? new URL("./resolver-thread.ts", import.meta.url);
    const thread = new Worker(url, {
      ...{ name: "resolver", workerData, transferList: [storePort, zones], resourceLimits },
    });
    thread.once("message", () => this.#served(handedOver));
    return thread;
  }

  #receive(message: FromResolver): void {
    switch (message.kind) {
      case "ready":
        return this.#onReady();
      case "plan":
        return this.#take(message.seq, message.change);
      case "served":
        return this.#served(message.id);
      case "summary":
        this.#summary = message.summary;
    }
  }

  #served(id: number): void {
    this.#servedId = Math.max(this.#servedId, id);
    const done = this.#zoneWaiters.filter(({ number }) => number <= this.#servedId);
    this.#zoneWaiters = this.#zoneWaiters.filter(({ number }) => number > this.#servedId);
    for (const { resolve } of done) resolve();
  }

  /** Plans reach the front in the order in which they were made. */
  #take(seq: number, change: ViewChange | undefined): void {
    const told = change ? this.#options.onPlan(change) : Promise.resolve();
    const before = this.#lastPlan;
    this.#lastPlan = Promise.all([before, told]).then(() => this.#written(seq));
  }

  #written(seq: number): void {
    this.#writtenSeq = Math.max(this.#writtenSeq, seq);
    const done = this.#planWaiters.filter(({ number }) => number <= this.#writtenSeq);
    this.#planWaiters = this.#planWaiters.filter(({ number }) => number > this.#writtenSeq);
    for (const { resolve } of done) resolve();
  }
}
