import { documentDepthMax, documentValueCountMax } from "../../base/limits.ts";

/** The octets are not CBOR (RFC 8949), or CBOR that no AWS client sends. */
export class CborSyntaxError extends Error {
  override readonly name = "CborSyntaxError";
}

/**
 * The one value that `bytes` encode: number, string, boolean, null, Date (tag 1), Uint8Array,
 * array, or object without a prototype. Byte strings are views of `bytes`.
 *
 * Lengths are believed only as far as there are octets, so that a few octets cannot ask for much
 * memory; that is why the SDK's own decoder is not used on what comes from outside.
 * @throws CborSyntaxError
 */
export function readCbor(bytes: Uint8Array): unknown {
  const reader = new CborReader(bytes);
  const value = reader.value(0);
  reader.end();
  return value;
}

// Major types (RFC 8949 §3.1).
const unsignedInteger = 0;
const negativeInteger = 1;
const byteString = 2;
const textString = 3;
const array = 4;
const map = 5;
const tag = 6;

// Additional information (§3) and simple values (§3.3).
const indefinite = 31;
const breakOctet = 0xff;
const epochTag = 1;
const falseValue = 20;
const trueValue = 21;
const nullValue = 22;
const undefinedValue = 23;
const float16 = 25;
const float32 = 26;
const float64 = 27;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

class CborReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;
  #count = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  end(): void {
    if (this.#offset < this.#bytes.length) throw new CborSyntaxError("Octets after the value");
  }

  value(depth: number): unknown {
    if (depth > documentDepthMax) throw new CborSyntaxError("Nested too deeply");
    if (++this.#count > documentValueCountMax) throw new CborSyntaxError("Too many values");
    const initial = this.#take(1)[0] ?? 0;
    const major = initial >> 5;
    const info = initial & 31;
    switch (major) {
      case unsignedInteger:
        return this.#argument(info);
      case negativeInteger:
        return -1 - this.#argument(info);
      case byteString:
      case textString:
        return this.#string(major, info);
      case array:
        return this.#array(info, depth);
      case map:
        return this.#map(info, depth);
      case tag:
        return this.#tagged(this.#argument(info), depth);
      default:
        return this.#simple(info);
    }
  }

  #take(size: number): Uint8Array {
    const begin = this.#offset;
    // Not `begin + size > length`: a size of 2^64 would lose its low digits.
    if (size > this.#bytes.length - begin) throw new CborSyntaxError("Unexpected end");
    this.#offset = begin + size;
    return this.#bytes.subarray(begin, this.#offset);
  }

  /** Beyond 2^53 it loses its last digits, as every number of JavaScript does. */
  #argument(info: number): number {
    if (info < 24) return info;
    const at = this.#offset;
    switch (info) {
      case 24:
        return this.#take(1)[0] ?? 0;
      case 25:
        this.#take(2);
        return this.#view.getUint16(at);
      case 26:
        this.#take(4);
        return this.#view.getUint32(at);
      case 27:
        this.#take(8);
        return Number(this.#view.getBigUint64(at));
      default:
        throw new CborSyntaxError("Unexpected additional information");
    }
  }

  #string(major: number, info: number): string | Uint8Array {
    const octets = info === indefinite ? this.#chunks(major) : this.#take(this.#argument(info));
    if (major === byteString) return octets;
    try {
      return utf8.decode(octets);
    } catch {
      throw new CborSyntaxError("Text that is not UTF-8");
    }
  }

  /** A string in chunks (§3.2.3): each is of the same type and of known length. */
  #chunks(major: number): Uint8Array {
    const chunks: Uint8Array[] = [];
    while (!this.#atBreak()) {
      if (++this.#count > documentValueCountMax) throw new CborSyntaxError("Too many values");
      const initial = this.#take(1)[0] ?? 0;
      const info = initial & 31;
      if (initial >> 5 !== major || info === indefinite) {
        throw new CborSyntaxError("Unexpected chunk of a string");
      }
      chunks.push(this.#take(this.#argument(info)));
    }
    return Buffer.concat(chunks);
  }

  #array(info: number, depth: number): unknown[] {
    const values: unknown[] = [];
    const count = this.#memberCount(info);
    for (let i = 0; count === undefined ? !this.#atBreak() : i < count; i++) {
      values.push(this.value(depth + 1));
    }
    return values;
  }

  #map(info: number, depth: number): Record<string, unknown> {
    const values: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    const count = this.#memberCount(info);
    for (let i = 0; count === undefined ? !this.#atBreak() : i < count; i++) {
      const key = this.value(depth + 1);
      if (typeof key !== "string") throw new CborSyntaxError("A key that is no text");
      if (key in values) throw new CborSyntaxError("A key given twice");
      values[key] = this.value(depth + 1);
    }
    return values;
  }

  #memberCount(info: number): number | undefined {
    return info === indefinite ? undefined : this.#argument(info);
  }

  #atBreak(): boolean {
    if (this.#bytes[this.#offset] !== breakOctet) return false;
    this.#offset++;
    return true;
  }

  /** Only times have a tag that means something here; members that are ignored may have others. */
  #tagged(number: number, depth: number): unknown {
    const value = this.value(depth + 1);
    if (number !== epochTag) return value;
    const date = new Date(typeof value === "number" ? Math.round(value * 1000) : Number.NaN);
    if (Number.isNaN(date.getTime())) throw new CborSyntaxError("A time that is none");
    return date;
  }

  #simple(info: number): unknown {
    const at = this.#offset;
    switch (info) {
      case falseValue:
        return false;
      case trueValue:
        return true;
      case nullValue:
      case undefinedValue:
        return null;
      case float16:
        this.#take(2);
        return this.#view.getFloat16(at);
      case float32:
        this.#take(4);
        return this.#view.getFloat32(at);
      case float64:
        this.#take(8);
        return this.#view.getFloat64(at);
      default:
        throw new CborSyntaxError("Unexpected simple value");
    }
  }
}
