import { parseIp } from "../../base/ip.ts";
import { encodeSocketAddress } from "../../dataplane/server/socket-address.ts";
import type { Name } from "../../dns/wire/name.ts";
import { TYPE } from "../../dns/wire/registries.ts";
import type { UpstreamTarget } from "../upstream/upstream.ts";
import { routeOf } from "./resolver-plan.ts";
import type { Source } from "./resolver-plan.ts";
import type { View } from "./view.ts";

/** Addresses that this resolver itself listens on, and whose clients are of which VPC. */
export class OwnListeners {
  readonly #viewOf: (target: UpstreamTarget, source: Source) => View | "none" | undefined;

  /**
   * @param viewOf the VPC that answers a query to this address from the source's; `none`: nobody
   *   does; undefined: it is not our address
   */
  constructor(viewOf: (target: UpstreamTarget, source: Source) => View | "none" | undefined) {
    this.#viewOf = viewOf;
  }

  /**
   * Whether a query that is forwarded comes back to where it began. One VPC may well forward to
   * another's listener: each is followed by its own rules.
   */
  leadsBack(view: View, source: Source, name: Name): boolean {
    return this.#leadsTo(new Set([view]), source, name);
  }

  #leadsTo(seen: ReadonlySet<View>, source: Source, name: Name): boolean {
    return source.targets.some((target) => {
      const next = this.#viewOf(target, source);
      if (next === undefined) return false;
      if (next === "none" || seen.has(next)) return true;
      const cut = routeOf(next.settings, name, TYPE.A);
      return cut?.kind === "forward" && this.#leadsTo(new Set([...seen, next]), cut.source, name);
    });
  }
}

/** `ADDRESS:PORT` in one form, whatever the text of the address. */
export function endpointKey(endpoint: { address: string; port: number }): string {
  if (!parseIp(endpoint.address)) return `${endpoint.address}:${endpoint.port}`;
  return encodeSocketAddress(endpoint).join(".");
}
