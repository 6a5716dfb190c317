import { ADDRESS_FAMILY } from "../geo/locate.ts";
import type { QueryContext } from "./query-context.ts";

/** Octets of the option's data before the address: family, source and scope prefix length. */
const headSize = 4;
const ipv4Size = 4;
const ipv6Size = 16;

/**
 * Reads a client subnet option (RFC 7871 §6) into the context.
 * @param at offset of its data, of `size` octets
 * @returns false where it is malformed: a family nobody knows, an address of another length than its
 *   prefix has, bits beyond that, or a scope in a query (§7.2.1: FORMERR)
 */
export function readSubnet(context: QueryContext, at: number, size: number): boolean {
  const { packet, view, subnet } = context;
  if (size < headSize || context.ednsSubnetSize !== 0) return false;
  const family = view.getUint16(at);
  const bits = packet[at + 2] as number;
  const octets = (bits + 7) >> 3;
  // Family 0 is what some clients write where they say nothing of themselves (/0).
  const most = family === ADDRESS_FAMILY.IPV4 ? 32 : family === ADDRESS_FAMILY.IPV6 ? 128 : 0;
  if (family > ADDRESS_FAMILY.IPV6 || bits > most) return false;
  if (packet[at + 3] !== 0 || size !== headSize + octets) return false;
  const addressSize = family === ADDRESS_FAMILY.IPV4 ? ipv4Size : ipv6Size;
  for (let i = 0; i < addressSize; i++) {
    subnet[i] = i < octets ? (packet[at + headSize + i] as number) : 0;
  }
  const unused = octets * 8 - bits;
  if (unused > 0 && ((subnet[octets - 1] as number) & ((1 << unused) - 1)) !== 0) return false;
  context.subnetFamily = family;
  context.subnetBits = bits;
  context.ednsSubnetSize = size;
  return true;
}

/**
 * Writes the option of a response (RFC 7871 §7.2.1) at `at`: what the query had, and for which
 * clients the answer holds. @returns the offset after it
 */
export function writeSubnet(context: QueryContext, at: number): number {
  const { packet, view, subnet } = context;
  const size = context.ednsSubnetSize;
  view.setUint16(at, optionClientSubnet);
  view.setUint16(at + 2, size);
  view.setUint16(at + 4, context.subnetFamily);
  packet[at + 6] = context.subnetBits;
  packet[at + 7] = context.scope;
  for (let i = 0; i < size - headSize; i++) packet[at + 8 + i] = subnet[i] as number;
  return at + 4 + size;
}

/** Octets of the subnet's address as the family has them; 0 if the query had none. */
export function subnetAddressSize(context: QueryContext): number {
  if (context.ednsSubnetSize === 0 || context.subnetFamily === 0) return 0;
  return context.subnetFamily === ADDRESS_FAMILY.IPV4 ? ipv4Size : ipv6Size;
}

export const optionClientSubnet = 8;
