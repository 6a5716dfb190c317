import type { IpAddress } from "../../base/ip.ts";
import type { Endpoint } from "../../dataplane/server/socket-address.ts";
import { rootName } from "../../dns/wire/name.ts";
import { CLASS, TYPE } from "../../dns/wire/registries.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { ResolverListener, ResolverZoneUpdate, ViewChange } from "../front/hand-over.ts";
import type { Upstream, UpstreamTarget } from "../upstream/upstream.ts";
import { AnswerStore } from "./answer-store.ts";
import type { CacheSettings } from "./cache-settings.ts";
import { ClientViews } from "./client-views.ts";
import type { ClientView } from "./client-views.ts";
import { Delegations } from "./delegations.ts";
import type { EntryCache } from "./entry-cache.ts";
import { frontPlan, handsAllOver } from "./front-plan.ts";
import { ImageAnswers } from "./image-answers.ts";
import type { ImageConditions } from "./image-answers.ts";
import { OwnListeners } from "./own-listeners.ts";
import { QueryHandler } from "./query-handler.ts";
import type { AnsweredQuery, Client } from "./query-handler.ts";
import { Resolution } from "./resolution.ts";
import { newCounts } from "./resolver-counts.ts";
import type { ResolverCounts } from "./resolver-counts.ts";
import type { Source, ViewSettings } from "./resolver-plan.ts";
import { ServerAnswers } from "./server-answers.ts";
import type { Timers } from "./server-answers.ts";
import type { SourceNumbers } from "./source-numbers.ts";
import { Troubles } from "./troubles.ts";
import { View } from "./view.ts";
import type { ServedZone } from "./view.ts";

export type ResolverCoreOptions = {
  upstream: Upstream;
  /** The resolvers that know the public's names; none: such names fail. */
  upstreams: readonly UpstreamTarget[];
  cache: EntryCache;
  settings: CacheSettings;
  conditions: ImageConditions;
  numbers: SourceNumbers;
  listeners: readonly ResolverListener[];
  udpPayloadSizeMax: number;
  timers: Timers;
  /** The cache's clock: monotonic. */
  nowSeconds(): number;
  isLocalAddress(address: string): boolean;
  logger: Logger;
  onAnswered(query: AnsweredQuery): void;
};

/** All of resolution but sockets, timers and the state: plan and images in, answers out. */
export class ResolverCore {
  readonly counts: ResolverCounts = newCounts();
  readonly #options: ResolverCoreOptions;
  readonly #publicImages: ImageAnswers;
  readonly #servers: ServerAnswers;
  readonly #handler: QueryHandler;
  readonly #clients: ClientViews;
  readonly #views = new Map<number, View>();
  /** By zone id: private zones with an image. */
  readonly #zones = new Map<string, ServedZone>();
  /** By view: the plan that the front has. */
  readonly #told = new Map<number, string>();
  #isFirst = true;

