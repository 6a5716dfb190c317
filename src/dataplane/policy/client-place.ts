import { ADDRESS_FAMILY, SCOPE_MAX, locate, scopePrefixLength } from "../geo/locate.ts";
import type { RoutingContext } from "./routing-context.ts";

/** Octets before the IPv4 address in a mapped one, and their bits (RFC 4291 §2.5.5.2). */
const mappedOctets = 12;
const mappedBits = 96;

/**
 * Finds out who the client is: the network of the client subnet option (RFC 7871), or else the
 * resolver itself.
 */
export function takeClient(context: RoutingContext): void {
  if (context.clientKnown !== 0) return;
  context.clientKnown = 1;
  context.clientScopeExtra = 0;
  const { client, packet, subnet } = context;
  const hasSubnet = context.subnetBits > 0;
  const family = hasSubnet ? context.subnetFamily : context.resolverFamily;
  const size = family === ADDRESS_FAMILY.IPV4 ? 4 : family === ADDRESS_FAMILY.IPV6 ? 16 : 0;
  context.clientFamily = family;
  context.clientBits = hasSubnet ? context.subnetBits : size * 8;
  if (hasSubnet) {
    for (let i = 0; i < size; i++) client[i] = subnet[i] as number;
  } else {
    const offset = context.resolverOffset;
    for (let i = 0; i < size; i++) client[i] = packet[offset + i] as number;
  }
  if (size === 16 && isMapped(client)) unmap(context);
}

function isMapped(address: Uint8Array): boolean {
  for (let i = 0; i < 10; i++) if (address[i] !== 0) return false;
  return address[10] === 0xff && address[11] === 0xff;
}

function unmap(context: RoutingContext): void {
  const { client } = context;
  if (context.clientBits < mappedBits) return;
  for (let i = 0; i < 4; i++) client[i] = client[mappedOctets + i] as number;
  context.clientFamily = ADDRESS_FAMILY.IPV4;
  context.clientBits -= mappedBits;
  context.clientScopeExtra = mappedBits;
}

/** The client's row of the location table; 0: no place. */
export function locateClient(context: RoutingContext): number {
  if (context.location >= 0) {
    if (context.locationScope > context.scope) context.scope = context.locationScope;
    return context.location;
  }
  takeClient(context);
  const { locations, clientFamily: family } = context;
  context.location = 0;
  context.locationScope = 0;
  if (locations !== undefined && family !== 0) {
    const size = family === ADDRESS_FAMILY.IPV4 ? 4 : 16;
    context.location = locate(locations, context.client, 0, size, family);
    // Who sent no subnet is told no scope.
    if (context.subnetBits > 0) {
      context.locationScope = scopeOf(context, scopePrefixLength(locations));
      if (context.locationScope > context.scope) context.scope = context.locationScope;
    }
  }
  return context.location;
}

/** Takes note that a decision holds for all clients in the first `bits` bits around this one. */
export function noteScope(context: RoutingContext, bits: number): void {
  const scope = scopeOf(context, bits);
  if (scope > context.scope) context.scope = scope;
}

/** A prefix length as the option tells it; 0 if it was not the option that was gone by. */
function scopeOf(context: RoutingContext, bits: number): number {
  if (context.subnetBits === 0) return 0;
  const isIpv4 = context.clientFamily === ADDRESS_FAMILY.IPV4;
  const most = isIpv4 ? SCOPE_MAX.IPV4 : SCOPE_MAX.IPV6;
  return (bits < most ? bits : most) + context.clientScopeExtra;
}
