import { imagesPerMessageMax } from "../../base/limits.ts";
import { accountSharedMemory } from "../../base/shared-memory.ts";
import type { Served } from "./supervisor.ts";
import type { LocationTable, Updates, ZoneUpdate } from "./worker-setup.ts";

/** The zones and the location table that the name server's workers serve. */
export class ServedZones implements Served<Updates> {
  readonly #zones = new Map<number, ZoneUpdate>();
  #locations: LocationTable = null;

  get count(): number {
    return this.#zones.size;
  }

  add(updates: Updates): void {
    accountUpdates(updates);
    for (const update of updates.zones) {
      if (update.image) this.#zones.set(update.zoneKey, update);
      else this.#zones.delete(update.zoneKey);
    }
    if (updates.locations !== undefined) this.#locations = updates.locations;
  }

  *all(): Generator<Updates> {
    yield { zones: [], locations: this.#locations };
    for (const zones of inPieces(this.#zones.values())) yield { zones };
  }
}

/** Updates in pieces that are small enough for one message each: see `imagesPerMessageMax`. */
export function* inPieces<Update>(updates: Iterable<Update>): Generator<Update[]> {
  let piece: Update[] = [];
  for (const update of updates) {
    piece.push(update);
    if (piece.length < imagesPerMessageMax) continue;
    yield piece;
    piece = [];
  }
  if (piece.length > 0) yield piece;
}

/** To be called wherever updates come into a thread: see `accountSharedMemory`. */
export function accountUpdates({ zones, locations }: Updates): void {
  for (const { image } of zones) accountSharedMemory(image?.byteLength ?? 0);
  accountSharedMemory(locations?.byteLength ?? 0);
}
