import { assert } from "../../base/assert.ts";
import { findNode, firstSlot } from "./find-node.ts";
import type { ImageName } from "./image-name.ts";
import {
  CHILD_COUNT_MAX,
  CHILD_COUNT_SHIFT,
  HEADER,
  NODE_FLAG,
  NODE_HEADER_WORDS,
  SLOT_TOMBSTONE,
  SLOT_UNUSED,
  wordsOf,
} from "./layout.ts";
import { type NodeDraft, writeNodeName } from "./node-draft.ts";
import type { ZoneView } from "./zone-image.ts";

const kindMask = NODE_FLAG.CUT | NODE_FLAG.DNAME;

/**
 * Changes the nodes of an image that others may be reading: what is new is written at the arena's
 * end and then reached by one atomic store. A reader sees an owner as it was or as it is, and never
 * a name that exists without the names above it mattering to it: new names come before the empty
 * non-terminals they need, and go after them. There is one writer.
 */
export class ImageEditor {
  readonly zone: ZoneView;

  constructor(zone: ZoneView) {
    this.zone = zone;
  }

  /** The node of the suffix of a name, 0 if there is none. */
  find(name: ImageName, depth: number): number {
    if (depth === 0) return this.zone.words[HEADER.apexNode] as number;
    const start = name.start[depth] as number;
    const hash = name.hash[depth] as number;
    return findNode(this.zone, hash, name.data, start, name.relativeSize - start);
  }

  /** Labels below the apex of the longest suffix of a name that exists, the name itself left out. */
  encloserDepth(name: ImageName): number {
    let depth = name.depth - 1;
    while (depth > 0 && this.find(name, depth) === 0) depth--;
    return depth;
  }

  /** Words of the arena and slots that a draft needs at most. */
  hasRoomFor(draft: NodeDraft, slotsUsedMax: number): boolean {
    const { name } = draft;
    const missing = name.depth === 0 ? 0 : name.depth - this.encloserDepth(name);
    const entWords = NODE_HEADER_WORDS + wordsOf(name.relativeSize);
    const needed = draft.words() + missing * entWords;
    const { words } = this.zone;
    return (
      header(words, HEADER.arenaFree) + needed <= header(words, HEADER.arenaEnd) &&
      header(words, HEADER.slotsUsed) + missing <= slotsUsedMax
    );
  }

  /** Puts a draft with sets in the place of whatever its owner has. There must be room. */
  put(draft: NodeDraft): void {
    const { name } = draft;
    const old = this.find(name, name.depth);
    if (old !== 0) this.#replace(draft, old);
    else if (name.depth === 0) this.#storeApex(this.#append(draft, 0));
    else this.#insert(draft);
  }

  /** Takes away whatever an owner has; the name stays where names below it exist. */
  remove(draft: NodeDraft): void {
    const { name } = draft;
    assert(name.depth > 0, "an apex keeps its SOA");
    const node = this.find(name, name.depth);
    if (node === 0) return;
    if (childCount(this.zone.words, node) > 0) this.#replace(draft, node);
    else this.#removeLeaf(name, node);
  }

