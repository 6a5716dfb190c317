import type { HostedZone } from "../model/hosted-zone.ts";
import { nameSortKey } from "../model/name-sort-key.ts";
import type { StateReader } from "./state-reader.ts";

/**
 * The hosted zone that the public is answered from where several have this name: the oldest
 * public one, the lower id among equals.
 * @param name as in `HostedZone.name`
 */
export function servedZone(state: StateReader, name: string): HostedZone | undefined {
  const candidates = state
    .list("zoneByName", { prefix: [nameSortKey(name)] })
    .map(({ key }) => state.get<HostedZone>("hostedZone", [key[1] ?? ""]))
    .filter((zone) => zone !== undefined && !zone.private);
  return candidates.reduce((oldest, zone) => {
    if (!oldest || !zone) return oldest ?? zone;
    return zone.createdAt < oldest.createdAt ? zone : oldest;
  }, undefined);
}
