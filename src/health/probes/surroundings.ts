import type { Cidr } from "../../base/ip.ts";
import type { HostLookup } from "./host-resolver.ts";

/** What a probe needs besides its specification. */
export type Surroundings = {
  /** Networks among the refused ones (`base/refused-endpoint.ts`) that may be probed. */
  allow: readonly Cidr[];
  /** How names of endpoints become addresses; without it a name cannot be probed. */
  resolve?: HostLookup;
  /** Whether the operator has enabled scripts; default: no. */
  scripts?: boolean;
  /** Stops the probe at once; its result is then `Reason.none`. */
  signal?: AbortSignal;
  /** Wall time in milliseconds, for the end of certificates; default: the system's. */
  nowMs?: () => number;
};
