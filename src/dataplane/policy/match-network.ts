import { ADDRESS_FAMILY } from "../geo/locate.ts";
import { CIDR_BITS, CIDR_BLOCK_WORDS, CIDR_BRANCH_SHIFT, CIDR_LENGTH_MASK } from "./cidr-table.ts";
import { CIDR_TABLE } from "./cidr-table.ts";
import { noteScope, takeClient } from "./client-place.ts";
import { GROUP } from "./program.ts";
import type { RoutingContext } from "./routing-context.ts";

/** The smallest block around all of the client's network: its offset; 0 if there is none. */
export function smallestBlock(
  context: RoutingContext,
  words: Int32Array,
  program: number,
  at: number,
): number {
  takeClient(context);
  const family = context.clientFamily;
  if (family === 0) return 0;
  const isIpv4 = family === ADDRESS_FAMILY.IPV4;
  const tables = words[at + (isIpv4 ? GROUP.first : GROUP.second)] as number;
  const table = program + tables;
  const count = words[table + CIDR_TABLE.rangeCount] as number;
  const range = isIpv4 ? rangeOf4(context, words, table) : rangeOf6(context, words, table);
  const owners = table + CIDR_TABLE.starts + count * (isIpv4 ? 1 : 2);
  const blocks = owners + count - CIDR_BLOCK_WORDS;
  const owner = words[owners + range] as number;
  let block = owner === 0 ? 0 : blocks + owner * CIDR_BLOCK_WORDS;
  // A network that is larger than a block is not in it.
  while (block !== 0 && lengthOf(words, block) > context.clientBits) {
    block = nextBlock(words, block);
  }
  return block;
}

/** The branch a block belongs to. */
export function cidrBranch(words: Int32Array, at: number, block: number): number {
  return at + ((words[block] as number) >>> CIDR_BRANCH_SHIFT);
}

/**
 * The next larger block around a block; 0 if there is none. Its prefix is shorter and it stands
 * before the block, so that a table which was damaged is left after 256 steps at most.
 */
export function nextBlock(words: Int32Array, block: number): number {
  const back = words[block + 1] as number;
  const next = block - back * CIDR_BLOCK_WORDS;
  if (back <= 0 || next <= 0) return 0;
  return lengthOf(words, next) < lengthOf(words, block) ? next : 0;
}

function lengthOf(words: Int32Array, block: number): number {
  return (words[block] as number) & CIDR_LENGTH_MASK;
}

/** Index of the range an IPv4 client is in; takes note of how far that goes. */
function rangeOf4(context: RoutingContext, words: Int32Array, table: number): number {
  const address = wordAt(context.client, 0);
  const starts = table + CIDR_TABLE.starts;
  const count = words[table + CIDR_TABLE.rangeCount] as number;
  let low = 0;
  let high = count - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((words[starts + middle] as number) >>> 0 <= address >>> 0) low = middle;
    else high = middle - 1;
  }
  let bits = 0;
  if (low > 0) bits = Math.clz32(address ^ ((words[starts + low] as number) - 1)) + 1;
  if (low + 1 < count) {
    const after = Math.clz32(address ^ (words[starts + low + 1] as number)) + 1;
    if (after > bits) bits = after;
  }
  noteScope(context, bits < CIDR_BITS.IPV4 ? bits : CIDR_BITS.IPV4);
  return low;
}

/** The same for IPv6, by the upper 64 bits. */
function rangeOf6(context: RoutingContext, words: Int32Array, table: number): number {
  const upper = wordAt(context.client, 0);
  const lower = wordAt(context.client, 4);
  const starts = table + CIDR_TABLE.starts;
  const count = words[table + CIDR_TABLE.rangeCount] as number;
  let low = 0;
  let high = count - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (isUpTo(words, starts + middle * 2, upper, lower)) low = middle;
    else high = middle - 1;
  }
  let bits = 0;
  if (low > 0) {
    const startUpper = words[starts + low * 2] as number;
    const startLower = words[starts + low * 2 + 1] as number;
    const borrow = startLower === 0 ? 1 : 0;
    bits = sharedBits(upper ^ (startUpper - borrow), lower ^ (startLower - 1)) + 1;
  }
  if (low + 1 < count) {
    const next = starts + (low + 1) * 2;
    const after = sharedBits(upper ^ (words[next] as number), lower ^ (words[next + 1] as number));
    if (after + 1 > bits) bits = after + 1;
  }
  noteScope(context, bits);
  return low;
}

function isUpTo(words: Int32Array, start: number, upper: number, lower: number): boolean {
  const startUpper = (words[start] as number) >>> 0;
  if (startUpper !== upper >>> 0) return startUpper < upper >>> 0;
  return (words[start + 1] as number) >>> 0 <= lower >>> 0;
}

function sharedBits(upper: number, lower: number): number {
  return upper === 0 ? 32 + Math.clz32(lower) : Math.clz32(upper);
}

/** Four octets as a signed word. */
function wordAt(octets: Uint8Array, at: number): number {
  return (
    ((octets[at] as number) << 24) |
    ((octets[at + 1] as number) << 16) |
    ((octets[at + 2] as number) << 8) |
    (octets[at + 3] as number)
  );
}
