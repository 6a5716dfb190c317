import { rdataSizeMax } from "../../base/limits.ts";
import { skipName } from "../../dns/wire/name.ts";
import { rdataNames } from "../../dns/wire/rdata-names.ts";
import { TYPE, typeToText } from "../../dns/wire/registries.ts";
import { ttlMax } from "../../dns/wire/ttl.ts";
import { ImageName } from "./image-name.ts";
import { ALIAS, EVALUATE_HEALTH, LEAF, RECORDS } from "./image-program.ts";
import type { ImageProgram, ProgramLeaf } from "./image-program.ts";
import type { ImageRRset, SetReference } from "./image-rrset.ts";
import {
  BLOCK,
  BLOCK_FLAG,
  BLOCK_FLAG_SHIFT,
  BLOCK_POINTER_MAX,
  GLUE_IN_DOMAIN_SHIFT,
  HEADER,
  PLAIN_BLOCK_WIRE,
  PROGRAM_HEAD_WORDS,
  RECORD_HEADER_SIZE,
  ROUTED_BLOCK_WORDS,
  typeKey,
  wordsOf,
} from "./layout.ts";
import { NameCompressor } from "./name-compressor.ts";
import { placeProgram, programSize } from "./shared-programs.ts";
import { ImageError, type ZoneView, blockWords } from "./zone-image.ts";

/** Records of a plain block: its count is kept in 8 bits. */
const plainRecordCountMax = 255;

/** Writes sets as blocks (layout.ts), one after the other, into memory that is used again. */
export class BlockEncoder {
  words = new Int32Array(1024);
  octets = new Uint8Array(this.words.buffer);
  /** Offset in words where the next block goes. */
  free = 0;
  /** What programs take beside that in an image: their heads, and their offsets in blocks. */
  programHeadWords = 0;

  readonly #names = new NameCompressor();
  readonly #target = new ImageName();
  readonly #starts: number[] = [];

  /** Forgets all blocks. */
  reset(): void {
    this.free = 0;
    this.programHeadWords = 0;
  }

  /**
   * Appends the block of a set.
   * @param name the set's owner
   * @returns the block's offset in words
   * @throws ImageError
   */
  encode(zone: ZoneView, name: ImageName, rrset: ImageRRset): number {
    const start = this.free;
    if ("rdatas" in rrset) {
      this.#encodeRecords(zone, name, rrset);
    } else {
      if (neverRouted.has(rrset.type)) refuse(rrset, "sets of this type cannot be routed");
      this.#reserve(BLOCK.program);
      this.words[start + BLOCK.sizes] =
        (BLOCK_FLAG.EXTENDED | BLOCK_FLAG.ROUTED) << BLOCK_FLAG_SHIFT;
      this.words[start + BLOCK.key] = typeKey(rrset.type);
      this.free = start + BLOCK.program;
      this.#encodeProgram(zone, name, { set: rrset, program: rrset.program });
      this.words[start + BLOCK.blockWords] = this.free - start;
      this.programHeadWords += PROGRAM_HEAD_WORDS + 1;
    }
    return start;
  }

  /** Appends a copy of a block of an image, with its program if it has one. */
  copy(words: Int32Array, block: number): number {
    const at = this.free;
    if (((words[block] as number) >>> BLOCK_FLAG_SHIFT) & BLOCK_FLAG.ROUTED) {
      const program = words[block + BLOCK.program] as number;
      this.#append(words, block, BLOCK.program);
      this.#append(words, program, programSize(words, program));
      this.words[at + BLOCK.blockWords] = this.free - at;
      this.programHeadWords += PROGRAM_HEAD_WORDS + 1;
    } else {
      this.#append(words, block, blockWords(words, block));
    }
    return at;
  }

  /**
   * Puts the programs of routed blocks into an image: each block is what layout.ts draws then. Until
   * that it has its program in it, in the place of the offset.
   */
  placePrograms(zone: ZoneView, blocks: readonly number[]): void {
    for (const block of blocks) {
      const flags = (this.words[block] as number) >>> BLOCK_FLAG_SHIFT;
      const size = this.words[block + BLOCK.blockWords] as number;
      if ((flags & BLOCK_FLAG.ROUTED) === 0) continue;
      const start = block + BLOCK.program;
      this.words[start] = placeProgram(zone, this.words, start, size - BLOCK.program);
      this.words[block + BLOCK.blockWords] = ROUTED_BLOCK_WORDS;
    }
  }

