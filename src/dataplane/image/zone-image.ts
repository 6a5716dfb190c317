import { assert } from "../../base/assert.ts";
import {
  BLOCK,
  BLOCK_FLAG,
  BLOCK_FLAG_SHIFT,
  HEADER,
  IMAGE_MAGIC,
  NODE_HEADER_WORDS,
  PROGRAM_HEAD_WORDS,
  PROGRAM_MARK,
  PROGRAM_SIZE_SHIFT,
  wordsOf,
} from "./layout.ts";

/** A compiled zone (layout.ts), shared by all answering workers. */
export type ZoneImage = { readonly buffer: SharedArrayBuffer };

/** A set of one owner and type cannot be put in an image: refused by the compiler. */
export class ImageError extends Error {
  override name = "ImageError";
  /** Wire form; the apex where the zone as a whole is wrong. */
  readonly owner: Uint8Array;
  readonly type: number;

  constructor(message: string, owner: Uint8Array, type: number) {
    super(message);
    this.owner = owner;
    this.type = type;
  }
}

let viewCount = 0;

/** One thread's sight of a zone image: views of its buffer, and what never changes in its header. */
export class ZoneView {
  readonly words: Int32Array;
  readonly octets: Uint8Array;
  readonly data: DataView;
  readonly apexHash: number;
  readonly apexSize: number;
  readonly apexLabelCount: number;
  readonly slotMultiplier: number;
  readonly slotShift: number;
  readonly tableStart: number;
  readonly tableEnd: number;
  readonly offsetBits: number;
  readonly offsetMask: number;
  /** Offset of the apex name in octets. */
  readonly apexOffset = HEADER.apexName * 4;
  /** The key this zone is served under; −1 outside a zone table. */
  zoneKey = -1;
  /** Bits given to `ZoneTable.set`. */
  flags = 0;
  /** Tells this view from all others of its thread; 1 or more. */
  readonly viewId = ++viewCount;
  /** The slot that the last search ended at with success (find-node.ts). */
  foundSlot = 0;

  constructor(buffer: SharedArrayBuffer) {
    const words = new Int32Array(buffer);
    assert(words[HEADER.magic] === IMAGE_MAGIC, "not a zone image");
    this.words = words;
    this.octets = new Uint8Array(buffer);
    this.data = new DataView(buffer);
    this.apexHash = words[HEADER.apexHash] as number;
    this.apexSize = words[HEADER.apexSize] as number;
    this.apexLabelCount = words[HEADER.apexLabelCount] as number;
    this.slotMultiplier = words[HEADER.slotMultiplier] as number;
    this.slotShift = words[HEADER.slotShift] as number;
    this.tableStart = words[HEADER.tableStart] as number;
    this.tableEnd = this.tableStart + (words[HEADER.slotCount] as number);
    this.offsetBits = words[HEADER.offsetBits] as number;
    this.offsetMask = (1 << this.offsetBits) - 1;
  }

  /** A copy of the apex name, lower case. */
  apex(): Uint8Array {
    return Uint8Array.from(this.octets.subarray(this.apexOffset, this.apexOffset + this.apexSize));
  }
}

/** Whether who answers from an image needs a location table. */
export function asksPlaces({ buffer }: ZoneImage): boolean {
  return new Int32Array(buffer, 0, HEADER.apexName)[HEADER.asksPlaces] !== 0;
}

/** Words of the header with a given apex. */
export function headerWords(apexSize: number): number {
  return HEADER.apexName + wordsOf(apexSize);
}

/** Offset of a node's first block. */
export function firstBlock(words: Int32Array, node: number): number {
  return node + NODE_HEADER_WORDS + wordsOf((words[node] as number) & 0xff);
}

/** Words that a node takes, or a program among the nodes. */
export function nodeWords(words: Int32Array, node: number): number {
  const head = words[node] as number;
  const count = head >>> 16;
  if (count !== 0) return count;
  if ((head & 0xff) === PROGRAM_MARK) {
    return PROGRAM_HEAD_WORDS + ((words[node + 1] as number) >>> PROGRAM_SIZE_SHIFT);
  }
  let end = firstBlock(words, node);
  for (let i = (head >>> 8) & 0xff; i > 0; i--) end += blockWords(words, end);
  return end - node;
}

/** Words that a block takes. */
export function blockWords(words: Int32Array, block: number): number {
  const sizes = words[block] as number;
  if (((sizes >>> BLOCK_FLAG_SHIFT) & BLOCK_FLAG.EXTENDED) !== 0) {
    return words[block + BLOCK.blockWords] as number;
  }
  return 1 + wordsOf(sizes & 0xffff);
}
