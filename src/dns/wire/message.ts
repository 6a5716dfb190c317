import { assert } from "../../base/assert.ts";
import { decodeOpt } from "./edns.ts";
import type { Edns } from "./edns.ts";
import { NameError, readName } from "./name.ts";
import type { Name } from "./name.ts";
import { nameLayout } from "./rdata-names.ts";
import { TYPE } from "./registries.ts";

/**
 * A DNS message (RFC 1035 §4). The cold form: for tests, tools and the API; the packet path reads
 * packets itself.
 */
export type Message = {
  /** 0–65535. */
  readonly id: number;
  /** 0–15, one of OPCODE. */
  readonly opcode: number;
  /** 0–15, or 0–4095 with `edns` (RFC 6891 §6.1.3); one of RCODE. */
  readonly rcode: number;
  readonly flags: MessageFlags;
  readonly questions: readonly Question[];
  readonly answer: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
  /** Without the OPT record, which is `edns`. */
  readonly additional: readonly ResourceRecord[];
  readonly edns?: Edns | undefined;
};

/** The header's bits; those not given are clear. */
export type MessageFlags = {
  readonly qr?: boolean;
  readonly aa?: boolean;
  readonly tc?: boolean;
  readonly rd?: boolean;
  readonly ra?: boolean;
  readonly ad?: boolean;
  readonly cd?: boolean;
};

export type Question = { readonly name: Name; readonly type: number; readonly class: number };

export type ResourceRecord = {
  readonly owner: Name;
  readonly type: number;
  readonly class: number;
  /** Seconds, 0–4294967295. */
  readonly ttl: number;
  /** Names of the types of RFC 3597 §4 uncompressed. */
  readonly rdata: Uint8Array;
};

export type MessageErrorCode =
  | "TooShort"
  | "Truncated"
  | "BadName"
  | "BadRdata"
  | "BadOpt"
  | "TrailingOctets";

/** Octets that are no DNS message. */
export class MessageError extends Error {
  override name = "MessageError";
  readonly code: MessageErrorCode;
  /** Where in the message. */
  readonly offset: number;

  constructor(code: MessageErrorCode, message: string, offset: number) {
    super(`${message}, at octet ${offset}`);
    this.code = code;
    this.offset = offset;
  }
}

export const headerSize = 12;

/** Bits of the header's second 16-bit word. */
export const FLAG = {
  qr: 0x8000,
  aa: 0x0400,
  tc: 0x0200,
  rd: 0x0100,
  ra: 0x0080,
  ad: 0x0020,
  cd: 0x0010,
} as const;

/**
 * Reads a message.
 * @returns a message with memory of its own
 * @throws MessageError, and nothing else whatever the octets
 */
export function decodeMessage(octets: Uint8Array): Message {
  if (octets.length < headerSize) {
    throw new MessageError("TooShort", "Message is shorter than its header", octets.length);
  }
  const reader = new MessageReader(octets);
  const id = reader.u16();
  const word = reader.u16();
  const counts = [reader.u16(), reader.u16(), reader.u16(), reader.u16()] as const;
  const questions = reader.questions(counts[0]);
  const answer = reader.records(counts[1]);
  const authority = reader.records(counts[2]);
  const additional = reader.records(counts[3]);
  if (reader.offset < octets.length) {
    throw new MessageError("TrailingOctets", "Octets after the message", reader.offset);
  }
  const opt = takeOpt([answer, authority], additional);
  return {
    id,
    opcode: (word >>> 11) & 15,
    rcode: (word & 15) | ((opt?.extendedRcode ?? 0) << 4),
    flags: decodeFlags(word),
    questions,
    answer,
    authority,
    additional,
    edns: opt?.edns,
  };
}

function decodeFlags(word: number): MessageFlags {
  return {
    qr: (word & FLAG.qr) !== 0,
    aa: (word & FLAG.aa) !== 0,
    tc: (word & FLAG.tc) !== 0,
    rd: (word & FLAG.rd) !== 0,
    ra: (word & FLAG.ra) !== 0,
    ad: (word & FLAG.ad) !== 0,
    cd: (word & FLAG.cd) !== 0,
  };
}

/** Takes the OPT record out of the additional section; there may be one only (RFC 6891 §6.1.1). */
function takeOpt(others: readonly ResourceRecord[][], additional: ResourceRecord[]) {
  const isOpt = (record: ResourceRecord) => record.type === TYPE.OPT;
  const misplaced = others.some((section) => section.some(isOpt));
  const index = additional.findIndex(isOpt);
  if (misplaced || additional.findLastIndex(isOpt) !== index) {
    throw new MessageError("BadOpt", "OPT record misplaced or given twice", 0);
  }
  if (index < 0) return undefined;
  const [record] = additional.splice(index, 1);
  assert(record, "the OPT record was found");
  const opt = decodeOpt(record.class, record.ttl, record.rdata);
  if (!opt || record.owner.length !== 1) {
    throw new MessageError("BadOpt", "OPT record is malformed", 0);
  }
  return opt;
}

class MessageReader {
  readonly octets: Uint8Array;
  readonly view: DataView;
  offset = 0;

  constructor(octets: Uint8Array) {
    this.octets = octets;
    this.view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  }

  questions(count: number): Question[] {
    const questions: Question[] = [];
    for (let i = 0; i < count; i++) {
      questions.push({ name: this.name(), type: this.u16(), class: this.u16() });
    }
    return questions;
  }

  records(count: number): ResourceRecord[] {
    const records: ResourceRecord[] = [];
    for (let i = 0; i < count; i++) records.push(this.#record());
    return records;
  }

  #record(): ResourceRecord {
    const owner = this.name();
    const type = this.u16();
    const recordClass = this.u16();
    const ttl = this.u16() * 0x10000 + this.u16();
    const size = this.u16();
    const end = this.offset + size;
    if (end > this.octets.length) throw this.#truncated();
    const rdata = this.#rdata(type, end);
    return { owner, type, class: recordClass, ttl, rdata };
  }

  /** Reads RDATA up to `end`, with its names decompressed (RFC 3597 §4). */
  #rdata(type: number, end: number): Uint8Array {
    const start = this.offset;
    const layout = nameLayout(type);
    // An empty RDATA is no RDATA of these types, but stands in UPDATE messages (RFC 2136 §2.4).
    if (!layout || end === start) {
      this.offset = end;
      return this.octets.slice(start, end);
    }
    this.offset += layout.fixedSize;
    for (let i = 0; i < layout.stringCount; i++) this.offset += 1 + (this.octets[this.offset] ?? 0);
    const parts: Uint8Array[] = [this.octets.slice(start, Math.min(this.offset, end))];
    for (let i = 0; i < layout.nameCount; i++) parts.push(this.name());
    if (this.offset > end) throw new MessageError("BadRdata", "RDATA overruns its length", start);
    parts.push(this.octets.slice(this.offset, end));
    this.offset = end;
    return concatenate(parts);
  }

  name(): Name {
    try {
      const { name, end } = readName(this.octets, this.offset);
      this.offset = end;
      return name;
    } catch (error) {
      if (!(error instanceof NameError)) throw error;
      throw new MessageError("BadName", error.message, this.offset);
    }
  }

  u16(): number {
    if (this.offset + 2 > this.octets.length) throw this.#truncated();
    const value = this.view.getUint16(this.offset);
    this.offset += 2;
    return value;
  }

  #truncated(): MessageError {
    return new MessageError("Truncated", "Message is truncated", this.offset);
  }
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
