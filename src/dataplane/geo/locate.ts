import { IPV6_FENCE_SHIFT, IPV6_SLOT_FIRST } from "./layout.ts";
import { MATCH } from "./location-view.ts";
import type { LocationView } from "./location-view.ts";

/** IANA's address family numbers, as client subnet options name them (RFC 7871 §6). */
export const ADDRESS_FAMILY = { IPV4: 1, IPV6: 2 } as const;

/** Longest scopes that are told: what Route 53 takes as longest CIDR blocks. */
export const SCOPE_MAX = { IPV4: 24, IPV6: 48 } as const;

/** Octets before the IPv4 address in a mapped one, and their bits (RFC 4291 §2.5.5.2). */
const MAPPED_SIZE = 12;
const MAPPED_BITS = 96;

/**
 * The location of the address at `offset` of `octets`: an index of the table's location columns, 0
 * for no place. What it was found by stays in `view` until the next look-up.
 *
 * `octetCount` octets are there, in network order; the rest of the address counts as 0, as in the
 * address of a client subnet option. A whole address has 4 or 16. `family` is one of ADDRESS_FAMILY.
 */
export function locate(
  view: LocationView,
  octets: Uint8Array,
  offset: number,
  octetCount: number,
  family: number,
): number {
  if (family === ADDRESS_FAMILY.IPV4) {
    view.matchKind = MATCH.IPV4;
    return locateIpv4(view, wordAt(octets, offset, octetCount));
  }
  const high = wordAt(octets, offset, octetCount);
  const low = wordAt(octets, offset + 4, octetCount - 4);
  if (high === 0 && low === 0 && octetCount >= MAPPED_SIZE) {
    if (wordAt(octets, offset + 8, 4) === 0xffff) {
      view.matchKind = MATCH.MAPPED;
      return locateIpv4(view, wordAt(octets, offset + 12, octetCount - MAPPED_SIZE));
    }
  }
  return locateIpv6(view, high, low);
}

/** Up to 4 octets as a signed word; those that are not there are 0. */
function wordAt(octets: Uint8Array, offset: number, count: number): number {
  if (count >= 4) {
    return (
      ((octets[offset] as number) << 24) |
      ((octets[offset + 1] as number) << 16) |
      ((octets[offset + 2] as number) << 8) |
      (octets[offset + 3] as number)
    );
  }
  let word = 0;
  for (let i = 0; i < count; i++) word |= (octets[offset + i] as number) << (24 - 8 * i);
  return word;
}

/** Lower halves of addresses in a cache line. */
const LINE_LOWS = 32;

/** Words are passed signed: an unsigned one beyond 2^31 would be boxed, which allocates. */
function locateIpv4(view: LocationView, address: number): number {
  const group = address >>> 16;
  const wanted = address & 0xffff;
  const lows = view.ipv4Lows;
  // The range before the group's first reaches into the group, so it is among the candidates.
  let first = (view.ipv4Groups[group] as number) - 1;
  let last = (view.ipv4Groups[group + 1] as number) - 1;
  if (last - first > LINE_LOWS) {
    // Ranges lie about evenly: the guess is mostly in the right cache line, and the steps away from
    // it stay in a line or two, where halving would look at one for each half.
    const guess = first + 1 + (Math.imul(last - first - 1, wanted) >>> 16);
    let step = LINE_LOWS / 2;
    if ((lows[guess] as number) <= wanted) {
      first = guess;
      while (first + step <= last && (lows[first + step] as number) <= wanted) {
        first += step;
        step <<= 1;
      }
      if (first + step <= last) last = first + step - 1;
    } else {
      last = guess - 1;
      while (last - step > first && (lows[last - step] as number) > wanted) {
        last -= step + 1;
        step <<= 1;
      }
      if (last - step > first) first = last - step;
    }
  }
  while (first < last) {
    const middle = (first + last + 1) >>> 1;
    if ((lows[middle] as number) <= wanted) first = middle;
    else last = middle - 1;
  }
  view.addressHigh = address;
  view.matchIndex = first;
  return view.ipv4Ids[first] as number;
}

function locateIpv6(view: LocationView, high: number, low: number): number {
  view.addressHigh = high;
  view.addressLow = low;
  if (high >>> 29 !== 1) {
    view.matchKind = MATCH.NONE;
    view.matchIndex = -1;
    return 0;
  }
  const wanted = high >>> 0;
  const slot = (wanted >>> 12) - IPV6_SLOT_FIRST;
  const highs = view.ipv6Highs;
  let group = (view.ipv6Slots[slot] as number) - 1;
  let lastGroup = (view.ipv6Slots[slot + 1] as number) - 1;
  while (group < lastGroup) {
    const middle = (group + lastGroup + 1) >>> 1;
    if ((highs[middle] as number) <= wanted) group = middle;
    else lastGroup = middle - 1;
  }
  let index = (view.ipv6Groups[group + 1] as number) - 1;
  if (highs[group] === wanted) {
    index = lastRangeUpTo(view, group, low);
    // Before the group's first range the last one of the group before goes on.
    if (index < (view.ipv6Groups[group] as number)) group--;
  }
  view.matchKind = MATCH.IPV6;
  view.matchIndex = index;
  view.matchGroup = group;
  return view.ipv6Ids[index] as number;
}

