/** Ethernet frames with DNS queries in them, well-formed unless a test says otherwise. */
import { parseIp } from "../../src/base/ip.ts";
import type { End } from "./veth-pair.ts";

export const ETHERTYPE = { IPV4: 0x0800, ARP: 0x0806, VLAN: 0x8100, IPV6: 0x86dd } as const;
export const PROTOCOL = { HOP_BY_HOP: 0, ICMP: 1, TCP: 6, UDP: 17, FRAGMENT: 44 } as const;

export type Route = {
  from: End;
  to: End;
  fromPort: number;
  toPort: number;
};

export function concat(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

export function u16(value: number): number[] {
  return [(value >> 8) & 255, value & 255];
}

export function ethernet(
  { from, to }: Pick<Route, "from" | "to">,
  type: number,
  payload: Uint8Array,
): Uint8Array {
  return concat(to.mac, from.mac, u16(type), payload);
}

/** A packet of the given protocol; `header` replaces octets of the header before its checksum. */
export function ipv4(
  { from, to }: Pick<Route, "from" | "to">,
  protocol: number,
  payload: Uint8Array,
  header: { options?: Uint8Array; flags?: number; source?: string } = {},
): Uint8Array {
  const { options = new Uint8Array(), flags = 0, source = from.ipv4 } = header;
  const size = 20 + options.length;
  const head = concat(
    [0x40 | (size >> 2), 0],
    u16(size + payload.length),
    u16(7),
    u16(flags),
    [64, protocol, 0, 0],
    octetsOf(source),
    octetsOf(to.ipv4),
    options,
  );
  head.set(u16(checksumOf(head)), 10);
  return concat(head, payload);
}

export function ipv6(
  { from, to }: Pick<Route, "from" | "to">,
  protocol: number,
  payload: Uint8Array,
): Uint8Array {
  return concat(
    [0x60, 0, 0, 0],
    u16(payload.length),
    [protocol, 64],
    octetsOf(from.ipv6),
    octetsOf(to.ipv6),
    payload,
  );
}

/** A datagram with its checksum for the family. */
export function udp(route: Route, family: 4 | 6, message: Uint8Array): Uint8Array {
  const size = 8 + message.length;
  const datagram = concat(u16(route.fromPort), u16(route.toPort), u16(size), [0, 0], message);
  const addresses =
    family === 4
      ? concat(octetsOf(route.from.ipv4), octetsOf(route.to.ipv4))
      : concat(octetsOf(route.from.ipv6), octetsOf(route.to.ipv6));
  const sum = checksumOf(concat(addresses, u16(PROTOCOL.UDP), u16(size), datagram));
  datagram.set(u16(sum === 0 ? 0xffff : sum), 6);
  return datagram;
}

export function udpFrame(route: Route, family: 4 | 6, message: Uint8Array): Uint8Array {
  const datagram = udp(route, family, message);
  return family === 4
    ? ethernet(route, ETHERTYPE.IPV4, ipv4(route, PROTOCOL.UDP, datagram))
    : ethernet(route, ETHERTYPE.IPV6, ipv6(route, PROTOCOL.UDP, datagram));
}

/** RFC 1071, the slow and obvious way. */
export function checksumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (const [i, octet] of bytes.entries()) sum += i % 2 === 0 ? octet << 8 : octet;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

export function octetsOf(address: string): Uint8Array {
  const ip = parseIp(address);
  if (!ip) throw new Error(`not an address: ${address}`);
  return ip;
}
