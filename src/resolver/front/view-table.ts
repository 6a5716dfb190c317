import { accountSharedMemory } from "../../base/shared-memory.ts";
import { HEADER } from "../../dataplane/image/layout.ts";
import { ZoneTable } from "../../dataplane/image/zone-table.ts";
import { AF_INET6 } from "../../dataplane/server/libc.ts";
import { control, controlRoom } from "../../dataplane/server/mmsg-layout.ts";
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
  /** By listener with a wildcard address: views by the address that was asked, as `#bySource`. */
  #byAsked: (SourceTable | undefined)[] = [];

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
   * The view of whoever asks by a listener: that of the address that was asked, else of the client's.
   * @param client offset of the client's socket address in the packet memory; control data of
   *   listeners with a wildcard address is before it
   */
  viewOf(listener: number, packet: DataView, client: number): FrontView | undefined {
    if (this.#isOwned[listener] === 1) return this.#byListener[listener];
    const isIpv6 = packet.getUint8(client) === AF_INET6;
    const asked = this.#byAsked[listener];
    let owner = NO_OWNER;
    if (asked !== undefined) {
      const at = client - controlRoom + (isIpv6 ? control.ipv6Address : control.ipv4Address);
      owner = isIpv6 ? asked.ownerOfIpv6(packet, at) : asked.ownerOfIpv4(packet, at);
    }
    if (owner === NO_OWNER) {
      owner = isIpv6
        ? this.#sources.ownerOfIpv6(packet, client + 8)
        : this.#sources.ownerOfIpv4(packet, client + 4);
    }
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
    const before = this.#views.get(plan.view);
    return new FrontView(plan, { images: this.#images, seed: this.#seed, before });
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
    this.#byAsked = this.#listeners.map((listener) =>
      listener.isUnspecified ? addressesAt(listener, views) : undefined,
    );
  }
}

/** The addresses that views have at the port of a listener with a wildcard address. */
function addressesAt({ address }: FrontListener, views: readonly FrontView[]): SourceTable {
  const port = address.slice(address.lastIndexOf(":"));
  const blocks = views.map(({ plan }) =>
    plan.listeners
      .filter((own) => own.endsWith(port))
      .map((own) => own.slice(0, -port.length).replace(/^\[|\]$/g, ""))
      .map((own) => `${own}/${own.includes(":") ? 128 : 32}`),
  );
  return new SourceTable(blocks);
}
