/**
 * The zone image: one zone, flat, in one SharedArrayBuffer, read by all answering workers.
 *
 * ```
 *   ┌────────────┐ 0            Header: words, columns below; word 1 is the tombstone node
 *   │ header     │
 *   │ apex name  │ header.apexName   lower case, wire form, padded to words
 *   ├────────────┤ tableStart
 *   │ slots      │              open addressing, linear probing: name hash → node
 *   ├────────────┤ arenaStart
 *   │ nodes      │              one after the other, in the order they were written
 *   ├────────────┤ arenaFree
 *   │ headroom   │              patches append here
 *   └────────────┘ arenaEnd
 *
 *   node     nameSize 8 | rrsetCount 8 | nodeWords 16      word 0, never changes; 0 words: more than
 *                                                          16 bits hold, the blocks tell how many
 *            flags 8 | childCount 24                       word 1, changes in place
 *            name below the apex, lower case, no root label, padded to words
 *            RRset blocks, lowest type first, but an apex begins with its SOA
 *
 *   block    wireSize 16 | recordCount 8 | flags 8         a plain set
 *            records in wire form: C0 0C, type, class IN, TTL, RDLENGTH, RDATA; padded to words
 *
 *   block    wireSize 16 | 0 | EXTENDED and other flags    a set that needs more than that
 *            C0 0C, type                                   the key, as plain blocks have it
 *            blockWords
 *            recordCount 16 | fixupCount 16
 *            glueCount
 *            records in wire form, padded to words
 *            record starts, a word each, if VARIABLE
 *            fixups, a word each: position in the wire 16 | pointer target 16
 *            glue: target's name hash; position of its name in the wire 16 | nameSize 8 | inDomain 8;
 *                  name below the apex as in a node, padded to words
 *
 *   block    0 | 0 | EXTENDED + ROUTED                     a set that is chosen by a program
 *            C0 0C, type
 *            blockWords
 *            offset of the program, which other sets may share
 *
 *   program  255 | 0 | 0                                   among the nodes, and to be passed over as a
 *            DEAD | size in words 24                       dead one
 *            words (image-program.ts)
 * ```
 *
 * Words are 32 bits in host order, offsets are in words from the start of the buffer, fields are
 * named from the lowest bit up. Octets of names and records are in wire order.
 *
 * Nothing a reader can reach is ever moved or reused: a patch appends a node and then stores its
 * slot, atomically. Readers load slots plainly: a node is reached only through the value of its slot,
 * and processors keep loads in order of which one needs the value of the other.
 *
 * The first word of a block's records holds pointer and type, so one comparison finds a set.
 * A fixup's pointer target is `FIXUP_BLOCK` + an octet offset in this block's wire, or the number of
 * labels below the apex that the suffix of the owner name has to which the pointer leads.
 */

/** "SGZ1": what a zone image begins with. */
export const IMAGE_MAGIC = 0x53475a31;

/** Columns of the header, in words. */
export const HEADER = {
  /** IMAGE_MAGIC. */
  magic: 0,
  /** TOMBSTONE_NODE, so that a freed slot, which leads here, equals no name. */
  tombstone: 1,
  /** Seed of all name hashes: any 32 bits, one a process. */
  seed: 2,
  /** Hash of the apex name. */
  apexHash: 3,
  /** Octets of the apex name, root label included: 1–255. */
  apexSize: 4,
  /** Labels of the apex name, the root's not counted: 0–127. */
  apexLabelCount: 5,
  /** Slot index = (hash >>> 3) × slotMultiplier >>> slotShift; 4–7. */
  slotMultiplier: 6,
  /** 0–29. */
  slotShift: 7,
  /** Slots in the table: slotMultiplier << (29 − slotShift). */
  slotCount: 8,
  /** Bits of a slot that hold a node's offset; those above hold the low bits of the hash. 1–30. */
  offsetBits: 9,
  tableStart: 10,
  arenaStart: 11,
  /** Offset after the last word a node may take. */
  arenaEnd: 12,
  /** Offset where the next node goes. Only the writer reads it. */
  arenaFree: 13,
  /** Offset of the apex's node, which has no slot. Stored atomically. */
  apexNode: 14,
  /** Slots that are not SLOT_UNUSED, tombstones included. Only the writer reads it. */
  slotsUsed: 15,
  /** Live nodes, the apex's included. Only the writer reads it. */
  nodeCount: 16,
  /** Live nodes that are zone cuts or own a DNAME. Only the writer reads it. */
  delegationCount: 17,
  /** Programs in the arena, also those that no node leads to any more. Only the writer reads it. */
  programCount: 18,
  /**
   * 1 once a set that asks for the client's place was put in, else 0: who answers from the image then
   * needs a location table. Only the writer reads it.
   */
  asksPlaces: 19,
  /** First word of the apex name. */
  apexName: 20,
} as const;

