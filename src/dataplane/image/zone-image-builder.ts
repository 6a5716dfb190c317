import { assert } from "../../base/assert.ts";
import { TYPE, typeToText } from "../../dns/wire/registries.ts";
import { allocateImage, relayImage, slotsUsedMax } from "./image-allocation.ts";
import { ImageEditor } from "./image-editor.ts";
import { lowerOctet } from "./image-name.ts";
import type { ImageRRset } from "./image-rrset.ts";
import { BLOCK, HEADER, NODE_FLAG, NODE_HEADER_WORDS, typeKey } from "./layout.ts";
import { NodeDraft } from "./node-draft.ts";
import { markOccluded } from "./occlusion.ts";
import { newProgramWords } from "./shared-programs.ts";
import { ImageError, type ZoneImage, firstBlock, nodeWords } from "./zone-image.ts";

export type ZoneImageOptions = {
  /** Names the zone will have, about; saves growing. Default 16. */
  readonly expectedNames?: number;
  /** Seed of the name hash, 32 bits: the same for all zones of a zone table. Default 0. */
  readonly seed?: number;
};

/** Words of the arena that a name is given at first: an address takes 9, what is unused is free. */
const wordsPerName = 16;
/** Words of an image that is right-sized when it is finished, whatever it costs: 1 MiB. */
const smallImageWords = 1 << 18;

/** Compiles one zone, set after set; in any order, but sets of one owner in a row are cheaper. */
export class ZoneImageBuilder {
  readonly #draft = new NodeDraft();
  #editor: ImageEditor;
  #isDrafting = false;

  /** @param apex the zone's name in wire form */
  constructor(apex: Uint8Array, options: ZoneImageOptions = {}) {
    const names = options.expectedNames ?? 16;
    const zone = allocateImage(apex.map(lowerOctet), options.seed ?? 0, {
      names,
      arenaWords: 64 + names * wordsPerName,
    });
    this.#editor = new ImageEditor(zone);
    this.#draft.name.load(zone, apex);
    this.#draft.begin();
    this.#editor.put(this.#draft);
  }

  /** Takes one set. @throws ImageError: the builder is of no use afterwards */
  add(rrset: ImageRRset): void {
    const { zone } = this.#editor;
    const { name } = this.#draft;
    if (!this.#isDrafting || name.differsFrom(rrset.owner)) {
      this.#flush();
      if (!name.load(zone, rrset.owner)) {
        const message = `Cannot compile ${typeToText(rrset.type)} set: owner is not in the zone`;
        throw new ImageError(message, rrset.owner, rrset.type);
      }
      this.#draft.begin();
      this.#isDrafting = true;
    }
    this.#draft.add(zone, rrset);
  }

  /** The image. @throws ImageError where the zone as a whole is none */
  finish(): ZoneImage {
    this.#flush();
    const { zone } = this.#editor;
    const apexNode = zone.words[HEADER.apexNode] as number;
    const soa = firstBlock(zone.words, apexNode) + BLOCK.key;
    const hasSets = (((zone.words[apexNode] as number) >>> 8) & 0xff) > 0;
    if (!hasSets || zone.words[soa] !== typeKey(TYPE.SOA)) {
      throw new ImageError("Cannot compile zone: no SOA at the apex", zone.apex(), TYPE.SOA);
    }
    if ((zone.words[HEADER.delegationCount] as number) > 0) markOccluded(this.#editor);
    return { buffer: this.#rightSized().words.buffer as SharedArrayBuffer };
  }

  #flush(): void {
    if (!this.#isDrafting) return;
    this.#isDrafting = false;
    const draft = this.#draft;
    const { zone } = this.#editor;
    const old = this.#editor.find(draft.name, draft.name.depth);
    if (old !== 0) draft.addNode(zone.words, old);
    if (!this.#editor.hasRoomFor(draft, slotsUsedMax(zone))) this.#grow(draft);
    this.#editor.put(draft);
  }

  #grow(draft: NodeDraft): void {
    const { words } = this.#editor.zone;
    const used = (words[HEADER.arenaFree] as number) - (words[HEADER.arenaStart] as number);
    // Each label of the name may become a node of its own.
    const entWords = draft.name.depth * (NODE_HEADER_WORDS + 64);
    const zone = relayImage(this.#editor.zone, {
      names: Math.max(
        slotsUsedMax(this.#editor.zone),
        ((words[HEADER.nodeCount] as number) + draft.name.depth) * 2,
      ),
      arenaWords: used * 2 + draft.words() + entWords,
    });
    this.#editor = new ImageEditor(zone);
    assert(this.#editor.hasRoomFor(draft, slotsUsedMax(zone)), "a grown image has room");
  }

  #rightSized(): ImageEditor["zone"] {
    const { zone } = this.#editor;
    const { words } = zone;
    const live = liveWords(words);
    const used = (words[HEADER.arenaFree] as number) - (words[HEADER.arenaStart] as number);
    const free = (words[HEADER.arenaEnd] as number) - (words[HEADER.arenaFree] as number);
    const isSmall = words.length < smallImageWords;
    if (!isSmall && used - live < live / 8 && free >= live / 8) return zone;
    return relayImage(zone, capacityFor(words, live));
  }
}

/** Room for what an image has and a quarter more. */
export function capacityFor(
  words: Int32Array,
  live: number,
): { names: number; arenaWords: number } {
  const names = words[HEADER.nodeCount] as number;
  return { names: names + (names >>> 3), arenaWords: live + (live >>> 2) + 16 };
}

/** Words of the nodes that are not dead, and of the programs they lead to. */
export function liveWords(words: Int32Array): number {
  let live = 0;
  const programs = new Set<number>();
  const hasPrograms = (words[HEADER.programCount] as number) > 0;
  const end = words[HEADER.arenaFree] as number;
  for (let at = words[HEADER.arenaStart] as number; at < end;) {
    const size = nodeWords(words, at);
    if (((words[at + 1] as number) & NODE_FLAG.DEAD) === 0) {
      live += size;
      if (hasPrograms) live += newProgramWords(words, at, programs);
    }
    at += size;
  }
  return live;
}

/** Compiles a zone. @param apex its name in wire form @throws ImageError */
export function buildZoneImage(
  apex: Uint8Array,
  rrsets: Iterable<ImageRRset>,
  options: ZoneImageOptions = {},
): ZoneImage {
  const builder = new ZoneImageBuilder(apex, options);
  for (const rrset of rrsets) builder.add(rrset);
  return builder.finish();
}