  #replace(draft: NodeDraft, old: number): void {
    const { words } = this.zone;
    const { name } = draft;
    const before = words[old + 1] as number;
    const node = this.#append(draft, (before & ~kindMask) | draft.kind());
    this.#countDelegations(draft.kind(), before);
    if (name.depth === 0) this.#storeApex(node);
    else
      this.#storeSlot(this.#slotOf(name.hash[name.depth] as number, old), node, name.depth, name);
    words[old + 1] = before | NODE_FLAG.DEAD;
    words[HEADER.nodeCount] = header(words, HEADER.nodeCount) - 1;
  }

  #insert(draft: NodeDraft): void {
    const { name } = draft;
    const { words } = this.zone;
    const encloserDepth = this.encloserDepth(name);
    const encloser = this.find(name, encloserDepth);
    const above = words[encloser + 1] as number;
    const hidden = above & (kindMask | NODE_FLAG.OCCLUDED) ? NODE_FLAG.OCCLUDED : 0;
    this.#countDelegations(draft.kind(), 0);
    this.#enter(name, name.depth, this.#append(draft, draft.kind() | hidden));
    for (let depth = name.depth - 1; depth > encloserDepth; depth--) {
      const wildcard = name.isWildcardAt(depth + 1) ? NODE_FLAG.WILDCARD : 0;
      const flags = (1 << CHILD_COUNT_SHIFT) | wildcard | hidden;
      this.#enter(name, depth, this.#appendEmpty(name, depth, flags));
    }
    this.#adopt(encloser, name, encloserDepth + 1, 1);
  }

  /** Takes out a name without children, and the empty non-terminals that were there for it alone. */
  #removeLeaf(name: ImageName, leaf: number): void {
    const { words } = this.zone;
    let depth = name.depth - 1;
    while (depth > 0 && isEmptyWithOneChild(words, this.find(name, depth))) depth--;
    this.#adopt(this.find(name, depth), name, depth + 1, -1);
    this.#countDelegations(0, words[leaf + 1] as number);
    for (depth++; depth <= name.depth; depth++) {
      const node = this.find(name, depth);
      const slot = this.#slotOf(name.hash[depth] as number, node);
      Atomics.store(words, slot, SLOT_TOMBSTONE);
      words[node + 1] = (words[node + 1] as number) | NODE_FLAG.DEAD;
      words[HEADER.nodeCount] = header(words, HEADER.nodeCount) - 1;
    }
  }

  /** Counts a child of `parent` in or out; `childDepth` tells which label it has. */
  #adopt(parent: number, name: ImageName, childDepth: number, by: 1 | -1): void {
    const { words } = this.zone;
    let word = words[parent + 1] as number;
    const count = (word >>> CHILD_COUNT_SHIFT) + by;
    assert(count >= 0 && count <= CHILD_COUNT_MAX, "children are counted in 24 bits");
    word = (word & 0xff) | (count << CHILD_COUNT_SHIFT);
    if (name.isWildcardAt(childDepth)) {
      word = by > 0 ? word | NODE_FLAG.WILDCARD : word & ~NODE_FLAG.WILDCARD;
    }
    Atomics.store(words, parent + 1, word);
  }

  /** @returns the offset of the new node, which nothing leads to yet */
  #append(draft: NodeDraft, flags: number): number {
    return this.#count(draft.write(this.zone), flags);
  }

  #appendEmpty(name: ImageName, depth: number, flags: number): number {
    const { words } = this.zone;
    const node = header(words, HEADER.arenaFree);
    const end = writeNodeName(this.zone, node, name, depth);
    words[node] = (name.relativeSize - (name.start[depth] as number)) | ((end - node) << 16);
    words[HEADER.arenaFree] = end;
    return this.#count(node, flags);
  }

  #count(node: number, flags: number): number {
    const { words } = this.zone;
    assert(header(words, HEADER.arenaFree) <= header(words, HEADER.arenaEnd), "arena has room");
    words[node + 1] = flags;
    words[HEADER.nodeCount] = header(words, HEADER.nodeCount) + 1;
    return node;
  }

  #countDelegations(after: number, before: number): void {
    const { words } = this.zone;
    const by = ((after & kindMask) !== 0 ? 1 : 0) - ((before & kindMask) !== 0 ? 1 : 0);
    if (by !== 0) words[HEADER.delegationCount] = header(words, HEADER.delegationCount) + by;
  }

  #storeApex(node: number): void {
    Atomics.store(this.zone.words, HEADER.apexNode, node);
  }

  #enter(name: ImageName, depth: number, node: number): void {
    const { words } = this.zone;
    const slot = freeSlot(this.zone, name.hash[depth] as number);
    if (words[slot] === SLOT_UNUSED) words[HEADER.slotsUsed] = header(words, HEADER.slotsUsed) + 1;
    this.#storeSlot(slot, node, depth, name);
  }

  #storeSlot(slot: number, node: number, depth: number, name: ImageName): void {
    Atomics.store(this.zone.words, slot, slotValue(this.zone, name.hash[depth] as number, node));
  }

  #slotOf(hash: number, node: number): number {
    const value = slotValue(this.zone, hash, node);
    let slot = firstSlot(this.zone, hash);
    while (this.zone.words[slot] !== value) {
      assert(this.zone.words[slot] !== SLOT_UNUSED, "the node has a slot");
      if (++slot === this.zone.tableEnd) slot = this.zone.tableStart;
    }
    return slot;
  }
}

/** What the slot of a node holds. */
export function slotValue(zone: ZoneView, hash: number, node: number): number {
  return node | (hash << zone.offsetBits);
}

/** The first slot for a hash that leads to no node. */
export function freeSlot(zone: ZoneView, hash: number): number {
  const { words } = zone;
  let slot = firstSlot(zone, hash);
  while (words[slot] !== SLOT_UNUSED && words[slot] !== SLOT_TOMBSTONE) {
    if (++slot === zone.tableEnd) slot = zone.tableStart;
  }
  return slot;
}

function isEmptyWithOneChild(words: Int32Array, node: number): boolean {
  return (((words[node] as number) >>> 8) & 0xff) === 0 && childCount(words, node) === 1;
}

function childCount(words: Int32Array, node: number): number {
  return (words[node + 1] as number) >>> CHILD_COUNT_SHIFT;
}

function header(words: Int32Array, column: number): number {
  return words[column] as number;
}
