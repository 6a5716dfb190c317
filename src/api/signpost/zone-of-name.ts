import type { HostedZone } from "../../control/model/hosted-zone.ts";
import { servedZone } from "../../control/state/served-zone.ts";
import type { StateReader } from "../../control/state/state-reader.ts";

/** The served zone with the longest name that `name`, normalised, lies in. */
export function zoneOfName(state: StateReader, name: string): HostedZone | undefined {
  for (let rest = name; rest !== ""; rest = rest.slice(rest.indexOf(".") + 1)) {
    const zone = servedZone(state, rest);
    if (zone) return zone;
  }
  return servedZone(state, ".");
}