/** A slot no name ever had: a search ends here. */
export const SLOT_UNUSED = 0;
/** A slot whose name was removed: leads to the tombstone node in the header. */
export const SLOT_TOMBSTONE = HEADER.tombstone;
/** nameSize 255: longer than any name below an apex. */
export const TOMBSTONE_NODE = 0xff;

/** Words of a node before its name. */
export const NODE_HEADER_WORDS = 2;
/** Words of a node whose size is kept in its word 0; that of a larger one is 0 there. */
export const NODE_WORDS_MAX = 0xffff;
/** Words that any node may take: 16 MiB, a routing tree of some 100,000 branches. */
export const BIG_NODE_WORDS_MAX = 0x40_0000;

/** Flags of a node, word 1. */
export const NODE_FLAG = {
  /** Owns NS and is not the apex (RFC 9499: zone cut). */
  CUT: 1,
  /** Lies below a cut or a DNAME: glue, or data nobody sees. */
  OCCLUDED: 2,
  /** Owns a DNAME: names below are redirected. */
  DNAME: 4,
  /** Has a child whose label is `*`. */
  WILDCARD: 8,
  /** Replaced or removed; its slot leads elsewhere. Readers that hold it may use it still. */
  DEAD: 16,
} as const;

export const CHILD_COUNT_SHIFT = 8;
export const CHILD_COUNT_MAX = 0xffffff;

/** Flags of a block, the top octet of word 0. */
export const BLOCK_FLAG = {
  /** More than wireSize, recordCount and records of one length: see the drawing. */
  EXTENDED: 1,
  /** A program instead of records. */
  ROUTED: 2,
  /** Keeps its order: has pointers into itself, or is pointed into by glue. */
  FIXED_ORDER: 4,
  /** Records differ in length: starts are listed. */
  VARIABLE: 8,
} as const;
export const BLOCK_FLAG_SHIFT = 24;

/** Columns of an extended block, in words from its start. */
export const BLOCK = {
  sizes: 0,
  key: 1,
  blockWords: 2,
  counts: 3,
  glueCount: 4,
  /** First word of an extended block's records. */
  wire: 5,
  /** Offset of a routed block's program, past its two words of head. */
  program: 3,
} as const;
/** Words of a routed block. */
export const ROUTED_BLOCK_WORDS = 4;
/** Words of a program before its first. */
export const PROGRAM_HEAD_WORDS = 2;
/** In the place of a node's nameSize: a program. No name is as long. */
export const PROGRAM_MARK = 0xff;
export const PROGRAM_SIZE_SHIFT = 8;
/** First word of a plain block's records. */
export const PLAIN_BLOCK_WIRE = 1;

/** Set in a fixup's pointer target: the rest is an octet offset in the block's wire. */
export const FIXUP_BLOCK = 0x8000;
/**
 * The largest octet offset that a pointer may lead to inside a block. With the longest chain before
 * it (16 steps of DNAME and CNAME: 9 KiB) it stays within the 14 bits of a pointer.
 */
export const BLOCK_POINTER_MAX = 6_000;

/** Set in word 1 of a glue entry: the target lies at or below the cut (RFC 9471 §2.1). */
export const GLUE_IN_DOMAIN_SHIFT = 24;

/** Octets of a record before its RDATA: pointer, type, class, TTL, RDLENGTH. */
export const RECORD_HEADER_SIZE = 12;

/** Whether this machine's words are little-endian: what DataView must be told to copy words. */
export const hostLittleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** The word that a set's records begin with: C0 0C and the type, in host order. */
export function typeKey(type: number): number {
  return hostLittleEndian
    ? ((type & 0xff) << 24) | ((type & 0xff00) << 8) | 0x0cc0
    : (0xc00c << 16) | type;
}

/** The type in a key word. */
export function keyType(key: number): number {
  return hostLittleEndian ? ((key >>> 8) & 0xff00) | (key >>> 24) : key & 0xffff;
}

/** Words that hold a number of octets. */
export function wordsOf(octets: number): number {
  return (octets + 3) >>> 2;
}
