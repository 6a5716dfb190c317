import { assert } from "../../base/assert.ts";
import { formatIp, parseIp } from "../../base/ip.ts";
import type { IpAddress } from "../../base/ip.ts";
import { AF_INET, AF_INET6 } from "./libc.ts";

/** Where a server listens or a client sends from; the address in its usual text form. */
export type Endpoint = { address: string; port: number };

/**
 * `sockaddr_in` and `sockaddr_in6` of Linux on a little-endian machine:
 *
 *   0  family u16   2  port u16 big-endian   4  IPv4 address                            (16 octets)
 *                                            4  flow u32   8  IPv6 address  24  scope   (28 octets)
 */
export const socketAddressSize = 32;

export function encodeSocketAddress(endpoint: Endpoint): Uint8Array {
  const ip = parseIp(endpoint.address);
  assert(ip, `not an IP address: ${endpoint.address}`);
  const bytes = new Uint8Array(ip.length === 4 ? 16 : 28);
  writeSocketAddress(bytes, 0, ip);
  bytes[2] = endpoint.port >> 8;
  bytes[3] = endpoint.port & 255;
  return bytes;
}

export function decodeSocketAddress(bytes: Uint8Array, offset = 0): Endpoint {
  const isIpv6 = bytes[offset] === AF_INET6;
  const start = offset + (isIpv6 ? 8 : 4);
  const ip = bytes.slice(start, start + (isIpv6 ? 16 : 4));
  const port = ((bytes[offset + 2] as number) << 8) | (bytes[offset + 3] as number);
  return { address: formatIp(ip), port };
}

/** Writes family and address, leaving port, flow and scope as they are. */
export function writeSocketAddress(bytes: Uint8Array, offset: number, ip: IpAddress): void {
  bytes[offset] = ip.length === 4 ? AF_INET : AF_INET6;
  bytes[offset + 1] = 0;
  bytes.set(ip, offset + (ip.length === 4 ? 4 : 8));
}

export function isIpv6(endpoint: Endpoint): boolean {
  return endpoint.address.includes(":");
}

export function isUnspecified(endpoint: Endpoint): boolean {
  return parseIp(endpoint.address)?.every((octet) => octet === 0) === true;
}

/** `127.0.0.1:53`, `[::1]:53`. */
export function formatEndpoint(endpoint: Endpoint): string {
  const { address, port } = endpoint;
  return isIpv6(endpoint) ? `[${address}]:${port}` : `${address}:${port}`;
}
