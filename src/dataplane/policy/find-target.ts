import { findNode } from "../image/find-node.ts";
import { ALIAS } from "../image/image-program.ts";
import { BLOCK, BLOCK_FLAG, BLOCK_FLAG_SHIFT, HEADER } from "../image/layout.ts";
import { type ZoneView, blockWords, firstBlock } from "../image/zone-image.ts";

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

/** The block an ALIAS leads to, 0 if there is none. */
export function findTarget(zone: ZoneView, alias: number): number {
  const { words } = zone;
  const size = (words[alias + ALIAS.nameSize] as number) & 0xff;
  const hash = words[alias + ALIAS.hash] as number;
  const node =
    size === 0
      ? (words[HEADER.apexNode] as number)
      : findNode(zone, hash, zone.data, (alias + ALIAS.name) << 2, size);
  return node === 0 ? 0 : findBlock(zone, node, words[alias + ALIAS.key] as number);
}

/** Whether a set is chosen by a program. */
export function isRouted(zone: ZoneView, block: number): boolean {
  const flags = (zone.words[block] as number) >>> BLOCK_FLAG_SHIFT;
  return (flags & BLOCK_FLAG.ROUTED) !== 0;
}