  #append(words: Int32Array, start: number, count: number): void {
    this.#reserve(count);
    for (let i = 0; i < count; i++) this.words[this.free++] = words[start + i] as number;
  }

  #encodeRecords(
    zone: ZoneView,
    name: ImageName,
    set: SetReference & { ttl: number; rdatas: readonly Uint8Array[] },
  ): void {
    const { rdatas } = set;
    checkRecords(set);
    let sizeMax = 0;
    for (const rdata of rdatas) sizeMax += RECORD_HEADER_SIZE + rdata.length;
    const block = this.free;
    this.#reserve(BLOCK.wire + wordsOf(sizeMax) + 1);
    const wire = (block + BLOCK.wire) * 4;
    this.#names.begin(zone, name, set.type, wire);
    this.#starts.length = 0;
    let at = wire;
    let firstSize = 0;
    let isVariable = false;
    for (const rdata of rdatas) {
      this.#starts.push(at - wire);
      const end = this.#writeRecord(set, rdata, at);
      if (firstSize === 0) firstSize = end - at;
      else if (end - at !== firstSize) isVariable = true;
      at = end;
    }
    const wireSize = at - wire;
    if (wireSize > rdataSizeMax) {
      refuse(set, `${wireSize} octets of records, limit ${rdataSizeMax}`);
    }
    while (at % 4 !== 0) this.octets[at++] = 0;
    this.free = at / 4;
    const hasGlue = set.type === TYPE.NS && name.depth > 0 && !name.isWildcardAt(name.depth);
    const glueCount = hasGlue ? this.#countGlue(zone, rdatas) : 0;
    if (
      isVariable ||
      this.#names.fixups.length > 0 ||
      glueCount > 0 ||
      rdatas.length > plainRecordCountMax
    ) {
      this.#finishExtended(block, set.type, wireSize, isVariable);
      if (glueCount > 0) this.#writeGlue(zone, name, rdatas, block);
      this.words[block + BLOCK.blockWords] = this.free - block;
    } else {
      this.#finishPlain(block, wireSize, rdatas.length);
    }
  }

  /** @returns the offset after the record */
  #writeRecord(set: SetReference & { ttl: number }, rdata: Uint8Array, start: number): number {
    const octets = this.octets;
    octets[start] = 0xc0;
    octets[start + 1] = 0x0c;
    octets[start + 2] = set.type >> 8;
    octets[start + 3] = set.type & 0xff;
    octets[start + 4] = 0;
    octets[start + 5] = 1;
    octets[start + 6] = set.ttl >>> 24;
    octets[start + 7] = (set.ttl >>> 16) & 0xff;
    octets[start + 8] = (set.ttl >>> 8) & 0xff;
    octets[start + 9] = set.ttl & 0xff;
    const end = this.#writeRdata(set, rdata, start + RECORD_HEADER_SIZE);
    const size = end - start - RECORD_HEADER_SIZE;
    octets[start + 10] = size >> 8;
    octets[start + 11] = size & 0xff;
    return end;
  }

  #writeRdata(set: SetReference, rdata: Uint8Array, start: number): number {
    let at = start;
    let read = 0;
    for (const offset of namesIn(set, rdata)) {
      while (read < offset) this.octets[at++] = rdata[read++] as number;
      at = this.#names.write(rdata, read, this.octets, at);
      read = skipName(rdata, read);
    }
    while (read < rdata.length) this.octets[at++] = rdata[read++] as number;
    return at;
  }

  #finishPlain(block: number, wireSize: number, recordCount: number): void {
    this.words.copyWithin(block + PLAIN_BLOCK_WIRE, block + BLOCK.wire, this.free);
    this.words[block + BLOCK.sizes] = wireSize | (recordCount << 16);
    this.free -= BLOCK.wire - PLAIN_BLOCK_WIRE;
  }

  #finishExtended(block: number, type: number, wireSize: number, isVariable: boolean): void {
    const { fixups, isFixedOrder } = this.#names;
    const recordCount = this.#starts.length;
    this.#reserve((isVariable ? recordCount : 0) + fixups.length);
    const flags =
      BLOCK_FLAG.EXTENDED |
      (isFixedOrder || type === TYPE.NS ? BLOCK_FLAG.FIXED_ORDER : 0) |
      (isVariable ? BLOCK_FLAG.VARIABLE : 0);
    this.words[block + BLOCK.sizes] = wireSize | (flags << BLOCK_FLAG_SHIFT);
    this.words[block + BLOCK.key] = typeKey(type);
    this.words[block + BLOCK.counts] = recordCount | (fixups.length << 16);
    this.words[block + BLOCK.glueCount] = 0;
    if (isVariable) {
      for (const start of this.#starts) this.words[this.free++] = start;
    }
    for (const fixup of fixups) this.words[this.free++] = fixup;
  }

  /** Targets of an NS set whose addresses this zone may hold. */
  #countGlue(zone: ZoneView, rdatas: readonly Uint8Array[]): number {
    let count = 0;
    for (let i = 0; i < rdatas.length; i++) {
      if ((this.#starts[i] as number) > BLOCK_POINTER_MAX) break;
      if (this.#target.load(zone, rdatas[i] as Uint8Array)) count++;
    }
    return count;
  }

  #writeGlue(zone: ZoneView, owner: ImageName, rdatas: readonly Uint8Array[], block: number): void {
    const target = this.#target;
    let count = 0;
    for (let i = 0; i < rdatas.length; i++) {
      const start = this.#starts[i] as number;
      if (start > BLOCK_POINTER_MAX) break;
      if (!target.load(zone, rdatas[i] as Uint8Array)) continue;
      this.#reserve(2 + wordsOf(target.relativeSize));
      this.words[this.free++] = target.hash[target.depth] as number;
      this.words[this.free++] =
        (start + RECORD_HEADER_SIZE) |
        (target.relativeSize << 16) |
        (isAtOrBelow(target, owner) ? 1 << GLUE_IN_DOMAIN_SHIFT : 0);
      this.#writeName(target);
      count++;
    }
    this.words[block + BLOCK.glueCount] = count;
  }

  /** Appends the labels below the apex, padded to words. */
  #writeName(name: ImageName): void {
    let at = this.free * 4;
    for (let i = 0; i < name.relativeSize; i++) this.octets[at++] = name.octets[i] as number;
    while (at % 4 !== 0) this.octets[at++] = 0;
    this.free = at / 4;
  }

  #encodeProgram(
    zone: ZoneView,
    name: ImageName,
    { set, program }: { set: SetReference; program: ImageProgram },
  ): void {
    const start = this.free;
    if (program.asksPlaces) zone.words[HEADER.asksPlaces] = 1;
    this.#reserve(program.words.length);
    this.words.set(program.words, start);
    this.free = start + program.words.length;
    for (const leaf of program.leaves) {
      for (const hole of leaf.holes) this.words[start + hole] = this.free - start;
      this.#encodeLeaf(zone, name, { set, leaf });
    }
  }

  #encodeLeaf(
    zone: ZoneView,
    name: ImageName,
    { set, leaf }: { set: SetReference; leaf: ProgramLeaf },
  ): void {
    if ("target" in leaf) return this.#encodeAlias(zone, set, leaf);
    this.#reserve(RECORDS.block);
    this.words[this.free] = LEAF.RECORDS;
    this.free += RECORDS.block;
    const { owner, type } = set;
    this.#encodeRecords(zone, name, { owner, type, ttl: leaf.ttl, rdatas: leaf.rdatas });
  }

  #encodeAlias(
    zone: ZoneView,
    set: SetReference,
    alias: { target: SetReference; evaluateTargetHealth: boolean },
  ): void {
    const target = this.#target;
    if (!target.load(zone, alias.target.owner)) refuse(set, "alias target is not in the zone");
    this.#reserve(ALIAS.name + wordsOf(target.relativeSize));
    const at = this.free;
    this.words[at] = LEAF.ALIAS;
    this.words[at + ALIAS.hash] = target.hash[target.depth] as number;
    this.words[at + ALIAS.key] = typeKey(alias.target.type);
    this.words[at + ALIAS.nameSize] =
      target.relativeSize | (alias.evaluateTargetHealth ? EVALUATE_HEALTH : 0);
    this.free = at + ALIAS.name;
    this.#writeName(target);
  }

  #reserve(words: number): void {
    const needed = this.free + words;
    if (needed <= this.words.length) return;
    const grown = new Int32Array(Math.max(needed, this.words.length * 2));
    grown.set(this.words);
    this.words = grown;
    this.octets = new Uint8Array(grown.buffer);
  }
}

