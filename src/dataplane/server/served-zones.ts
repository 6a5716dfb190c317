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

  all(): Updates {
    return { zones: [...this.#zones.values()], locations: this.#locations };
  }
}

/** To be called wherever updates come into a thread: see `accountSharedMemory`. */
export function accountUpdates({ zones, locations }: Updates): void {
  for (const { image } of zones) accountSharedMemory(image?.byteLength ?? 0);
  accountSharedMemory(locations?.byteLength ?? 0);
}
