import { accountSharedMemory } from "../../base/shared-memory.ts";
import { HEADER } from "../../dataplane/image/layout.ts";
import { ZoneTable } from "../../dataplane/image/zone-table.ts";
import { AF_INET6 } from "../../dataplane/server/libc.ts";
import { FrontView } from "./front-view.ts";
import type { FrontListener, FrontNews } from "./front-setup.ts";
import type { ResolverZoneUpdate, ViewPlan } from "./hand-over.ts";
import { NO_OWNER, SourceTable } from "./source-table.ts";

/** The views and zones that one front worker answers for. Changed between batches, read by queries. */
export class ViewTable {
  /** Zones that all views see. */
  publicZones = new ZoneTable();
  readonly #listeners: readonly FrontListener[];
  /** By number. */
  readonly #views = new Map<number, FrontView>();
  /** Images of private zones by id. */
  readonly #images = new Map<string, ResolverZoneUpdate>();
  /** Of the hash of names; 0 before the first image. */
  #seed = 0;
  /** By index of the source table. */
  #bySource: FrontView[] = [];
  #sources = new SourceTable([]);
  /** By listener: whether it is one VPC's alone, and which view that is. */
  readonly #isOwned: Uint8Array;
  #byListener: (FrontView | undefined)[] = [];

  constructor(listeners: readonly FrontListener[]) {
    this.#listeners = listeners;
    this.#isOwned = new Uint8Array(listeners.length);
    this.#findClients();
  }

  update({ zones, views }: FrontNews): void {
    for (const update of zones) this.#takeZone(update);
    if (!views) return;
    if (views.replacesAll) this.#views.clear();
    for (const number of views.removed) this.#views.delete(number);
    for (const plan of views.views) this.#views.set(plan.view, this.#compile(plan));
    this.#findClients();
  }

  /**
   * The view of whoever asks by a listener.
   * @param client offset of the client's socket address in the packet memory
   */
  viewOf(listener: number, packet: DataView, client: number): FrontView | undefined {
    if (this.#isOwned[listener] === 1) return this.#byListener[listener];
    const owner =
      packet.getUint8(client) === AF_INET6
        ? this.#sources.ownerOfIpv6(packet, client + 8)
        : this.#sources.ownerOfIpv4(packet, client + 4);
    return owner === NO_OWNER ? undefined : this.#bySource[owner];
  }

  #takeZone(update: ResolverZoneUpdate): void {
    const { zoneId, zoneKey, image, isPrivate } = update;
    accountSharedMemory(image?.byteLength ?? 0);
    if (image) this.#learnSeed(image);
    if (!isPrivate) return this.publicZones.set(zoneKey, image ? { buffer: image } : undefined);
    if (image) this.#images.set(zoneId, update);
    else this.#images.delete(zoneId);
    for (const view of this.#views.values()) view.take(update);
  }

  /** The first image tells the seed of all: what was compiled before has another. */
  #learnSeed(image: SharedArrayBuffer): void {
    const seed = new Int32Array(image)[HEADER.seed] as number;
    if (seed === this.#seed) return;
    this.#seed = seed;
    this.publicZones = new ZoneTable(seed);
    for (const [number, { plan }] of this.#views) this.#views.set(number, this.#compile(plan));
    this.#findClients();
  }

  #compile(plan: ViewPlan): FrontView {
    return new FrontView(plan, { images: this.#images, seed: this.#seed });
  }

  #findClients(): void {
    const views = [...this.#views.values()];
    this.#bySource = views;
    this.#sources = new SourceTable(views.map(({ plan }) => plan.cidrs));
    this.#byListener = this.#listeners.map(({ address, vpcId }, listener) => {
      const owner = views.find(({ plan }) =>
        vpcId === undefined ? plan.listeners.includes(address) : plan.vpcId === vpcId,
      );
      this.#isOwned[listener] = vpcId !== undefined || owner ? 1 : 0;
      return owner;
    });
  }
}