/**
 * The last range of the group that begins at or before `low`, or the one before the group. Fences
 * narrow it down to 32 neighbours first, which lie in two cache lines (measured: a fifth faster).
 */
function lastRangeUpTo(view: LocationView, group: number, low: number): number {
  const wanted = low >>> 0;
  let first = (view.ipv6Groups[group] as number) - 1;
  let last = (view.ipv6Groups[group + 1] as number) - 1;
  let fence = first >> IPV6_FENCE_SHIFT;
  let lastFence = last >> IPV6_FENCE_SHIFT;
  if (fence < lastFence) {
    const fences = view.ipv6Fences;
    while (fence < lastFence) {
      const middle = (fence + lastFence + 1) >> 1;
      if ((fences[middle] as number) <= wanted) fence = middle;
      else lastFence = middle - 1;
    }
    first = Math.max(first, fence << IPV6_FENCE_SHIFT);
    last = Math.min(last, ((fence + 1) << IPV6_FENCE_SHIFT) - 1);
  }
  const lows = view.ipv6Lows;
  while (first < last) {
    const middle = (first + last + 1) >> 1;
    if ((lows[middle] as number) <= wanted) first = middle;
    else last = middle - 1;
  }
  return first;
}

/**
 * Length of the widest prefix around the address last looked up that lies in its range whole: all
 * clients in it are at the same place. At most SCOPE_MAX, also where the range is smaller; for a
 * mapped address 96 more. Fit for the scope of a client subnet option (RFC 7871 §7.2.1).
 */
export function scopePrefixLength(view: LocationView): number {
  switch (view.matchKind) {
    case MATCH.IPV4:
      return ipv4Scope(view);
    case MATCH.MAPPED:
      return MAPPED_BITS + ipv4Scope(view);
    case MATCH.IPV6:
      return ipv6Scope(view);
    default:
      return unmatchedScope(view.addressHigh, view.addressLow);
  }
}

/**
 * A prefix is in the range as long as it holds neither the last address before the range nor the
 * first one after: it is one bit longer than what the address shares with the nearer of them.
 */
function ipv4Scope(view: LocationView): number {
  const address = view.addressHigh;
  const group = address >>> 16;
  const groups = view.ipv4Groups;
  const lows = view.ipv4Lows;
  const index = view.matchIndex;
  let length = 0;
  if (index > 0) {
    let upper = group;
    if (index < (groups[group] as number)) upper = (view.ipv4Edges[group] as number) & 0xffff;
    const start = (upper << 16) | (lows[index] as number);
    length = Math.clz32(address ^ (start - 1)) + 1;
  }
  const next = index + 1;
  if (next < lows.length) {
    let upper = group;
    if (next >= (groups[group + 1] as number)) upper = (view.ipv4Edges[group] as number) >>> 16;
    const start = (upper << 16) | (lows[next] as number);
    const wanted = Math.clz32(address ^ start) + 1;
    if (wanted > length) length = wanted;
  }
  return length < SCOPE_MAX.IPV4 ? length : SCOPE_MAX.IPV4;
}

function ipv6Scope(view: LocationView): number {
  const high = view.addressHigh;
  const low = view.addressLow;
  const index = view.matchIndex;
  const group = view.matchGroup;
  // 2000::/3 is where the table ends on either side.
  let length = 3;
  if (index > 0) {
    const startHigh = view.ipv6Highs[group] as number;
    const startLow = view.ipv6Lows[index] as number;
    const beforeHigh = startLow === 0 ? startHigh - 1 : startHigh;
    length = Math.max(length, sharedBits(high ^ beforeHigh, low ^ (startLow - 1)) + 1);
  }
  if (index + 1 < view.ipv6Lows.length) {
    const nextGroup = view.ipv6Groups[group + 1] === index + 1 ? group + 1 : group;
    const nextHigh = view.ipv6Highs[nextGroup] as number;
    const nextLow = view.ipv6Lows[index + 1] as number;
    length = Math.max(length, sharedBits(high ^ nextHigh, low ^ nextLow) + 1);
  }
  return Math.min(length, SCOPE_MAX.IPV6);
}

/** Outside 2000::/3: as wide as that and the mapped addresses near :: allow. */
function unmatchedScope(high: number, low: number): number {
  if (high < 0) return 1;
  if (high >>> 30 === 1) return 2;
  return Math.min(Math.max(3, sharedBits(high, low) + 1), SCOPE_MAX.IPV6);
}

/** Leading zeros of 64 bits. */
function sharedBits(high: number, low: number): number {
  return high === 0 ? 32 + Math.clz32(low) : Math.clz32(high);
}
