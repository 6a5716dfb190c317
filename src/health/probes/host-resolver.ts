import { Resolver } from "node:dns/promises";

import {
  probeLookupCountMax,
  probeLookupTimeoutMs,
  probeQueueCountMax,
} from "../../base/limits.ts";
import { LookupFailure } from "./detail.ts";
import { Slots } from "./slots.ts";

/** IPv4 addresses of a name, in the name server's order, or why there are none. Never rejects. */
export type HostLookup = (host: string) => Promise<HostAddresses>;

export type HostAddresses =
  | { addresses: readonly string[] }
  /** The detail of `Reason.resolutionFailed`. */
  | { failure: number };

const failures: Readonly<Record<string, number>> = {
  ENODATA: 0,
  EFORMERR: 1,
  ESERVFAIL: 2,
  ENOTFOUND: 3,
  ENOTIMP: 4,
  EREFUSED: 5,
  ETIMEOUT: LookupFailure.timedOut,
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
      .run(() => withinTime(lookUp(resolver, host)), { failure: LookupFailure.other })
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
    return {
      failure: failures[(error as NodeJS.ErrnoException).code ?? ""] ?? LookupFailure.other,
    };
  }
}

async function withinTime(lookup: Promise<HostAddresses>): Promise<HostAddresses> {
  const late = Promise.withResolvers<HostAddresses>();
  const timer = setTimeout(
    () => late.resolve({ failure: LookupFailure.timedOut }),
    probeLookupTimeoutMs,
  );
  try {
    return await Promise.race([lookup, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
