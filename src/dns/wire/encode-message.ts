import { assert } from "../../base/assert.ts";
import { messageSizeMax } from "../../base/limits.ts";
import { optSize, optTtl } from "./edns.ts";
import type { Edns } from "./edns.ts";
import { FLAG, headerSize } from "./message.ts";
import type { Message, MessageFlags, Question, ResourceRecord } from "./message.ts";
import { nameKey } from "./name-key.ts";
import { skipName } from "./name.ts";
import type { Name } from "./name.ts";
import { rdataNames } from "./rdata-names.ts";
import { TYPE } from "./registries.ts";

export type EncodeOptions = {
  /** Whether names are compressed (RFC 1035 §4.1.4). Default true. */
  readonly compress?: boolean;
  /** Octets at most. Records that do not fit are left out as RFC 2181 §9 says. Default 65535. */
  readonly sizeMax?: number;
};

/**
 * Writes a message; the cold form, see `Message`. Where the answer or authority section does not
 * fit, TC is set and the rest is left out.
 */
export function encodeMessage(message: Message, options: EncodeOptions = {}): Uint8Array {
  assert(message.rcode < 16 || message.edns, "an RCODE above 15 needs EDNS");
  const writer = new MessageWriter(options);
  if (message.edns) writer.reserve(optSize(message.edns));
  for (const question of message.questions) {
    assert(writer.question(question), "a message has room for its question");
  }
  const answerCount = writer.records(message.answer);
  let fits = answerCount === message.answer.length;
  const authorityCount = fits ? writer.records(message.authority) : 0;
  fits &&= authorityCount === message.authority.length;
  const additionalCount = fits ? writer.records(message.additional) : 0;
  if (message.edns) writer.opt(message.edns, message.rcode);
  return writer.finish([
    message.id,
    encodeFlags(message, message.flags.tc === true || !fits),
    message.questions.length,
    answerCount,
    authorityCount,
    additionalCount + (message.edns ? 1 : 0),
  ]);
}

const flagNames = Object.keys(FLAG) as (keyof MessageFlags)[];

function encodeFlags(message: Message, truncated: boolean): number {
  let word = (message.opcode << 11) | (message.rcode & 15) | (truncated ? FLAG.tc : 0);
  for (const name of flagNames) if (message.flags[name]) word |= FLAG[name];
  return word;
}

/** Where messages are written: making one never waits for another. (A fresh one costs 30 µs each.) */
const scratch = new Uint8Array(messageSizeMax);
const scratchView = new DataView(scratch.buffer);

/** The last offset that a compression pointer can hold. */
const pointerMax = 0x3fff;

class MessageWriter {
  readonly #octets = scratch;
  readonly #view = scratchView;
  readonly #compress: boolean;
  /** Where a name, by its lower-case octets, has been written. */
  readonly #offsets = new Map<string, number>();
  #size = headerSize;
  #limit: number;

  constructor(options: EncodeOptions) {
    const sizeMax = Math.min(options.sizeMax ?? messageSizeMax, messageSizeMax);
    assert(sizeMax >= headerSize, "a message has room for its header");
    this.#limit = sizeMax;
    this.#compress = options.compress ?? true;
  }

  /** Keeps octets free for what comes last. */
  reserve(size: number): void {
    this.#limit -= size;
    assert(this.#limit >= headerSize, "a message has room for its OPT record");
  }

  question(question: Question): boolean {
    if (!this.#name(question.name) || !this.#hasRoom(4)) return false;
    this.#u16(question.type);
    this.#u16(question.class);
    return true;
  }

  /** Writes records as long as they fit; returns how many did. */
  records(records: readonly ResourceRecord[]): number {
    let count = 0;
    for (const record of records) {
      const start = this.#size;
      if (!this.#record(record)) {
        this.#rewind(start);
        break;
      }
      count++;
    }
    return count;
  }

  #record(record: ResourceRecord): boolean {
    if (!this.#name(record.owner) || !this.#hasRoom(10)) return false;
    this.#u16(record.type);
    this.#u16(record.class);
    this.#u32(record.ttl);
    const lengthAt = this.#size;
    this.#size += 2;
    if (!this.#rdata(record)) return false;
    this.#view.setUint16(lengthAt, this.#size - lengthAt - 2);
    return true;
  }

  #rdata(record: ResourceRecord): boolean {
    const { rdata } = record;
    let done = 0;
    const names = rdata.length === 0 ? [] : rdataNames(record.type, rdata);
    for (const offset of names) {
      const end = skipName(rdata, offset);
      const before = rdata.subarray(done, offset);
      if (!this.#append(before) || !this.#name(rdata.subarray(offset, end))) return false;
      done = end;
    }
    return this.#append(rdata.subarray(done));
  }

  opt(edns: Edns, rcode: number): void {
    this.#limit += optSize(edns);
    this.#octets[this.#size++] = 0;
    this.#u16(TYPE.OPT);
    this.#u16(edns.udpPayloadSize);
    this.#u32(optTtl(edns, rcode));
    this.#u16(optSize(edns) - 11);
    for (const option of edns.options) {
      this.#u16(option.code);
      this.#u16(option.data.length);
      this.#append(option.data);
    }
  }

  finish(header: readonly number[]): Uint8Array {
    header.forEach((word, index) => this.#view.setUint16(index * 2, word));
    return this.#octets.slice(0, this.#size);
  }

  #name(name: Name): boolean {
    if (!this.#compress) return this.#append(name);
    const whole = nameKey(name);
    let at = 0;
    for (; name[at] !== 0; at += (name[at] as number) + 1) {
      const key = whole.slice(at);
      const target = this.#offsets.get(key);
      if (target !== undefined) {
        if (!this.#append(name.subarray(0, at)) || !this.#hasRoom(2)) return false;
        this.#u16(0xc000 | target);
        return true;
      }
      const here = this.#size + at;
      if (here <= pointerMax) this.#offsets.set(key, here);
    }
    return this.#append(name);
  }

  /** Forgets what was written from `start` on. */
  #rewind(start: number): void {
    this.#size = start;
    for (const [key, offset] of this.#offsets) if (offset >= start) this.#offsets.delete(key);
  }

  #hasRoom(size: number): boolean {
    return this.#size + size <= this.#limit;
  }

  #append(octets: Uint8Array): boolean {
    if (!this.#hasRoom(octets.length)) return false;
    this.#octets.set(octets, this.#size);
    this.#size += octets.length;
    return true;
  }

  #u16(value: number): void {
    this.#view.setUint16(this.#size, value);
    this.#size += 2;
  }

  #u32(value: number): void {
    this.#view.setUint32(this.#size, value);
    this.#size += 4;
  }
}
