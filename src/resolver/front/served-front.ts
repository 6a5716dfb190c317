import { accountSharedMemory } from "../../base/shared-memory.ts";
import { inPieces } from "../../dataplane/server/served-zones.ts";
import type { Served } from "../../dataplane/server/supervisor.ts";
import type { LocationTable } from "../../dataplane/server/worker-setup.ts";
import type { FrontNews } from "./front-setup.ts";
import type { ResolverZoneUpdate, ViewPlan } from "./hand-over.ts";

/** All that front workers go by. */
export class ServedFront implements Served<FrontNews> {
  readonly #zones = new Map<number, ResolverZoneUpdate>();
  readonly #views = new Map<number, ViewPlan>();
  #locations: LocationTable = null;

  add({ zones, views, locations }: FrontNews): void {
    for (const update of zones) {
      accountSharedMemory(update.image?.byteLength ?? 0);
      if (update.image) this.#zones.set(update.zoneKey, update);
      else this.#zones.delete(update.zoneKey);
    }
    if (views?.replacesAll) this.#views.clear();
    for (const view of views?.removed ?? []) this.#views.delete(view);
    for (const plan of views?.views ?? []) this.#views.set(plan.view, plan);
    if (locations !== undefined) this.#locations = locations;
  }

  *all(): Generator<FrontNews> {
    for (const zones of inPieces(this.#zones.values())) yield { zones };
    const views = { views: [...this.#views.values()], removed: [], replacesAll: true };
    yield { zones: [], views, locations: this.#locations };
  }
}
