import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";
import { zoneImageWordsMax } from "../../base/limits.ts";
import { HEADER } from "../../dataplane/image/layout.ts";
import type { ZoneImage } from "../../dataplane/image/zone-image.ts";

/** An image with what it was made of, as one text: see `ImageCache`. */
export type PackedImage = { origin: string; image: ZoneImage };

/**
 * Of each image, one after the other; numbers have 32 bits and are little-endian:
 * ```
 *   ┌──────────┐ 0      octets of the origin
 *   │ sizes    │ 4      octets of the whole image
 *   │          │ 8      octets of it in the file
 *   │          │ 12     CRC-32 of sizes, origin and image
 *   ├──────────┤ 16
 *   │ origin   │        UTF-8
 *   │ image    │        up to its arenaFree: the headroom after that is empty
 *   └──────────┘
 * ```
 */
const prefixSize = 16;
const crcAt = 12;
const originSizeMax = 4_096;
/** Octets that are read or written at once. */
const chunkSize = 1 << 20;

/**
 * Reads the images of a file, in order. What is not whole ends it: the images before are whole.
 * @throws Error where there is no file, or it cannot be read
 */
export function* readImagePack(path: string): Generator<PackedImage> {
  const file = openSync(path, "r");
  try {
    const reader = new PackReader(file);
    for (;;) {
      const packed = readPacked(reader);
      if (!packed) return;
      yield packed;
    }
  } finally {
    closeSync(file);
  }
}

function readPacked(reader: PackReader): PackedImage | undefined {
  const prefix = reader.next(prefixSize);
  if (!prefix) return undefined;
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefixSize);
  const originSize = view.getUint32(0, true);
  const size = view.getUint32(4, true);
  const storedSize = view.getUint32(8, true);
  const crc = view.getUint32(crcAt, true);
  const crcOfSizes = crc32(prefix.subarray(0, crcAt));
  if (originSize > originSizeMax || size > zoneImageWordsMax * 4 || storedSize > size) {
    return undefined;
  }
  const content = reader.next(originSize + storedSize);
  if (!content || crc32(content, crcOfSizes) !== crc) return undefined;
  const buffer = new SharedArrayBuffer(size);
  new Uint8Array(buffer).set(content.subarray(originSize));
  const origin = new TextDecoder().decode(content.subarray(0, originSize));
  return { origin, image: { buffer } };
}

/** Reads a file from its beginning, a chunk at a time. */
class PackReader {
  readonly #file: number;
  #chunk = new Uint8Array(chunkSize);
  /** What of the chunk is read, and not given out yet. */
  #start = 0;
  #end = 0;

  constructor(file: number) {
    this.#file = file;
  }

  /** The next octets, valid until the next call; `undefined` where the file ends before. */
  next(size: number): Uint8Array | undefined {
    if (this.#end - this.#start < size) this.#fill(size);
    if (this.#end - this.#start < size) return undefined;
    this.#start += size;
    return this.#chunk.subarray(this.#start - size, this.#start);
  }

  #fill(size: number): void {
    const rest = this.#chunk.subarray(this.#start, this.#end);
    if (size > this.#chunk.length) this.#chunk = new Uint8Array(size);
    this.#chunk.set(rest);
    this.#start = 0;
    this.#end = rest.length;
    while (this.#end < size) {
      const room = this.#chunk.length - this.#end;
      const count = readSync(this.#file, this.#chunk, this.#end, room, null);
      if (count === 0) return;
      this.#end += count;
    }
  }
}

/**
 * Writes images to a new file, in order. Nobody may patch them meanwhile.
 * @throws Error where the disk does not take it
 */
export function writeImagePack(path: string, images: Iterable<PackedImage>): void {
  const file = openSync(path, "w", 0o600);
  try {
    const chunk = new Uint8Array(chunkSize);
    let used = 0;
    for (const packed of images) {
      for (const part of partsOf(packed)) {
        if (part.length > chunkSize - used) {
          writeWhole(file, chunk.subarray(0, used));
          used = 0;
        }
        if (part.length > chunkSize) {
          writeWhole(file, part);
          continue;
        }
        chunk.set(part, used);
        used += part.length;
      }
    }
    writeWhole(file, chunk.subarray(0, used));
  } finally {
    closeSync(file);
  }
}

function partsOf({ origin, image: { buffer } }: PackedImage): Uint8Array[] {
  const storedSize = (new Int32Array(buffer)[HEADER.arenaFree] as number) * 4;
  const stored = new Uint8Array(buffer, 0, storedSize);
  const originOctets = new TextEncoder().encode(origin);
  const prefix = new Uint8Array(prefixSize);
  const view = new DataView(prefix.buffer);
  view.setUint32(0, originOctets.length, true);
  view.setUint32(4, buffer.byteLength, true);
  view.setUint32(8, storedSize, true);
  const crcOfSizes = crc32(prefix.subarray(0, crcAt));
  view.setUint32(crcAt, crc32(stored, crc32(originOctets, crcOfSizes)), true);
  return [prefix, originOctets, stored];
}

function writeWhole(file: number, octets: Uint8Array): void {
  for (let at = 0; at < octets.length;) at += writeSync(file, octets, at);
}