  constructor(options: ResolverCoreOptions) {
    this.#options = options;
    const { cache, settings, nowSeconds, logger, numbers, conditions } = options;
    const { counts } = this;
    const troubles = new Troubles(logger, () => nowSeconds() * 1_000);
    this.#publicImages = new ImageAnswers(conditions);
    this.#clients = new ClientViews(options);
    this.#servers = new ServerAnswers({
      ...options,
      ...{ counts, troubles },
      store: new AnswerStore({ cache, settings, nowSeconds }),
    });
    const resolution = new Resolution({
      servers: this.#servers,
      publicImages: this.#publicImages,
      upstreams: upstreamSource(options),
      listeners: new OwnListeners((target, source) => this.#clients.atTarget(target, source)),
      delegations: new Delegations({ numbers, troubles }),
      troubles,
    });
    // A view's names lead to many places, so that nothing follows from one for another below it;
    // and what servers have said is kept longer elsewhere.
    const whole = { ...settings, nxdomainCut: false, staleMaxSeconds: 0 };
    const store = new AnswerStore({ cache, settings: whole, nowSeconds });
    this.#handler = new QueryHandler({ ...options, resolution, store, counts, troubles });
  }

  /** The response to a message, undefined: none. Never rejects. */
  answer(query: Uint8Array, client: Client): Promise<Uint8Array | undefined> {
    return this.#handler.handle(query, client);
  }

  /** The view with this number; it may be gone since. */
  view(number: number): View | undefined {
    return this.#views.get(number);
  }

  viewOfClient(client: IpAddress, listener: number, local?: Endpoint): ClientView {
    return this.#clients.of(client, listener, local);
  }

  get openCount(): number {
    return this.#handler.openCount;
  }

  /** Questions to servers under way. */
  get askingCount(): number {
    return this.#servers.askingCount;
  }

  get viewCount(): number {
    return this.#views.size;
  }

  /** Takes the settings of all VPCs. @returns what the front is to be told, if anything */
  setViews(views: readonly ViewSettings[]): ViewChange | undefined {
    const numbers = new Set(views.map(({ view }) => view));
    const removed = [...this.#views.keys()].filter((number) => !numbers.has(number));
    for (const number of removed) {
      this.#views.delete(number);
      this.#told.delete(number);
    }
    const changed = views.filter((settings) => this.#setView(settings));
    this.#clients.update(this.#views.values());
    const replacesAll = this.#isFirst;
    this.#isFirst = false;
    if (!replacesAll && changed.length === 0 && removed.length === 0) return undefined;
    return { views: changed.map(frontPlan), removed, replacesAll };
  }

  /** @returns whether the front has to know */
  #setView(settings: ViewSettings): boolean {
    const view = this.#views.get(settings.view) ?? new View(settings, this.#options.conditions);
    this.#views.set(settings.view, view);
    view.update(settings, this.#zones);
    const { partition, cidrs, listeners } = settings;
    // The partition has another number whenever cuts, zones or firewall are others.
    const text = JSON.stringify([partition, cidrs, listeners, handsAllOver(settings)]);
    if (this.#told.get(settings.view) === text) return false;
    this.#told.set(settings.view, text);
    return true;
  }

  /**
   * Asks the upstream resolvers for what is signed, where a VPC wants signatures checked: they do
   * it, or nobody does. @returns what is wrong
   */
  async findProblems(): Promise<string[]> {
    const { upstream, upstreams } = this.#options;
    const wanting = [...this.#views.values()].find(({ settings }) => settings.validates);
    if (!wanting || upstreams.length === 0) return [];
    const { vpcId } = wanting.settings;
    try {
      const { message } = await upstream.ask({
        question: { name: rootName, type: TYPE.SOA, class: CLASS.IN },
        ...{ recursionDesired: true, dnssecOk: true, checkingDisabled: false, targets: upstreams },
      });
      if (message.flags.ad === true) return [];
      return [`${vpcId} wants DNSSEC validation, but the upstream resolvers do not validate`];
    } catch {
      // Whether they answer at all shows elsewhere.
      return [];
    }
  }

  setZones(updates: readonly ResolverZoneUpdate[]): void {
    for (const { zoneKey, zoneId, isPrivate, image } of updates) {
      const served = image ? { zoneKey, image: { buffer: image } } : undefined;
      if (!isPrivate) {
        this.#publicImages.set(zoneKey, served?.image);
        continue;
      }
      if (served) this.#zones.set(zoneId, served);
      else this.#zones.delete(zoneId);
      for (const view of this.#views.values()) {
        if (view.wants(zoneId)) view.take(zoneId, served);
      }
    }
  }
}

function upstreamSource({ upstreams, numbers }: ResolverCoreOptions): Source {
  return {
    partition: numbers.of(`upstreams ${JSON.stringify(upstreams)}`),
    what: "the upstream resolvers",
    ...{ targets: upstreams, localAddresses: [], recursionDesired: true },
  };
}
