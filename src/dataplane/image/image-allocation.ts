import { assert, present } from "../../base/assert.ts";
import { zoneImageWordsMax } from "../../base/limits.ts";
import { freeSlot, slotValue } from "./image-editor.ts";
import { hashLabel } from "./name-hash.ts";
import {
  BLOCK,
  HEADER,
  IMAGE_MAGIC,
  NODE_FLAG,
  NODE_HEADER_WORDS,
  TOMBSTONE_NODE,
} from "./layout.ts";
import { eachRouted, placeProgram, programSize } from "./shared-programs.ts";
import { ImageError, ZoneView, headerWords, nodeWords } from "./zone-image.ts";

/** What an image is allocated for. */
export type ImageCapacity = {
  /** Names with a slot: all but the apex. */
  readonly names: number;
  /** Words of the arena. What is not written takes no memory: pages come when they are touched. */
  readonly arenaWords: number;
};

/** An image with no node, not even the apex. @param apex in lower case */
export function allocateImage(apex: Uint8Array, seed: number, capacity: ImageCapacity): ZoneView {
  const slots = slotsFor(capacity.names);
  const tableStart = headerWords(apex.length);
  const arenaStart = tableStart + slots.count;
  const arenaEnd = arenaStart + capacity.arenaWords;
  if (arenaEnd > zoneImageWordsMax) {
    const size = `${arenaEnd * 4} octets, limit ${zoneImageWordsMax * 4}`;
    throw new ImageError(`Cannot compile zone: ${size}`, apex, 0);
  }
  // Names are read word by word: one word more, for what lies after the last.
  const buffer = new SharedArrayBuffer((arenaEnd + 1) * 4);
  const words = new Int32Array(buffer);
  words[HEADER.magic] = IMAGE_MAGIC;
  words[HEADER.tombstone] = TOMBSTONE_NODE;
  words[HEADER.seed] = seed | 0;
  words[HEADER.apexSize] = apex.length;
  words[HEADER.slotMultiplier] = slots.multiplier;
  words[HEADER.slotShift] = slots.shift;
  words[HEADER.slotCount] = slots.count;
  words[HEADER.offsetBits] = 32 - Math.clz32(arenaEnd);
  words[HEADER.tableStart] = tableStart;
  words[HEADER.arenaStart] = arenaStart;
  words[HEADER.arenaEnd] = arenaEnd;
  words[HEADER.arenaFree] = arenaStart;
  const octets = new Uint8Array(buffer);
  const apexStart = HEADER.apexName * 4;
  octets.set(apex, apexStart);
  const labels = labelStarts(octets, apexStart + apex.length, apexStart);
  words[HEADER.apexLabelCount] = labels.length;
  words[HEADER.apexHash] = hashLabels(seed | 0, new DataView(buffer), labels);
  return new ZoneView(buffer);
}

/** Copies the live nodes of an image into a new one of another capacity. */
export function relayImage(zone: ZoneView, capacity: ImageCapacity): ZoneView {
  const { words } = zone;
  const copy = allocateImage(zone.apex(), words[HEADER.seed] as number, capacity);
  const hasPrograms = (words[HEADER.programCount] as number) > 0;
  const moved = new Map<number, number>();
  const end = words[HEADER.arenaFree] as number;
  let size = 0;
  for (let at = words[HEADER.arenaStart] as number; at < end; at += size) {
    size = nodeWords(words, at);
    if (((words[at + 1] as number) & NODE_FLAG.DEAD) !== 0) continue;
    if (hasPrograms) movePrograms(words, at, copy, moved);
    const node = copy.words[HEADER.arenaFree] as number;
    for (let i = 0; i < size; i++) copy.words[node + i] = words[at + i] as number;
    copy.words[HEADER.arenaFree] = node + size;
    if (hasPrograms) eachRouted(copy.words, node, (block) => lead(copy.words, block, moved));
    if (at === words[HEADER.apexNode]) copy.words[HEADER.apexNode] = node;
    else enterNode(copy, node);
  }
  const free = copy.words[HEADER.arenaFree] as number;
  assert(free <= (copy.words[HEADER.arenaEnd] as number), "the copy has room for all nodes");
  copy.words[HEADER.nodeCount] = words[HEADER.nodeCount] as number;
  copy.words[HEADER.delegationCount] = words[HEADER.delegationCount] as number;
  copy.words[HEADER.asksPlaces] = words[HEADER.asksPlaces] as number;
  return copy;
}

/** Puts the programs that a node leads to into the copy, where they are not there yet. */
function movePrograms(
  words: Int32Array,
  node: number,
  copy: ZoneView,
  moved: Map<number, number>,
): void {
  eachRouted(words, node, (block) => {
    const program = words[block + BLOCK.program] as number;
    if (moved.has(program)) return;
    moved.set(program, placeProgram(copy, words, program, programSize(words, program)));
  });
}

function lead(words: Int32Array, block: number, moved: ReadonlyMap<number, number>): void {
  const program = moved.get(words[block + BLOCK.program] as number);
  words[block + BLOCK.program] = present(program, "the programs of a live node are moved first");
}

function enterNode(zone: ZoneView, node: number): void {
  const hash = nodeHash(zone, node);
  zone.words[freeSlot(zone, hash)] = slotValue(zone, hash, node);
  zone.words[HEADER.slotsUsed] = (zone.words[HEADER.slotsUsed] as number) + 1;
}

/** The hash of a node's whole name. */
function nodeHash(zone: ZoneView, node: number): number {
  const size = (zone.words[node] as number) & 0xff;
  const start = (node + NODE_HEADER_WORDS) * 4;
  return hashLabels(zone.apexHash, zone.data, labelStarts(zone.octets, start + size, start));
}

const startsFound: number[] = [];

/** Offsets of the labels from `start` up to the root label or `end`. Valid until the next call. */
function labelStarts(octets: Uint8Array, end: number, start: number): readonly number[] {
  startsFound.length = 0;
  for (let at = start; at < end && octets[at] !== 0; at += (octets[at] as number) + 1) {
    startsFound.push(at);
  }
  return startsFound;
}

function hashLabels(seed: number, data: DataView, starts: readonly number[]): number {
  let hash = seed;
  for (let i = starts.length - 1; i >= 0; i--) hash = hashLabel(hash, data, starts[i] as number);
  return hash;
}

/** Names that a table may have before it is made again with more slots: 4 of 5 slots taken. */
export function slotsUsedMax(zone: ZoneView): number {
  return Math.floor(((zone.words[HEADER.slotCount] as number) * 4) / 5);
}

function slotsFor(names: number): { multiplier: number; shift: number; count: number } {
  const needed = Math.ceil((names * 5) / 4) + 1;
  for (let shift = 29; ; shift--) {
    for (let multiplier = 4; multiplier < 8; multiplier++) {
      const count = multiplier * 2 ** (29 - shift);
      if (count >= needed) return { multiplier, shift, count };
    }
  }
}
