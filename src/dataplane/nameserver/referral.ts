import { findNode } from "../image/find-node.ts";
import {
  BLOCK,
  BLOCK_FLAG,
  BLOCK_FLAG_SHIFT,
  GLUE_IN_DOMAIN_SHIFT,
  HEADER,
  typeKey,
  wordsOf,
} from "../image/layout.ts";
import type { ZoneView } from "../image/zone-image.ts";
import { findBlock, isRouted } from "../policy/find-target.ts";
import { choose } from "./choose-leaves.ts";
import { COUNTER } from "./query-counters.ts";
import type { QueryContext } from "./query-context.ts";
import { A, AAAA, NOERROR, NS, TC } from "./response-codes.ts";
import { writeRRset } from "./write-rrset.ts";

const nsKey = typeKey(NS);
const aKey = typeKey(A);
const aaaaKey = typeKey(AAAA);

/**
 * Refers to the name servers of a child zone (RFC 1034 §4.3.2 step 3b), with glue.
 * @param node the cut
 * @param label index of the label that begins the cut's name
 */
export function refer(context: QueryContext, zone: ZoneView, node: number, label: number): number {
  const { counters } = context;
  counters[COUNTER.referrals] = (counters[COUNTER.referrals] as number) + 1;
  // AA speaks of the first owner name of the answer section, if there is one (RFC 1035 §4.1.1).
  if (context.answerCount === 0) context.authoritative = 0;
  context.unfinished = 1;
  const block = findBlock(zone, node, nsKey);
  const start = context.cursor;
  const count = writeRRset(context, zone, block, context.labelPosition[label] as number);
  context.authorityCount += count;
  // All glue of name servers below the cut has to be there (RFC 9471 §3.1), the rest if it fits.
  if (count === 0 || !writeGlue(context, zone, block, start, 1)) context.truncated = TC;
  else writeGlue(context, zone, block, start, 0);
  return NOERROR;
}

/**
 * Writes the addresses of the targets of an NS set.
 * @param start offset of the set in the packet
 * @param inDomain 1: targets at or below the cut; 0: the others
 * @returns whether all fitted
 */
function writeGlue(
  context: QueryContext,
  zone: ZoneView,
  block: number,
  start: number,
  inDomain: number,
): boolean {
  const { words } = zone;
  const sizes = words[block] as number;
  if (((sizes >>> BLOCK_FLAG_SHIFT) & BLOCK_FLAG.EXTENDED) === 0) return true;
  let fits = true;
  let entry = glueStart(words, block);
  for (let i = words[block + BLOCK.glueCount] as number; i > 0; i--) {
    const word = words[entry + 1] as number;
    const size = (word >>> 16) & 0xff;
    if (word >>> GLUE_IN_DOMAIN_SHIFT === inDomain) {
      const node =
        size === 0
          ? (words[HEADER.apexNode] as number)
          : findNode(zone, words[entry] as number, zone.data, (entry + 2) << 2, size);
      const owner = start - context.responseOffset + (word & 0xffff);
      if (node !== 0) {
        fits = writeAddresses(context, zone, findBlock(zone, node, aKey), owner) && fits;
        fits = writeAddresses(context, zone, findBlock(zone, node, aaaaKey), owner) && fits;
      }
    }
    entry += 2 + wordsOf(size);
  }
  return fits;
}

/** Offset of the first glue entry of an extended block. */
function glueStart(words: Int32Array, block: number): number {
  const sizes = words[block] as number;
  const counts = words[block + BLOCK.counts] as number;
  const isVariable = ((sizes >>> BLOCK_FLAG_SHIFT) & BLOCK_FLAG.VARIABLE) !== 0;
  const starts = isVariable ? counts & 0xffff : 0;
  return block + BLOCK.wire + wordsOf(sizes & 0xffff) + starts + (counts >>> 16);
}

/** @param block of an address set, or 0 @returns whether it fitted */
function writeAddresses(
  context: QueryContext,
  zone: ZoneView,
  block: number,
  owner: number,
): boolean {
  if (block === 0) return true;
  if (isRouted(zone, block)) {
    if (choose(context, zone, block) === 0) return true;
    block = context.leaves[0] as number;
  }
  const count = writeRRset(context, zone, block, owner);
  context.additionalCount += count;
  return count > 0;
}
