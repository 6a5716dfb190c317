import type { Random } from "../../base/random.ts";

/** Where the names of name servers come from. */
export type NameServerNames = {
  /** Four names for every new zone; without them each zone gets names of its own. */
  fixed?: readonly string[];
  /** What made-up names end in; without dots at its ends. */
  suffix: string;
};

/** Under `.internal`, which is reserved for private use, so that nobody else can own the names. */
export const nameServerSuffixDefault = "internal";

/** Servers a stripe. A zone has one name of each of four stripes, as in Route 53. */
const stripeSize = 512;
const stripeCount = 4;

/** The four names of a new delegation set, without trailing dots. */
export function drawNameServers(names: NameServerNames, random: Random): string[] {
  if (names.fixed) return [...names.fixed];
  return stripes((stripe) => stripe * stripeSize + (random.uint32() % stripeSize), names.suffix);
}

/** The names that private zones share: nobody can ask these servers anything. */
export function reservedNameServers(names: NameServerNames): string[] {
  if (names.fixed) return [...names.fixed];
  return stripes((stripe) => stripe * stripeSize, names.suffix);
}

function stripes(numberOf: (stripe: number) => number, suffix: string): string[] {
  return Array.from({ length: stripeCount }, (_, stripe) => {
    const number = numberOf(stripe);
    const block = String((number % stripeSize) >> 3).padStart(2, "0");
    return `ns-${number}.signpost-${block}.${suffix}`;
  });
}

/** The mailbox in the SOA of new zones, as a domain name. */
export function hostmasterName(names: NameServerNames): string {
  const server = names.fixed?.[0];
  const domain = server === undefined ? names.suffix : server.slice(server.indexOf(".") + 1);
  return `hostmaster.${domain}.`;
}
