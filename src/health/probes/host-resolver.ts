import { Resolver } from "node:dns/promises";

import {
  probeLookupCountMax,
  probeLookupTimeoutMs,
  probeQueueCountMax,
} from "../../base/limits.ts";
import { Slots } from "./slots.ts";

/** IPv4 addresses of a name, in the name server's order, or why there are none. Never rejects. */
export type HostLookup = (host: string) => Promise<HostAddresses>;

export type HostAddresses =
  | { addresses: readonly string[] }
  /** A response code; 0 where there is the name but no A record; `lookupTimedOut`. */
  | { failure: number };

/** As the detail of `Reason.resolutionFailed`: no name server answered in time. */
export const lookupTimedOut = 1_000;
/** The same: the lookup failed in another way. */
export const lookupFailed = 1_001;

const failures: Readonly<Record<string, number>> = {
  ENODATA: 0,
  EFORMERR: 1,
  ESERVFAIL: 2,
  ENOTFOUND: 3,
  ENOTIMP: 4,
  EREFUSED: 5,
  ETIMEOUT: lookupTimedOut,
};

/** Time for the first try of a name server; c-ares doubles it for the second. */
const firstTryMs = 1_000;

/**
 * Looks up A records at the name servers themselves: the machine's hosts file, search list and
 * caches have no say in where a probe goes, and no IPv6 address is asked for, as at Route 53.
 * @param servers `ADDRESS` or `ADDRESS:PORT`; default: the machine's
 */
export function createHostResolver(servers?: readonly string[]): HostLookup {
  const resolver = new Resolver({ timeout: firstTryMs, tries: 2 });
  if (servers && servers.length > 0) resolver.setServers(servers);
  const slots = new Slots({ count: probeLookupCountMax, waiting: probeQueueCountMax });
  const underWay = new Map<string, Promise<HostAddresses>>();
  return (host) => {
    const existing = underWay.get(host);
    if (existing) return existing;
    const lookup = slots
      .run(() => withinTime(lookUp(resolver, host)), { failure: lookupFailed })
      .finally(() => underWay.delete(host));
    underWay.set(host, lookup);
    return lookup;
  };
}

async function lookUp(resolver: Resolver, host: string): Promise<HostAddresses> {
  try {
    const addresses = await resolver.resolve4(host);
    return addresses.length > 0 ? { addresses } : { failure: 0 };
  } catch (error) {
    return { failure: failures[(error as NodeJS.ErrnoException).code ?? ""] ?? lookupFailed };
  }
}

async function withinTime(lookup: Promise<HostAddresses>): Promise<HostAddresses> {
  const late = Promise.withResolvers<HostAddresses>();
  const timer = setTimeout(() => late.resolve({ failure: lookupTimedOut }), probeLookupTimeoutMs);
  try {
    return await Promise.race([lookup, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