function isAtOrBelow(name: ImageName, ancestor: ImageName): boolean {
  const { depth } = ancestor;
  if (name.depth < depth || name.hash[depth] !== ancestor.hash[depth]) return false;
  const start = name.size - ancestor.size;
  for (let i = 0; i < ancestor.size; i++) {
    if (name.octets[start + i] !== ancestor.octets[i]) return false;
  }
  return start === name.start[depth];
}

/** The types that have one record. */
const singletonTypes: ReadonlySet<number> = new Set([TYPE.SOA, TYPE.CNAME, TYPE.DNAME]);

/** The types that decide how a search goes on; the name server reads them without a draw. */
const neverRouted: ReadonlySet<number> = new Set([TYPE.NS, TYPE.SOA, TYPE.DNAME]);

function checkRecords(set: SetReference & { ttl: number; rdatas: readonly Uint8Array[] }): void {
  const { ttl, rdatas, type } = set;
  if (rdatas.length === 0) refuse(set, "no records");
  if (rdatas.length > 1 && singletonTypes.has(type)) refuse(set, `${rdatas.length} records`);
  if (!Number.isInteger(ttl) || ttl < 0 || ttl > ttlMax) {
    refuse(set, `TTL ${ttl}, limit ${ttlMax}`);
  }
}

/** Octets after the last name of types whose names the name server itself reads. */
const octetsAfterName = new Map<number, number>([
  [TYPE.NS, 0],
  [TYPE.CNAME, 0],
  [TYPE.DNAME, 0],
  [TYPE.SOA, 20],
]);

/** Offsets of the names that may be compressed; what the name server will read is checked. */
function namesIn(set: SetReference, rdata: Uint8Array): readonly number[] {
  try {
    const offsets = rdataNames(set.type, rdata);
    const after = octetsAfterName.get(set.type);
    if (after !== undefined && skipName(rdata, offsets.at(-1) ?? 0) + after !== rdata.length) {
      refuse(set, "RDATA of a wrong size");
    }
    return offsets;
  } catch (error) {
    if (error instanceof ImageError) throw error;
    refuse(set, (error as Error).message);
  }
}

function refuse(set: SetReference, why: string): never {
  throw new ImageError(`Cannot compile ${typeToText(set.type)} set: ${why}`, set.owner, set.type);
}
