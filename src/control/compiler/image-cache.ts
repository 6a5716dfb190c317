import { createHash, randomInt } from "node:crypto";
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { endianness } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { zoneImageWordsMax } from "../../base/limits.ts";
import { HEADER } from "../../dataplane/image/layout.ts";
import type { ZoneImage } from "../../dataplane/image/zone-image.ts";
import type { StateReader, ZoneDigest } from "../state/state-reader.ts";
import { readImagePack, writeImagePack } from "./image-pack.ts";
import type { PackedImage } from "./image-pack.ts";
import { collectionVersions } from "./routing-sources.ts";

/** What an image was made of: it is of use only where the state still says the same. */
type Origin = ZoneDigest & {
  zoneId: string;
  /** Hash over the versions of all CIDR collections. */
  collections: string;
  /** Of the code that makes images. */
  code: string;
};

/**
 * ```
 *   ┌──────────┐ 0      octets of the head, 32 bits; CRC-32 of head and image; little-endian
 *   │ head     │ 8      JSON: FileHead
 *   │ image    │        up to its arenaFree: the headroom after that is empty
 *   └──────────┘
 * ```
 */
type FileHead = Origin & {
  /** Octets of the whole image. */
  size: number;
  /** Octets of it in the file. */
  storedSize: number;
};

const prefixSize = 8;
const headSizeMax = 4_096;
const imageSuffix = ".image";

/** In the folder, without a dot: those of zones have one. */
const packName = "small";

/**
 * Images in files, so that a start need not compile them again: a file for each big zone, one for
 * all small ones. A file is only ever a copy: one that is damaged, out of date or made by other code
 * is as good as none.
 */
export class ImageCache {
  /** Seed of the name hash of all images, kept for the next start. */
  readonly seed: number;
  readonly #folder: string;
  readonly #code = codeFingerprint();
  /** Images of small zones that were kept, by origin, between `openPack` and `closePack`. */
  #packed = new Map<string, ZoneImage>();
  /** What all of them were made of besides their zone. */
  #packedOf = "";

  constructor(dataDir: string) {
    this.#folder = join(dataDir, "images");
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    this.seed = this.#provideSeed();
  }

  /** The zone's image, if there is one of just the state that `state` sees. */
  load(state: StateReader, zoneId: string): ZoneImage | undefined {
    const origin = this.#originOf(state, zoneId);
    if (!origin) return undefined;
    try {
      const file = openSync(this.#pathOf(zoneId), "r");
      try {
        return readImage(file, origin);
      } finally {
        closeSync(file);
      }
    } catch {
      return undefined;
    }
  }

  /**
   * Keeps an image that holds all that `state` sees of the zone. Nobody may patch it meanwhile.
   * Where it cannot be written, the next start compiles.
   */
  save(state: StateReader, zoneId: string, image: ZoneImage): void {
    const origin = this.#originOf(state, zoneId);
    if (!origin) return;
    replaceFile(this.#pathOf(zoneId), (path) => {
      const file = openSync(path, "w", 0o600);
      try {
        writeImage(file, origin, image);
      } finally {
        closeSync(file);
      }
    });
  }

