import { ZoneTable } from "../../dataplane/image/zone-table.ts";
import type { NameFilter } from "../firewall/name-filter.ts";
import { CUT } from "./hand-over.ts";
import type { ResolverZoneUpdate, ViewPlan } from "./hand-over.ts";
import { NAME, NameTable } from "./name-table.ts";
import type { NameValue } from "./name-table.ts";

/** What a view's plan says of one name. */
type Planned = { name: Uint8Array; zoneId?: string; partition?: number };

/** A view as one front worker answers for it: its plan compiled, and the images of its zones. */
export class FrontView {
  readonly plan: ViewPlan;
  readonly number: number;
  readonly publicPartition: number;
  readonly handsAllOver: boolean;
  readonly firewall: NameFilter | undefined;
  readonly names: NameTable;
  readonly zones: ZoneTable;
  /** By zone id: indexes of the names that its image answers for. */
  readonly #namesOfZone = new Map<string, number[]>();
  /** By zone id: the key that it has in `zones`. */
  readonly #keyOfZone = new Map<string, number>();

  /** @param images of private zones by id, those of other views among them */
  constructor(
    plan: ViewPlan,
    options: { images: ReadonlyMap<string, ResolverZoneUpdate>; seed: number },
  ) {
    this.plan = plan;
    this.number = plan.view;
    this.publicPartition = plan.publicPartition;
    this.handsAllOver = plan.handOverAll;
    this.firewall = plan.firewall;
    this.zones = new ZoneTable(options.seed);
    const planned = plannedNames(plan);
    const names = [...planned.values()].map((name, index) => this.#valueOf(name, index, planned));
    this.names = new NameTable(names, options.seed);
    for (const { zoneId } of plan.zones) {
      const update = options.images.get(zoneId);
      if (update) this.take(update);
    }
  }

  /** Another image of a private zone, or none any more; zones of other views change nothing. */
  take({ zoneId, zoneKey, image }: ResolverZoneUpdate): void {
    const names = this.#namesOfZone.get(zoneId);
    if (!names) return;
    const before = this.#keyOfZone.get(zoneId);
    if (before !== undefined && before !== zoneKey) this.zones.set(before, undefined);
    this.zones.set(zoneKey, image ? { buffer: image } : undefined);
    if (image) this.#keyOfZone.set(zoneId, zoneKey);
    else this.#keyOfZone.delete(zoneId);
    const value = image ? NAME.ZONE : NAME.HAND_OVER;
    for (const index of names) this.names.set(index, value);
  }

  #valueOf(planned: Planned, index: number, all: ReadonlyMap<string, Planned>): NameValue {
    const { name, partition } = planned;
    const above = [...ancestors(name)].flatMap((key) => all.get(key) ?? []);
    if (partition !== undefined && partition !== CUT.SYSTEM) {
      return { name, value: partition === CUT.HAND_OVER ? NAME.HAND_OVER : partition };
    }
    // Of SYSTEM: the zone around it, as if there were no cuts.
    const zoneId = planned.zoneId ?? above.find((outer) => outer.zoneId !== undefined)?.zoneId;
    if (zoneId === undefined) return { name, value: NAME.LOCAL };
    this.#namesOfZone.set(zoneId, [...(this.#namesOfZone.get(zoneId) ?? []), index]);
    // Until there is an image: what is in a private zone is looked for nowhere else.
    return { name, value: NAME.HAND_OVER };
  }
}

function plannedNames({ zones, cuts }: ViewPlan): Map<string, Planned> {
  const planned = new Map<string, Planned>();
  const at = (name: Uint8Array): Planned => {
    const key = keyOf(name);
    const known = planned.get(key) ?? { name };
    planned.set(key, known);
    return known;
  };
  for (const { apex, zoneId } of zones) at(apex).zoneId ??= zoneId;
  for (const { name, partition } of cuts) at(name).partition = partition;
  return planned;
}

/** Keys of the names above one, the nearest first. */
function* ancestors(name: Uint8Array): Generator<string> {
  for (let at = 0; name[at] !== 0;) {
    at += (name[at] as number) + 1;
    yield keyOf(name.subarray(at));
  }
}

function keyOf(name: Uint8Array): string {
  return String.fromCharCode(...name);
}
