import { chainLengthMax } from "../../base/limits.ts";
import { findNode } from "../image/find-node.ts";
import { BLOCK, BLOCK_FLAG, BLOCK_FLAG_SHIFT, HEADER } from "../image/layout.ts";
import { ALIAS, OP, RECORDS, SAMPLE, WEIGHTED } from "../image/program.ts";
import { type ZoneView, blockWords, firstBlock } from "../image/zone-image.ts";
import { COUNTER } from "./query-counters.ts";
import { type QueryContext, draw } from "./query-context.ts";

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

/** Whether a set is chosen by a program. */
export function isRouted(zone: ZoneView, block: number): boolean {
  const flags = (zone.words[block] as number) >>> BLOCK_FLAG_SHIFT;
  return (flags & BLOCK_FLAG.ROUTED) !== 0;
}

/**
 * Runs the program of a routed set: the blocks it comes to are in `context.leaves` afterwards.
 * @returns their number; 0 if there is no answer: an alias leads nowhere, or too far
 */
export function choose(context: QueryContext, zone: ZoneView, routed: number): number {
  const { words } = zone;
  let block = routed;
  let at = block + BLOCK.program;
  context.leafCount = 0;
  for (let steps = 0; steps <= chainLengthMax;) {
    switch (words[at]) {
      case OP.RECORDS:
        return addLeaf(context, at + RECORDS.block);
      case OP.WEIGHTED:
        at = block + drawWeighted(context, words, at);
        continue;
      case OP.SAMPLE:
        return drawSample(context, words, block, at);
      default:
        block = findTarget(zone, at);
        if (block === 0) return 0;
        if (!isRouted(zone, block)) return addLeaf(context, block);
        at = block + BLOCK.program;
        steps++;
    }
  }
  const { counters } = context;
  counters[COUNTER.chainsGivenUp] = (counters[COUNTER.chainsGivenUp] as number) + 1;
  return 0;
}

function addLeaf(context: QueryContext, block: number): number {
  context.leaves[0] = block;
  context.leafCount = 1;
  return 1;
}

function drawWeighted(context: QueryContext, words: Int32Array, at: number): number {
  const drawn = draw(context, words[at + WEIGHTED.total] as number);
  let entry = at + WEIGHTED.entries;
  while (drawn >= (words[entry] as number)) entry += 2;
  return words[entry + 1] as number;
}

/** Draws targets without putting back, each as likely as any other. */
function drawSample(context: QueryContext, words: Int32Array, block: number, at: number): number {
  const { sample, leaves } = context;
  const count = words[at + SAMPLE.count] as number;
  const limit = words[at + SAMPLE.limit] as number;
  for (let i = 0; i < count; i++) sample[i] = words[at + SAMPLE.entries + i] as number;
  let left = count;
  let taken = 0;
  while (left > 0 && taken < limit) {
    const i = draw(context, left);
    leaves[taken++] = block + (sample[i] as number) + RECORDS.block;
    sample[i] = sample[--left] as number;
  }
  context.leafCount = taken;
  return taken;
}

/** The block an ALIAS instruction leads to, 0 if there is none. */
function findTarget(zone: ZoneView, at: number): number {
  const { words } = zone;
  const size = words[at + ALIAS.nameSize] as number;
  const node =
    size === 0
      ? (words[HEADER.apexNode] as number)
      : findNode(zone, words[at + ALIAS.hash] as number, zone.data, (at + ALIAS.name) << 2, size);
  return node === 0 ? 0 : findBlock(zone, node, words[at + ALIAS.key] as number);
}
