import { systemRandom } from "../../base/random.ts";
import { drawTimeUuid } from "../../control/model/resource-id.ts";

/** Ids of events: UUIDs that begin with a time, each after the one before, whatever clocks do. */
export class EventIds {
  #lastMs: number;

  /** @param last the last id that was given before a restart */
  constructor(last?: string) {
    const digits = last?.replaceAll("-", "").slice(0, 12) ?? "";
    this.#lastMs = Number.parseInt(digits, 16) || 0;
  }

  next(atMs: number): string {
    this.#lastMs = Math.max(this.#lastMs + 1, Math.floor(atMs));
    return drawTimeUuid(this.#lastMs, systemRandom);
  }
}