  /** Makes what was kept of small zones ready for `loadSmall`. */
  openPack(state: StateReader): void {
    this.#packedOf = this.#packedOfNow(state);
    try {
      for (const { origin, image } of readImagePack(join(this.#folder, packName))) {
        // All were written at once.
        if (!origin.endsWith(this.#packedOf)) return;
        this.#packed.set(origin, image);
      }
    } catch {
      // There is none, or no more of it.
    }
  }

  /** As `load`, for a small zone. */
  loadSmall(state: StateReader, zoneId: string): ZoneImage | undefined {
    if (this.#packed.size === 0) return undefined;
    const origin = this.#packedOrigin(state, zoneId);
    const image = this.#packed.get(origin);
    this.#packed.delete(origin);
    return image;
  }

  /** Lets go of what `loadSmall` was not asked for. */
  closePack(): void {
    this.#packed = new Map();
  }

  /** As `save`, for all small zones; what was kept of others goes. */
  saveSmall(state: StateReader, images: Iterable<readonly [string, ZoneImage]>): void {
    this.#packedOf = this.#packedOfNow(state);
    replaceFile(join(this.#folder, packName), (path) => {
      writeImagePack(path, this.#withOrigins(state, images));
    });
  }

  *#withOrigins(
    state: StateReader,
    images: Iterable<readonly [string, ZoneImage]>,
  ): Generator<PackedImage> {
    for (const [zoneId, image] of images) {
      yield { origin: this.#packedOrigin(state, zoneId), image };
    }
  }

  /** Short, as every image repeats it. */
  #packedOfNow(state: StateReader): string {
    return sha256(`${this.#code} ${collectionsHash(state)}`).slice(0, 16);
  }

  #packedOrigin(state: StateReader, zoneId: string): string {
    const { head, count, hash } = state.zoneDigest(zoneId) ?? { head: 0, count: 0, hash: "" };
    return `${zoneId} ${head} ${count} ${hash} ${this.#packedOf}`;
  }

  /** Removes the files of all zones but these. */
  keepOnly(zoneIds: { has(zoneId: string): boolean }): void {
    for (const name of readdirSync(this.#folder)) {
      const zoneId = name.slice(0, name.indexOf("."));
      if (name.includes(".") && !zoneIds.has(zoneId)) rmSync(join(this.#folder, name));
    }
  }

  #originOf(state: StateReader, zoneId: string): Origin | undefined {
    const digest = state.zoneDigest(zoneId);
    if (!digest) return undefined;
    return { zoneId, ...digest, collections: collectionsHash(state), code: this.#code };
  }

  /** Zone ids are letters and digits. */
  #pathOf(zoneId: string): string {
    return join(this.#folder, `${zoneId}${imageSuffix}`);
  }

  #provideSeed(): number {
    const path = join(this.#folder, "seed");
    try {
      const kept = Number(readFileSync(path, "utf8"));
      if (Number.isInteger(kept) && kept >= 0 && kept < 2 ** 32) return kept;
    } catch {
      // There is none yet.
    }
    const seed = randomInt(2 ** 32);
    writeFileSync(path, String(seed), { mode: 0o600 });
    return seed;
  }
}

/** Has a file written, whole or not at all; where it cannot be written, it goes. */
function replaceFile(path: string, write: (path: string) => void): void {
  const unfinished = `${path}.unfinished`;
  try {
    write(unfinished);
    renameSync(unfinished, path);
  } catch {
    rmSync(unfinished, { force: true });
    rmSync(path, { force: true });
  }
}

function readImage(file: number, origin: Origin): ZoneImage | undefined {
  const prefix = new DataView(new ArrayBuffer(prefixSize));
  readWhole(file, new Uint8Array(prefix.buffer), 0);
  const headSize = prefix.getUint32(0, true);
  if (headSize > headSizeMax) return undefined;
  const headOctets = new Uint8Array(headSize);
  readWhole(file, headOctets, prefixSize);
  const { size, storedSize, ...madeOf } = JSON.parse(
    new TextDecoder().decode(headOctets),
  ) as FileHead;
  if (JSON.stringify(madeOf) !== JSON.stringify(origin) || storedSize > size) return undefined;
  if (size > zoneImageWordsMax * 4) return undefined;
  const buffer = new SharedArrayBuffer(size);
  const stored = new Uint8Array(buffer, 0, storedSize);
  readWhole(file, stored, prefixSize + headSize);
  const crc = crc32(stored, crc32(headOctets));
  return crc === prefix.getUint32(4, true) ? { buffer } : undefined;
}

function readWhole(file: number, octets: Uint8Array, position: number): void {
  for (let at = 0; at < octets.length;) {
    const count = readSync(file, octets, at, octets.length - at, position + at);
    if (count === 0) throw new Error("Cannot read image: the file is too short");
    at += count;
  }
}

function writeImage(file: number, origin: Origin, image: ZoneImage): void {
  const { buffer } = image;
  const storedSize = (new Int32Array(buffer)[HEADER.arenaFree] as number) * 4;
  const stored = new Uint8Array(buffer, 0, storedSize);
  const head: FileHead = { ...origin, size: buffer.byteLength, storedSize };
  const headOctets = new TextEncoder().encode(JSON.stringify(head));
  const prefix = new DataView(new ArrayBuffer(prefixSize));
  prefix.setUint32(0, headOctets.length, true);
  prefix.setUint32(4, crc32(stored, crc32(headOctets)), true);
  for (const part of [new Uint8Array(prefix.buffer), headOctets, stored]) {
    for (let at = 0; at < part.length;) at += writeSync(file, part, at);
  }
}

/** Folders whose code decides what an image looks like. */
const imageMakers = [
  ".",
  "../model",
  "../../dataplane/geo",
  "../../dataplane/image",
  "../../dataplane/policy",
  "../../dns/rdata",
  "../../dns/wire",
  "../../geo/places",
];

function collectionsHash(state: StateReader): string {
  return sha256(JSON.stringify([...collectionVersions(state)]));
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** A hash of the source of everything that makes images: another program makes its own. */
function codeFingerprint(): string {
  // Images are in the host's order.
  const hash = createHash("sha256").update(endianness());
  for (const folder of imageMakers) {
    const path = join(import.meta.dirname, folder);
    for (const name of readdirSync(path).sort()) {
      if (name.endsWith(".ts") && !name.endsWith(".test.ts")) {
        hash.update(`${name}\0`).update(readFileSync(join(path, name)));
      }
    }
  }
  return hash.digest("hex");
}
