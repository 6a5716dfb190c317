import { mmdbDepthMax } from "../../base/limits.ts";
import { MmdbError } from "./mmdb-error.ts";

/** What a MaxMind DB's data section holds: maps and arrays of strings, numbers and booleans. */
export type MmdbValue =
  | string
  | number
  | bigint
  | boolean
  | Uint8Array
  | MmdbValue[]
  | { [key: string]: MmdbValue };

/**
 * Which parts of a value to read: `true` for all of it; of a map the keys given, and of them what
 * they lead to. Arrays are read whole, each element by the same filter. What is not wanted is passed
 * over without being decoded.
 */
export type Wanted = true | { readonly [key: string]: Wanted };

/** Types of the data section (MaxMind DB format 2.0, "Data field format"). */
const TYPE = {
  EXTENDED: 0,
  POINTER: 1,
  STRING: 2,
  DOUBLE: 3,
  BYTES: 4,
  UINT16: 5,
  UINT32: 6,
  MAP: 7,
  INT32: 8,
  UINT64: 9,
  UINT128: 10,
  ARRAY: 11,
  BOOLEAN: 14,
  FLOAT: 15,
} as const;

/** What a pointer of 1 to 4 octets adds to its value. */
const pointerBases = [0, 2_048, 526_336, 0];
const sizeBases = [29, 285, 65_821];

/**
 * Reads values of one data section. Nothing outside it is ever read, and what does not add up
 * throws an MmdbError.
 */
export class MmdbData {
  readonly #view: DataView;
  readonly #octets: Uint8Array;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  /** Strings by offset: keys, and most values, are stored once and pointed to. */
  readonly #strings = new Map<number, string>();
  // The value at hand, after #readHead()
  #at = 0;
  #type = 0;
  #size = 0;

  /** `octets` is the data section; pointers count from its start. */
  constructor(octets: Uint8Array) {
    this.#octets = octets;
    this.#view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  }

  /** The value at `offset`, or the parts of it that are wanted. */
  read(offset: number, wanted: Wanted = true): MmdbValue {
    return this.#readAt(offset, wanted, 0);
  }

  /** Leaves `#at` behind the value; of one that was pointed to, behind the pointer. */
  #readAt(offset: number, wanted: Wanted, depth: number): MmdbValue {
    if (depth > mmdbDepthMax) throw new MmdbError("values are nested too deep");
    this.#readHead(offset);
    if (this.#type !== TYPE.POINTER) return this.#readValue(wanted, depth);
    const end = this.#at;
    const target = this.#size;
    this.#readHead(target);
    if (this.#type === TYPE.POINTER) throw new MmdbError("a pointer leads to a pointer");
    const value =
      this.#type === TYPE.STRING ? this.#sharedString(target) : this.#readValue(wanted, depth);
    this.#at = end;
    return value;
  }

  #sharedString(offset: number): string {
    const known = this.#strings.get(offset);
    if (known !== undefined) return known;
    const text = this.#readString();
    this.#strings.set(offset, text);
    return text;
  }

  #readValue(wanted: Wanted, depth: number): MmdbValue {
    const size = this.#size;
    switch (this.#type) {
      case TYPE.MAP:
        return this.#readMap(wanted, depth);
      case TYPE.ARRAY:
        return this.#readArray(wanted, depth);
      case TYPE.STRING:
        return this.#readString();
      case TYPE.BYTES:
        return this.#octets.slice(this.#take(size), this.#at);
      case TYPE.DOUBLE:
        return this.#view.getFloat64(this.#take(this.#sized(8)));
      case TYPE.FLOAT:
        return this.#view.getFloat32(this.#take(this.#sized(4)));
      case TYPE.BOOLEAN:
        return size !== 0;
      case TYPE.UINT16:
      case TYPE.UINT32:
        return this.#readUnsigned(4);
      case TYPE.INT32:
        return this.#readUnsigned(4) | 0;
      case TYPE.UINT64:
      case TYPE.UINT128:
        return this.#readBigUnsigned();
      default:
        throw new MmdbError(`a value of unknown type ${this.#type}`);
    }
  }

