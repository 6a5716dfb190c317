import { knownProgramCountMax } from "../../base/limits.ts";
import {
  BLOCK,
  BLOCK_FLAG,
  BLOCK_FLAG_SHIFT,
  HEADER,
  NODE_FLAG,
  PROGRAM_HEAD_WORDS,
  PROGRAM_MARK,
  PROGRAM_SIZE_SHIFT,
} from "./layout.ts";
import { type ZoneView, blockWords, firstBlock, nodeWords } from "./zone-image.ts";

/**
 * By image, the offsets of its programs by their hash: what the writer shares them by. A program
 * that is not in here is written once more, no harm done.
 */
const known = new WeakMap<ArrayBufferLike, Map<number, number>>();

/**
 * Puts a program in the image's arena where there is none like it yet: names that are routed alike
 * share one, which then stays in the processor's caches. There must be room.
 * @param start of the program in `source`, of `size` words
 * @returns its offset
 */
export function placeProgram(
  zone: ZoneView,
  source: Int32Array,
  start: number,
  size: number,
): number {
  const { words } = zone;
  const programs = knownPrograms(zone);
  const hash = hashOf(source, start, size);
  const like = programs.get(hash);
  if (like !== undefined && isSame(words, like, source, start, size)) return like;
  const at = words[HEADER.arenaFree] as number;
  const program = at + PROGRAM_HEAD_WORDS;
  words[at] = PROGRAM_MARK;
  words[at + 1] = NODE_FLAG.DEAD | (size << PROGRAM_SIZE_SHIFT);
  for (let i = 0; i < size; i++) words[program + i] = source[start + i] as number;
  words[HEADER.arenaFree] = program + size;
  words[HEADER.programCount] = (words[HEADER.programCount] as number) + 1;
  if (programs.size >= knownProgramCountMax) programs.clear();
  programs.set(hash, program);
  return program;
}

/** Words of a program. */
export function programSize(words: Int32Array, program: number): number {
  return (words[program - 1] as number) >>> PROGRAM_SIZE_SHIFT;
}

/** Calls back for each routed block of a node. */
export function eachRouted(
  words: Int32Array,
  node: number,
  callback: (block: number) => void,
): void {
  let block = firstBlock(words, node);
  for (let i = ((words[node] as number) >>> 8) & 0xff; i > 0; i--) {
    const flags = (words[block] as number) >>> BLOCK_FLAG_SHIFT;
    if ((flags & BLOCK_FLAG.ROUTED) !== 0) callback(block);
    block += blockWords(words, block);
  }
}

/** Words of the programs that a node leads to and no node before it did; they are `seen` then. */
export function newProgramWords(words: Int32Array, node: number, seen: Set<number>): number {
  let size = 0;
  eachRouted(words, node, (block) => {
    const program = words[block + BLOCK.program] as number;
    if (seen.has(program)) return;
    seen.add(program);
    size += PROGRAM_HEAD_WORDS + programSize(words, program);
  });
  return size;
}

function knownPrograms(zone: ZoneView): Map<number, number> {
  const { words } = zone;
  let programs = known.get(words.buffer);
  if (programs) return programs;
  programs = new Map();
  known.set(words.buffer, programs);
  if (words[HEADER.programCount] === 0) return programs;
  const end = words[HEADER.arenaFree] as number;
  for (let at = words[HEADER.arenaStart] as number; at < end; at += nodeWords(words, at)) {
    if (words[at] !== PROGRAM_MARK || programs.size >= knownProgramCountMax) continue;
    const program = at + PROGRAM_HEAD_WORDS;
    programs.set(hashOf(words, program, programSize(words, program)), program);
  }
  return programs;
}

function isSame(
  words: Int32Array,
  program: number,
  source: Int32Array,
  start: number,
  size: number,
): boolean {
  if (programSize(words, program) !== size) return false;
  for (let i = 0; i < size; i++) if (words[program + i] !== source[start + i]) return false;
  return true;
}

function hashOf(words: Int32Array, start: number, size: number): number {
  let hash = size;
  for (let i = start; i < start + size; i++) {
    hash = Math.imul(hash ^ (words[i] as number), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash;
}
