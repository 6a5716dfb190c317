import { findNode } from "../image/find-node.ts";
import { ALIAS } from "../image/image-program.ts";
import { BLOCK, BLOCK_FLAG, BLOCK_FLAG_SHIFT, HEADER } from "../image/layout.ts";
import { type ZoneView, blockWords, firstBlock } from "../image/zone-image.ts";
import { ALIAS_TARGET_MASK, ALIAS_TARGET_WORDS } from "./routing-context.ts";
import type { RoutingContext } from "./routing-context.ts";

/**
 * Finds the block of a type at a node.
 * @param key the type's key word
 * @returns its offset in words; 0 if the node has none
 */
export function findBlock(zone: ZoneView, node: number, key: number): number {
  const { words } = zone;
  let block = firstBlock(words, node);
  for (let i = ((words[node] as number) >>> 8) & 0xff; i > 0; i--) {
    if (words[block + BLOCK.key] === key) return block;
    block += blockWords(words, block);
  }
  return 0;
}

/**
 * The block an ALIAS leads to, 0 if there is none. What was found lately is known still: it holds as
 * long as the slot it was found by leads to the same node (measured: see go-straight.ts).
 */
export function findTarget(context: RoutingContext, zone: ZoneView, alias: number): number {
  const { words } = zone;
  const { aliasTargets } = context;
  const at = (alias & ALIAS_TARGET_MASK) * ALIAS_TARGET_WORDS;
  if (
    aliasTargets[at] === alias &&
    aliasTargets[at + TARGET.view] === zone.viewId &&
    words[aliasTargets[at + TARGET.slot] as number] === aliasTargets[at + TARGET.slotValue]
  ) {
    return aliasTargets[at + TARGET.block] as number;
  }
  return searchTarget(zone, alias, aliasTargets, at);
}

function searchTarget(zone: ZoneView, alias: number, aliasTargets: Int32Array, at: number): number {
  const { words } = zone;
  const size = (words[alias + ALIAS.nameSize] as number) & 0xff;
  const hash = words[alias + ALIAS.hash] as number;
  const key = words[alias + ALIAS.key] as number;
  if (size === 0) return findBlock(zone, words[HEADER.apexNode] as number, key);
  const node = findNode(zone, hash, zone.data, (alias + ALIAS.name) << 2, size);
  if (node === 0) return 0;
  const block = findBlock(zone, node, key);
  aliasTargets[at] = alias;
  aliasTargets[at + TARGET.view] = zone.viewId;
  aliasTargets[at + TARGET.slot] = zone.foundSlot;
  aliasTargets[at + TARGET.slotValue] = (hash << zone.offsetBits) | node;
  aliasTargets[at + TARGET.block] = block;
  return block;
}

/** Columns of a known target after its alias (RoutingContext.aliasTargets). */
const TARGET = { view: 1, slot: 2, slotValue: 3, block: 4 } as const;

/** Whether a set is chosen by a program. */
export function isRouted(zone: ZoneView, block: number): boolean {
  const flags = (zone.words[block] as number) >>> BLOCK_FLAG_SHIFT;
  return (flags & BLOCK_FLAG.ROUTED) !== 0;
}