  #readMap(wanted: Wanted, depth: number): MmdbValue {
    const map: { [key: string]: MmdbValue } = {};
    for (let left = this.#size; left > 0; left--) {
      const key = this.#readAt(this.#at, true, depth + 1);
      if (typeof key !== "string") throw new MmdbError("a map with a key that is no string");
      const filter = wanted === true ? true : Object.hasOwn(wanted, key) && wanted[key];
      if (!filter) this.#skip(depth + 1);
      else map[key] = this.#readAt(this.#at, filter, depth + 1);
    }
    return map;
  }

  #readArray(wanted: Wanted, depth: number): MmdbValue[] {
    const array: MmdbValue[] = [];
    for (let left = this.#size; left > 0; left--) {
      array.push(this.#readAt(this.#at, wanted, depth + 1));
    }
    return array;
  }

  /** Moves on behind the value at `#at`, pointers not followed. */
  #skip(depth: number): void {
    if (depth > mmdbDepthMax) throw new MmdbError("values are nested too deep");
    this.#readHead(this.#at);
    const size = this.#size;
    switch (this.#type) {
      case TYPE.POINTER:
      case TYPE.BOOLEAN:
        return;
      case TYPE.MAP:
        for (let left = size * 2; left > 0; left--) this.#skip(depth + 1);
        return;
      case TYPE.ARRAY:
        for (let left = size; left > 0; left--) this.#skip(depth + 1);
        return;
      default:
        this.#take(size);
    }
  }

  #readString(): string {
    const start = this.#take(this.#size);
    return this.#decoder.decode(this.#octets.subarray(start, this.#at));
  }

  #readUnsigned(sizeMax: number): number {
    if (this.#size > sizeMax) throw new MmdbError("an integer longer than its type");
    const start = this.#take(this.#size);
    let value = 0;
    for (let i = start; i < this.#at; i++) value = value * 256 + (this.#octets[i] as number);
    return value;
  }

  #readBigUnsigned(): bigint {
    if (this.#size > 16) throw new MmdbError("an integer longer than its type");
    const start = this.#take(this.#size);
    let value = 0n;
    for (let i = start; i < this.#at; i++)
      value = (value << 8n) | BigInt(this.#octets[i] as number);
    return value;
  }

  /** Reads type and size at `offset`; of a pointer, `#size` is the offset it leads to. */
  #readHead(offset: number): void {
    this.#at = offset;
    const control = this.#octet();
    const type = control >>> 5;
    if (type === TYPE.POINTER) {
      this.#readPointer(control);
      return;
    }
    this.#type = type === TYPE.EXTENDED ? this.#octet() + 7 : type;
    const size = control & 31;
    this.#size = size < 29 ? size : (sizeBases[size - 29] as number) + this.#octetsOf(size - 28);
  }

  #readPointer(control: number): void {
    const octetCount = ((control >>> 3) & 3) + 1;
    const upper = octetCount === 4 ? 0 : (control & 7) * 256 ** octetCount;
    this.#type = TYPE.POINTER;
    this.#size = (pointerBases[octetCount - 1] as number) + upper + this.#octetsOf(octetCount);
  }

  #octetsOf(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 256 + this.#octet();
    return value;
  }

  #octet(): number {
    return this.#octets[this.#take(1)] as number;
  }

  /** Moves on by `size` octets, all of which must be there, and returns where they begin. */
  #take(size: number): number {
    const start = this.#at;
    if (start + size > this.#octets.length) throw new MmdbError("a value goes past the data's end");
    this.#at = start + size;
    return start;
  }

  #sized(size: number): number {
    if (this.#size !== size) throw new MmdbError(`a number of ${this.#size} octets, not ${size}`);
    return size;
  }
}
