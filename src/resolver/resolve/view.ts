import type { ZoneImage } from "../../dataplane/image/zone-image.ts";
import { ImageAnswers } from "./image-answers.ts";
import type { ImageConditions } from "./image-answers.ts";
import type { ViewSettings } from "./resolver-plan.ts";

/** A private or public zone as it is served at the moment. */
export type ServedZone = { zoneKey: number; image: ZoneImage };

/** A VPC's settings, and the private zones it sees. */
export class View {
  settings: ViewSettings;
  readonly images: ImageAnswers;
  /** By zone id: what is in `images`. */
  readonly #served = new Map<string, ServedZone>();
  /** Ids of the zones that the settings name. */
  #wanted = new Set<string>();

  constructor(settings: ViewSettings, conditions: ImageConditions) {
    this.settings = settings;
    this.images = new ImageAnswers(conditions);
  }

  /** Whether the image of a zone is there. */
  serves(zoneId: string): boolean {
    return this.#served.has(zoneId);
  }

  /** Whether it is one of the VPC's zones. */
  wants(zoneId: string): boolean {
    return this.#wanted.has(zoneId);
  }

  /** Takes the zones that the settings name, with the images that there are. */
  update(settings: ViewSettings, zones: ReadonlyMap<string, ServedZone>): void {
    this.settings = settings;
    const wanted = new Set<string>();
    this.#wanted = wanted;
    for (const cuts of settings.cuts.values()) {
      for (const cut of cuts) if (cut.kind === "zone") wanted.add(cut.zoneId);
    }
    for (const zoneId of this.#served.keys()) if (!wanted.has(zoneId)) this.take(zoneId, undefined);
    for (const zoneId of wanted) this.take(zoneId, zones.get(zoneId));
  }

  /** Another image of a zone, or none any more. */
  take(zoneId: string, zone: ServedZone | undefined): void {
    const before = this.#served.get(zoneId);
    if (before?.zoneKey === zone?.zoneKey && before?.image.buffer === zone?.image.buffer) return;
    if (before) this.images.set(before.zoneKey, undefined);
    this.#served.delete(zoneId);
    if (!zone) return;
    this.#served.set(zoneId, zone);
    this.images.set(zone.zoneKey, zone.image);
  }
}
