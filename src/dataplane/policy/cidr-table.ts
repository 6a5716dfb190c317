import type { Cidr } from "../../base/ip.ts";

/**
 * The blocks of a CIDR group for one family, in words: where an address is between the edges of all
 * blocks, which block is the smallest around it, and which are around that.
 *
 * ```
 *   rangeCount
 *   starts     word × rangeCount (IPv6: two words, the upper 64 bits)   in order; the first is 0
 *   owners     word × rangeCount   block around the range, counted from 1; 0: none
 *   blocks     prefixLength 8 | branch: offset from the group's start 24
 *              how many blocks before it the next larger one around it is; 0: none
 * ```
 */
export const CIDR_TABLE = { rangeCount: 0, starts: 1 } as const;
export const CIDR_BLOCK_WORDS = 2;
export const CIDR_LENGTH_MASK = 0xff;
export const CIDR_BRANCH_SHIFT = 8;

/** Bits of an address that are looked at. */
export const CIDR_BITS = { IPV4: 32, IPV6: 64 } as const;

/** A block and the offset of its branch. */
export type OwnedBlock = { readonly cidr: Cidr; readonly branch: number };

type Range = { start: bigint; owner: number };
/** `parent` counts from 1; 0: none. */
type Block = { start: bigint; end: bigint; length: number; branch: number; parent: number };

/** Writes the table of one family. @param blocks of that family, all different */
export function cidrTable(blocks: readonly OwnedBlock[], bits: 32 | 64): number[] {
  const { sorted, ranges } = cutIntoRanges(blocks, bits);
  const words = [ranges.length];
  for (const { start } of ranges) {
    if (bits === CIDR_BITS.IPV6) words.push(Number(BigInt.asIntN(32, start >> 32n)));
    words.push(Number(BigInt.asIntN(32, start)));
  }
  for (const { owner } of ranges) words.push(owner);
  for (const [index, { length, branch, parent }] of sorted.entries()) {
    words.push(length | (branch << CIDR_BRANCH_SHIFT), parent === 0 ? 0 : index + 1 - parent);
  }
  return words;
}

/**
 * Cuts the address space of one family where blocks begin and end.
 * @param blocks of that family, all different; `branch` is the caller's
 * @returns where each range begins, in order, and the branch of the smallest block around it
 */
export function cidrRanges(
  blocks: readonly OwnedBlock[],
  bits: 32 | 128,
): { start: bigint; branch: number | undefined }[] {
  const { sorted, ranges } = cutIntoRanges(blocks, bits);
  return ranges.map(({ start, owner }) => ({ start, branch: sorted[owner - 1]?.branch }));
}

function cutIntoRanges(
  blocks: readonly OwnedBlock[],
  bits: number,
): { sorted: Block[]; ranges: Range[] } {
  const sorted = blocks.map((block) => toBlock(block, bits)).sort(byStartThenSize);
  return { sorted, ranges: rangesOf(sorted, 1n << BigInt(bits)) };
}

function toBlock({ cidr, branch }: OwnedBlock, bits: number): Block {
  const { address, prefixLength } = cidr;
  let start = 0n;
  for (let i = 0; i < bits / 8; i++) start = (start << 8n) | BigInt(address[i] ?? 0);
  const size = 1n << BigInt(bits - prefixLength);
  start -= start % size;
  return { start, end: start + size, length: prefixLength, branch, parent: 0 };
}

function byStartThenSize(a: Block, b: Block): number {
  if (a.start !== b.start) return a.start < b.start ? -1 : 1;
  return a.length - b.length;
}

/** Cuts the address space at all edges; blocks lie in each other or apart. Sets their parents. */
function rangesOf(blocks: readonly Block[], end: bigint): Range[] {
  const ranges: Range[] = [{ start: 0n, owner: 0 }];
  const open: number[] = [];
  const close = (upTo: bigint): void => {
    for (let top = blocks[open.at(-1) ?? -1]; top && top.end <= upTo;) {
      open.pop();
      begin(ranges, top.end, (open.at(-1) ?? -1) + 1);
      top = blocks[open.at(-1) ?? -1];
    }
  };
  for (const [index, block] of blocks.entries()) {
    close(block.start);
    block.parent = (open.at(-1) ?? -1) + 1;
    open.push(index);
    begin(ranges, block.start, index + 1);
  }
  close(end);
  return ranges.filter(({ start }) => start < end);
}

function begin(ranges: Range[], start: bigint, owner: number): void {
  const last = ranges.at(-1);
  if (last && last.start === start) last.owner = owner;
  else ranges.push({ start, owner });
}
