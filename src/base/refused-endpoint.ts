import { present } from "./assert.ts";
import { cidrContains, parseCidr } from "./ip.ts";
import type { Cidr, IpAddress } from "./ip.ts";

/**
 * Networks that no health check is sent to unless the operator allows it: those of IANA's
 * special-purpose address registries (RFC 6890) that are not reached globally, and multicast.
 * The metadata services of the clouds lie in them (169.254.169.254, fd00:ec2::254,
 * 100.100.100.200, 192.0.0.192), but for Azure's 168.63.129.16.
 */
const refusedNetworks: readonly Cidr[] = `
0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16 172.16.0.0/12
192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24
203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
::/96 ::ffff:0:0/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23 2001:db8::/32 2002::/16
3fff::/20 5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8`
  .trim()
  .split(/\s+/)
  .map(knownCidr);

/** RFC 6052 §2.1: what is sent there ends at the IPv4 address in the last 32 bits. */
const nat64Network = knownCidr("64:ff9b::/96");

function knownCidr(text: string): Cidr {
  return present(parseCidr(text), `a CIDR block: ${text}`);
}

/**
 * Whether a health check must not be sent to an address.
 * @param allowed networks that the operator allows in spite of what they are
 */
export function isRefusedEndpoint(address: IpAddress, allowed: readonly Cidr[]): boolean {
  return isSpecial(address) && !allowed.some((network) => cidrContains(network, address));
}

function isSpecial(address: IpAddress): boolean {
  if (cidrContains(nat64Network, address)) return isSpecial(address.subarray(12));
  return refusedNetworks.some((network) => cidrContains(network, address));
}
