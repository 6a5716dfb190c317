import { present } from "../../base/assert.ts";
import { cidrContains, parseCidr } from "../../base/ip.ts";
import type { Cidr, IpAddress } from "../../base/ip.ts";

/**
 * Networks that no health check is sent to unless the operator allows it: those of IANA's
 * special-purpose address registries (RFC 6890) that are not reached globally, and multicast.
 */
const refusedNetworks: readonly Cidr[] = `
0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24
192.0.2.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
::/96 ::ffff:0:0/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16 3fff::/20 fc00::/7
fe80::/10 fec0::/10 ff00::/8`
  .trim()
  .split(/\s+/)
  .map((text) => present(parseCidr(text), `a CIDR block: ${text}`));

/**
 * Whether a health check must not be sent to an address.
 * @param allowed networks that the operator allows in spite of what they are
 */
export function isRefusedEndpoint(address: IpAddress, allowed: readonly Cidr[]): boolean {
  const holds = (network: Cidr): boolean => cidrContains(network, address);
  return refusedNetworks.some(holds) && !allowed.some(holds);
}
