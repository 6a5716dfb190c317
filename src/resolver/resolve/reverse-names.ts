import { cidrContains, networkOf, parseCidr } from "../../base/ip.ts";
import type { IpAddress } from "../../base/ip.ts";
import { autodefinedTtlSeconds } from "../../base/limits.ts";
import type { ResourceRecord } from "../../dns/wire/message.ts";
import { parseName } from "../../dns/wire/name.ts";
import type { Name } from "../../dns/wire/name.ts";
import { TYPE } from "../../dns/wire/registries.ts";
import { addressRecord, recordOf } from "./records.ts";

/** Names that a VPC has by itself, with the records they have. */
export type AutodefinedZone = { apex: Name; records: readonly ResourceRecord[] };

/** The name of an address in the reverse tree. */
export function reverseName(address: IpAddress): Name {
  return parseName(reverseText(unitsOf(address), address.length));
}

/** Decimal octets or hexadecimal digits, the first first. */
function unitsOf(address: IpAddress): string[] {
  if (address.length === 4) return Array.from(address, String);
  return Array.from(address, (octet) => octet.toString(16).padStart(2, "0"))
    .join("")
    .split("");
}

function reverseText(units: readonly string[], addressSize: number): string {
  const suffix = addressSize === 4 ? "in-addr.arpa." : "ip6.arpa.";
  return [...units.toReversed(), suffix].join(".");
}

/**
 * The reverse names that together cover a block: one where its length is a whole number of labels,
 * else as many as the next label divides it into.
 */
export function reverseNamesOf(cidrText: string): Name[] {
  const cidr = parseCidr(cidrText);
  if (!cidr) return [];
  const { address, prefixLength } = networkOf(cidr);
  const isIpv4 = address.length === 4;
  const bits = isIpv4 ? 8 : 4;
  const units = unitsOf(address);
  const whole = Math.floor(prefixLength / bits);
  const rest = prefixLength - whole * bits;
  if (rest === 0) return [parseName(reverseText(units.slice(0, whole), address.length))];
  const first = parseInt(units[whole] ?? "0", isIpv4 ? 10 : 16);
  return Array.from({ length: 2 ** (bits - rest) }, (_, i) => {
    const unit = (first + i).toString(isIpv4 ? 10 : 16);
    return parseName(reverseText([...units.slice(0, whole), unit], address.length));
  });
}

/** Networks that every VPC has the reverse names of (RFC 1918, and the VPC's own services). */
const privateNetworks = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.169.254/32"];

/** Whether a block lies in one of the private networks. */
function isPrivate(cidrText: string): boolean {
  const inner = parseCidr(cidrText);
  return privateNetworks.some((text) => {
    const outer = parseCidr(text);
    if (!inner || !outer || outer.prefixLength > inner.prefixLength) return false;
    return cidrContains(outer, inner.address);
  });
}

const ipv4Loopback = Uint8Array.of(127, 0, 0, 1);
const ipv6Loopback = Uint8Array.from({ length: 16 }, (_, i) => (i === 15 ? 1 : 0));
const localhost = parseName("localhost.");
const localdomain = parseName("localdomain.");

/** Of every VPC, whatever it has switched off (RFC 6761 §6.3, RFC 6303 §4). */
export function localNames(): AutodefinedZone[] {
  const ttl = autodefinedTtlSeconds;
  const loopbacks = [ipv4Loopback, ipv6Loopback];
  const inDomain = parseName("localhost.localdomain.");
  const pointer = (address: IpAddress): ResourceRecord =>
    recordOf(reverseName(address), TYPE.PTR, { ttl, rdata: localhost });
  return [
    {
      apex: localhost,
      records: loopbacks.map((address) => addressRecord(localhost, address, ttl)),
    },
    {
      apex: localdomain,
      records: loopbacks.map((address) => addressRecord(inDomain, address, ttl)),
    },
    { apex: parseName("127.in-addr.arpa."), records: [pointer(ipv4Loopback)] },
    { apex: reverseName(ipv6Loopback), records: [pointer(ipv6Loopback)] },
    { apex: reverseName(new Uint8Array(16)), records: [] },
  ];
}

/**
 * Reverse names of private networks and of the VPC's own blocks: with a pointer for each address of
 * a hosts entry, and nothing else.
 */
export function reverseZones(
  cidrs: readonly string[],
  hosts: readonly { name: Name; addresses: readonly IpAddress[] }[],
): AutodefinedZone[] {
  const pointers = hosts.flatMap(({ name, addresses }) =>
    addresses.map((address) =>
      recordOf(reverseName(address), TYPE.PTR, { ttl: autodefinedTtlSeconds, rdata: name }),
    ),
  );
  const others = cidrs.filter((cidr) => !isPrivate(cidr));
  return [...privateNetworks, ...others]
    .flatMap(reverseNamesOf)
    .map((apex) => ({ apex, records: pointers }));
}
