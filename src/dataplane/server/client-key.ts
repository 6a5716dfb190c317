import { formatIp } from "../../base/ip.ts";
import type { IpAddress } from "../../base/ip.ts";

/** One client: an IPv4 address, or the /64 that a single IPv6 host may choose from. */
export function clientKey(client: IpAddress): string {
  return client.length === 4 ? formatIp(client) : client.slice(0, 8).join(".");
}
