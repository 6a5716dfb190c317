import { present } from "../../base/assert.ts";
import { parseCidr } from "../../base/ip.ts";

/**
 * A prefix of up to 64 bits: the upper 32 bits of its address and the 32 after them, unsigned; of
 * IPv4 the whole address is in `high`.
 */
export type Prefix = { readonly high: number; readonly low: number; readonly length: number };

/**
 * Networks at no place on Earth: IANA's special-purpose address registries (RFC 6890) and multicast
 * (RFC 5771). Those that lie in another one listed here are left out.
 */
export const specialIpv4: readonly Prefix[] = prefixes(`
0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24
192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24
198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4`);

/** The same inside 2000::/3; outside it nothing has a place. */
export const specialIpv6: readonly Prefix[] = prefixes(`
2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20`);

function prefixes(text: string): Prefix[] {
  return text
    .trim()
    .split(/\s+/)
    .map((cidrText) => {
      const cidr = present(parseCidr(cidrText), `a CIDR block: ${cidrText}`);
      const view = new DataView(cidr.address.buffer);
      const low = cidr.address.length === 4 ? 0 : view.getUint32(4);
      return { high: view.getUint32(0), low, length: cidr.prefixLength };
    });
}

/** Whether an address lies in the prefix; words as in a `Prefix`. */
export function prefixHolds(prefix: Prefix, high: number, low: number): boolean {
  const { length } = prefix;
  if (length <= 32) return length === 0 || (prefix.high ^ high) >>> (32 - length) === 0;
  return prefix.high === high && (prefix.low ^ low) >>> (64 - length) === 0;
}
