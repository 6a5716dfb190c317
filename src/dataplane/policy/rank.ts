import { ADDRESS_FAMILY, SCOPE_MAX } from "../geo/locate.ts";
import { DISTANCE_UNKNOWN, distanceMetres } from "../geo/great-circle.ts";
import type { LocationView } from "../geo/location-view.ts";
import type { ZoneView } from "../image/zone-image.ts";
import { locateClient, noteScope, takeClient } from "./client-place.ts";
import { LOAD, NEARBY, OP, PROXIMITY, STICKY } from "./program.ts";
import { type RoutingContext, draw } from "./routing-context.ts";

/** Added to the load of a branch that sheds this client. */
export const SHED = 0x2000_0000;
/** What a nearby branch's tier is shifted by; below it are metres or loads. */
export const NEARBY_TIER_SHIFT = 28;
const tierValueMax = (1 << NEARBY_TIER_SHIFT) - 1;
/** Scale of the logarithm that stands for a lot; 31 bits of lot come to 22.2 at most. */
const lotScale = 2 ** 26;
/** Where the lots of weight 0 begin, behind all others: 22.2 × 2^26 is less. */
const weightlessLot = 0x5a00_0000;
/** How many of them there are; more would not fit 31 bits. */
const weightlessLotCount = 2 ** 29;

/**
 * How far a branch is from being preferred: the lowest rank wins. Metres for geoproximity (biased)
 * and latency, which grows with distance alone; load; lot; tier and metres or load.
 */
export function rankOf(
  context: RoutingContext,
  zone: ZoneView,
  program: number,
  branch: number,
  op: number,
): number {
  const { words } = zone;
  switch (op) {
    case OP.GEOPROXIMITY: {
      const metres = distanceTo(context, words, branch + PROXIMITY.point);
      return biased(metres, words[branch + PROXIMITY.bias] as number);
    }
    case OP.LATENCY:
      return distanceTo(context, words, branch + PROXIMITY.point);
    case OP.LEAST_LOADED:
      return loadRank(context, words, branch);
    case OP.STICKY:
      return lotOf(context, words, branch);
    default:
      return nearness(context, zone, program, branch);
  }
}

function distanceTo(context: RoutingContext, words: Int32Array, point: number): number {
  const location = locateClient(context);
  const { locations } = context;
  if (location === 0 || locations === undefined) return DISTANCE_UNKNOWN;
  return distanceMetres(locations.vectors, location * 3, words, point);
}

/** Route 53: d × (1 − bias/100) from 0 up, d ÷ (1 + bias/100) below. */
function biased(metres: number, bias: number): number {
  if (metres === DISTANCE_UNKNOWN || bias === 0) return metres;
  if (bias > 0) return Math.round((metres * (100 - bias)) / 100);
  return Math.round((metres * 100) / (100 + bias));
}

/** Between the watermarks a branch sheds clients by chance, the more the nearer it is to `high`. */
function loadRank(context: RoutingContext, words: Int32Array, branch: number): number {
  const load = context.loads[words[branch + LOAD.slot] as number] as number;
  const low = words[branch + LOAD.low] as number;
  const high = words[branch + LOAD.high] as number;
  if (load <= low && load < high) return load;
  if (load >= high) return SHED + load;
  return draw(context, high - low) < load - low ? SHED + load : load;
}

/**
 * Rendezvous hashing: every branch draws a lot from the client's network and its own label, the
 * lowest wins; −ln(lot) ÷ weight gives each its share (Mosko, Schindelhauer and Schomaker). Those of
 * weight 0 come behind all others, and share evenly among themselves.
 */
function lotOf(context: RoutingContext, words: Int32Array, branch: number): number {
  const weight = words[branch + STICKY.weight] as number;
  let hash = networkHash(context) ^ (words[branch + STICKY.hash] as number);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash ^= hash >>> 16;
  const lot = ((hash >>> 1) + 0.5) / 2 ** 31;
  if (weight === 0) return weightlessLot + Math.floor(lot * weightlessLotCount);
  return Math.floor((-Math.log(lot) / weight) * lotScale);
}

/** Hash of the network that a scope can tell: /24 or /48. */
function networkHash(context: RoutingContext): number {
  takeClient(context);
  const isIpv4 = context.clientFamily === ADDRESS_FAMILY.IPV4;
  const bits = isIpv4 ? SCOPE_MAX.IPV4 : SCOPE_MAX.IPV6;
  noteScope(context, bits);
  const { client } = context;
  let hash = 0x811c9dc5 | 0;
  for (let i = 0; i < bits >> 3; i++) hash = Math.imul(hash ^ (client[i] as number), 0x01000193);
  return hash;
}

/** Tiers: 0 the same city, 1 the same country, 2 the same continent, 3 elsewhere. */
function nearness(
  context: RoutingContext,
  zone: ZoneView,
  program: number,
  branch: number,
): number {
  const { words } = zone;
  const location = locateClient(context);
  const { locations } = context;
  if (location === 0 || locations === undefined) return 3 << NEARBY_TIER_SHIFT;
  const country = words[branch + NEARBY.country] as number;
  const metres = distanceTo(context, words, branch + NEARBY.point);
  const away = metres < tierValueMax ? metres : tierValueMax;
  if (country !== 0 && country === locations.countries[location]) {
    const offset = words[branch + NEARBY.city] as number;
    if (offset === 0 || !isInCity(locations, location, zone, program + offset))
      return (1 << NEARBY_TIER_SHIFT) | away;
    const slot = words[branch + NEARBY.loadSlot] as number;
    return slot < 0 ? 0 : (context.loads[slot] as number);
  }
  const continent = words[branch + NEARBY.continent] as number;
  const tier = continent !== 0 && continent === locations.continents[location] ? 2 : 3;
  return (tier << NEARBY_TIER_SHIFT) | away;
}

/** The tier of a nearby branch of that rank. */
export function tierOf(rank: number): number {
  return rank >> NEARBY_TIER_SHIFT;
}

/** Whether the client's city has the name at `name` (program.ts); letters of A–Z in either case. */
function isInCity(
  locations: LocationView,
  location: number,
  zone: ZoneView,
  name: number,
): boolean {
  const city = locations.cities[location] as number;
  if (city === 0) return false;
  const { text, textStarts } = locations;
  const size = zone.words[name] as number;
  const octets = (name + 1) << 2;
  const start = textStarts[city] as number;
  // A name is followed by a line feed.
  if (text[start + size] !== 0x0a) return false;
  for (let i = 0; i < size; i++) {
    const octet = zone.octets[octets + i] as number;
    if (lowerOctet(octet) !== lowerOctet(text[start + i] as number)) return false;
  }
  return true;
}

function lowerOctet(octet: number): number {
  return octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet;
}
