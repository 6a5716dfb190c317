import { assert } from "../../base/assert.ts";
import { TYPE, typeToText } from "../../dns/wire/registries.ts";
import { BlockEncoder } from "./block-encoder.ts";
import { ImageName } from "./image-name.ts";
import type { ImageRRset } from "./image-rrset.ts";
import {
  BIG_NODE_WORDS_MAX,
  BLOCK,
  HEADER,
  NODE_FLAG,
  NODE_HEADER_WORDS,
  NODE_WORDS_MAX,
  keyType,
  wordsOf,
} from "./layout.ts";
import { ImageError, type ZoneView, blockWords, firstBlock } from "./zone-image.ts";

/** Types that may stand beside a CNAME (RFC 2181 §10.1, RFC 4034 §2.1, §4). */
const besideCname: ReadonlySet<number> = new Set([
  TYPE.CNAME,
  TYPE.SIG,
  TYPE.KEY,
  TYPE.NXT,
  TYPE.RRSIG,
  TYPE.NSEC,
]);
/** Sets at one owner: kept in 8 bits. */
const rrsetCountMax = 255;

/** Everything at one owner name, encoded, before it becomes a node. Reused from node to node. */
export class NodeDraft {
  readonly name = new ImageName();
  readonly #encoder = new BlockEncoder();
  readonly #types: number[] = [];
  readonly #blocks: number[] = [];

  /** Begins with an owner name already in `name`, and no sets. */
  begin(): void {
    this.#encoder.reset();
    this.#types.length = 0;
    this.#blocks.length = 0;
  }

  get rrsetCount(): number {
    return this.#types.length;
  }

  /** @throws ImageError */
  add(zone: ZoneView, rrset: ImageRRset): void {
    if (rrset.type === TYPE.SOA && this.name.depth > 0) {
      throw new ImageError("Cannot compile SOA set: not at the apex", rrset.owner, rrset.type);
    }
    this.#insert(rrset.type, this.#encoder.encode(zone, this.name, rrset));
  }

  /** Adds what a node has. @throws ImageError */
  addNode(words: Int32Array, node: number): void {
    let block = firstBlock(words, node);
    for (let i = ((words[node] as number) >>> 8) & 0xff; i > 0; i--) {
      const type = keyType(words[block + BLOCK.key] as number);
      this.#insert(type, this.#encoder.copy(words, block));
      block += blockWords(words, block);
    }
  }

  /** Keeps the order of layout.ts: by type, the SOA first. */
  #insert(type: number, block: number): void {
    const types = this.#types;
    if (types.length === 0) {
      types.push(type);
      this.#blocks.push(block);
      return;
    }
    if (types.includes(type)) this.#refuse(type, "given twice");
    if (types.length >= rrsetCountMax) {
      this.#refuse(type, `more sets of one owner, limit ${rrsetCountMax}`);
    }
    let at = types.length;
    while (at > 0 && order(type) < order(types[at - 1] as number)) at--;
    types.splice(at, 0, type);
    this.#blocks.splice(at, 0, block);
    if (types.includes(TYPE.CNAME)) {
      const other = types.find((one) => !besideCname.has(one));
      if (other !== undefined) this.#refuse(other, "the owner has a CNAME");
    }
  }

  has(type: number): boolean {
    return this.#types.includes(type);
  }

  /** The flags that come from the sets: CUT and DNAME. */
  kind(): number {
    if (this.#types.length === 1 && (this.#types[0] as number) === TYPE.A) return 0;
    const isCut = this.name.depth > 0 && this.has(TYPE.NS);
    return (isCut ? NODE_FLAG.CUT : 0) | (this.has(TYPE.DNAME) ? NODE_FLAG.DNAME : 0);
  }

  /** Words of the node and of its programs, at most. @throws ImageError */
  words(): number {
    const size = this.#encoder.free + this.#encoder.programHeadWords;
    const words = NODE_HEADER_WORDS + wordsOf(this.name.relativeSize) + size;
    if (words > BIG_NODE_WORDS_MAX) {
      const sizes = `${words * 4} octets, limit ${BIG_NODE_WORDS_MAX * 4}`;
      this.#refuse(this.#types[0] as number, sizes);
    }
    return words;
  }

  /**
   * Writes the node at the end of the arena, after the programs that the image lacks; word 1 is left
   * to the caller. @returns the node
   */
  write(zone: ZoneView): number {
    const { words } = zone;
    const room = (words[HEADER.arenaFree] as number) + this.words();
    this.#encoder.placePrograms(zone, this.#blocks);
    const node = words[HEADER.arenaFree] as number;
    let at = writeNodeName(zone, node, this.name, this.name.depth);
    for (const block of this.#blocks) {
      const end = block + blockWords(this.#encoder.words, block);
      for (let i = block; i < end; i++) words[at++] = this.#encoder.words[i] as number;
    }
    const size = at - node > NODE_WORDS_MAX ? 0 : at - node;
    words[node] = this.name.relativeSize | (this.#types.length << 8) | (size << 16);
    assert(at <= room, "a node takes no more than was reserved");
    words[HEADER.arenaFree] = at;
    return node;
  }

  #refuse(type: number, why: string): never {
    const owner = this.name.octets.slice(0, this.name.size);
    throw new ImageError(`Cannot compile ${typeToText(type)} set: ${why}`, owner, type);
  }
}

function order(type: number): number {
  return type === TYPE.SOA ? -1 : type;
}

/**
 * Writes the name of a node: the suffix of `name` with `depth` labels below the apex.
 * @returns the offset after it
 */
export function writeNodeName(
  zone: ZoneView,
  node: number,
  name: ImageName,
  depth: number,
): number {
  const { octets } = zone;
  const start = name.start[depth] as number;
  let at = (node + NODE_HEADER_WORDS) * 4;
  for (let i = start; i < name.relativeSize; i++) octets[at++] = name.octets[i] as number;
  while (at % 4 !== 0) octets[at++] = 0;
  return at / 4;
}
