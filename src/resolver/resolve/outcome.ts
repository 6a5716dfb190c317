import type { EdnsOption } from "../../dns/wire/edns.ts";
import type { ResourceRecord } from "../../dns/wire/message.ts";
import { RCODE } from "../../dns/wire/registries.ts";
import type { FirewallVerdict } from "../firewall/firewall.ts";

/** What a client is told. */
export type Outcome = {
  rcode: number;
  answer: ResourceRecord[];
  authority: ResourceRecord[];
  /** AD: every part of the answer was checked by a resolver. */
  authentic: boolean;
  /**
   * Until when others may be told the same, by the cache's clock; 0: never, as it depends on more
   * than the question.
   */
  expiresAtSeconds: number;
  /** INFO-CODE of RFC 8914, where there is more to say. */
  extendedError?: number | undefined;
  /** Client subnet option of a routed answer (RFC 7871 §7.2.1). */
  subnet?: EdnsOption | undefined;
  /** The firewall's rule that matched, for the log. */
  firewall?: Exclude<FirewallVerdict, { action: "PASS" }> | undefined;
};

/** A part of an answer: what is known of one name, or of a few that lead on. */
export type Step = Outcome & {
  /** The name that the chain goes on with. */
  next?: Uint8Array | undefined;
};

export function emptyStep(rcode: number = RCODE.NOERROR): Step {
  return { rcode, answer: [], authority: [], authentic: false, expiresAtSeconds: 0 };
}

export function servfail(extendedError?: number): Step {
  return { ...emptyStep(RCODE.SERVFAIL), extendedError };
}
