import { ZoneTable } from "../../dataplane/image/zone-table.ts";
import type { NameFilter } from "../firewall/name-filter.ts";
import { CUT } from "./hand-over.ts";
import type { PlannedZone, ResolverZoneUpdate, ViewPlan } from "./hand-over.ts";
import { NAME, NameTable } from "./name-table.ts";

/** A view as one front worker answers for it: its plan compiled, and the images of its zones. */
export class FrontView {
  readonly plan: ViewPlan;
  readonly number: number;
  readonly publicPartition: number;
  readonly handsAllOver: boolean;
  /** Names that are handed over, for rules of the firewall; undefined: it has none. */
  readonly firewall: NameFilter | undefined;
  readonly names: NameTable;
  readonly zones: ZoneTable;
  /** By zone id: the index of its apex in `names`; −1 where a cut has that name. */
  readonly #apexOf = new Map<string, number>();
  /** By zone id: indexes of SYSTEM cuts in it. */
  readonly #systemsOf = new Map<string, number[]>();
  /** By zone id: the key that it has in `zones`. */
  readonly #keyOf: Map<string, number>;

  /**
   * @param options `images`: of private zones by id, those of other views among them; `before`: the
   *   view in whose place this one comes, which gives its zones away
   */
  constructor(
    plan: ViewPlan,
    options: {
      images: ReadonlyMap<string, ResolverZoneUpdate>;
      seed: number;
      before?: FrontView | undefined;
    },
  ) {
    const { images, seed } = options;
    const before = options.before?.zones.seed === seed ? options.before : undefined;
    this.plan = plan;
    this.number = plan.view;
    this.publicPartition = plan.publicPartition;
    this.handsAllOver = plan.handOverAll;
    this.firewall = plan.firewall;
    this.zones = before?.zones ?? new ZoneTable(seed);
    this.#keyOf = before ? before.#keyOf : new Map<string, number>();
    this.names = new NameTable(roomFor(plan), seed);
    this.#addNames(plan);
    for (const [zoneId, key] of this.#keyOf) {
      if (this.#apexOf.has(zoneId)) continue;
      this.zones.set(key, undefined);
      this.#keyOf.delete(zoneId);
    }
    for (const { zoneId } of plan.zones) {
      const update = images.get(zoneId);
      if (update) this.take(update);
    }
  }

  /** Another image of a private zone, or none any more; zones of other views change nothing. */
  take({ zoneId, zoneKey, image }: ResolverZoneUpdate): void {
    const apex = this.#apexOf.get(zoneId);
    if (apex === undefined) return;
    const before = this.#keyOf.get(zoneId);
    if (before !== undefined && before !== zoneKey) this.zones.set(before, undefined);
    if (!image) this.zones.set(zoneKey, undefined);
    else if (this.zones.get(zoneKey)?.words.buffer !== image) {
      this.zones.set(zoneKey, { buffer: image });
    }
    if (image) this.#keyOf.set(zoneId, zoneKey);
    else this.#keyOf.delete(zoneId);
    const value = image ? NAME.ZONE : NAME.HAND_OVER;
    if (apex >= 0) this.names.set(apex, value);
    for (const index of this.#systemsOf.get(zoneId) ?? []) this.names.set(index, value);
  }

  /** Cuts before zones: a cut beats a zone of the same name, but for SYSTEM, which is the zone. */
  #addNames({ cuts, zones }: ViewPlan): void {
    for (const { name, partition } of cuts) {
      if (partition !== CUT.SYSTEM) this.names.add(name, partition);
    }
    // Until there is an image: what is in a private zone is looked for nowhere else.
    for (const { apex, zoneId } of zones) {
      this.#apexOf.set(zoneId, this.names.add(apex, NAME.HAND_OVER));
    }
    for (const { name, partition } of cuts) {
      if (partition === CUT.SYSTEM) this.#addSystem(name, zones);
    }
  }

  /** Below a SYSTEM cut the zone around it answers, as if there were no cuts. */
  #addSystem(name: Uint8Array, zones: readonly PlannedZone[]): void {
    const zone = zoneAround(name, zones);
    const index = this.names.add(name, zone ? NAME.HAND_OVER : NAME.LOCAL);
    if (!zone || index < 0) return;
    const others = this.#systemsOf.get(zone.zoneId) ?? [];
    this.#systemsOf.set(zone.zoneId, [...others, index]);
  }
}

function roomFor({ cuts, zones }: ViewPlan): { count: number; size: number } {
  let size = 0;
  for (const { name } of cuts) size += name.length;
  for (const { apex } of zones) size += apex.length;
  // Each name is written before it is known whether it was there: the last one needs its room.
  return { count: cuts.length + zones.length, size };
}

/** The zone with the longest apex at or above a name. */
function zoneAround(name: Uint8Array, zones: readonly PlannedZone[]): PlannedZone | undefined {
  for (let at = 0; ; at += (name[at] as number) + 1) {
    const suffix = name.subarray(at);
    const zone = zones.find(
      ({ apex }) => apex.length === suffix.length && apex.every((octet, i) => octet === suffix[i]),
    );
    if (zone || name[at] === 0) return zone;
  }
}
