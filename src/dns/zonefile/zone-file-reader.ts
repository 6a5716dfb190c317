import { zoneFileRecordSizeMax } from "../../base/limits.ts";
import { RdataParser } from "../rdata/field.ts";
import type { RdataForm } from "../rdata/field.ts";
import { RdataError } from "../rdata/rdata-error.ts";
import { parseTokens } from "../rdata/rdata.ts";
import { INCOMPLETE, TOKEN, TokenList } from "../rdata/token-list.ts";
import { NameError, parseName } from "../wire/name.ts";
import type { Name } from "../wire/name.ts";
import { CLASS, TYPE, classFromText, typeFromText } from "../wire/registries.ts";
import { parseTtl, ttlMax } from "../wire/ttl.ts";
import { OctetDecoder } from "./octet-decoder.ts";

/** One record of a master file. */
export type ZoneFileRecord = {
  readonly owner: Name;
  /** Seconds: 0–2147483647. */
  readonly ttl: number;
  /** Always IN. */
  readonly class: number;
  readonly type: number;
  /** Names in it uncompressed. */
  readonly rdata: Uint8Array;
  /** The line on which the record begins, from 1. */
  readonly line: number;
};

/** One entry that was refused. */
export type ZoneFileError = { readonly line: number; readonly message: string };

export type ZoneFileReaderOptions = {
  /** Completes relative names until the first $ORIGIN. */
  readonly origin: Name;
  /** The TTL where neither the record, $TTL, a record before nor the SOA says one. */
  readonly defaultTtl?: number | undefined;
  /** Called for each record, in the order of the file. The record's octets are the receiver's. */
  readonly onRecord: (record: ZoneFileRecord) => void;
  /** Called for each entry that is refused; reading goes on with the next. */
  readonly onError: (error: ZoneFileError) => void;
  /** Types whose records are passed over without reading their RDATA. */
  readonly leftOutTypes?: ReadonlySet<number> | undefined;
  /** Called for each record passed over. */
  readonly onLeftOut?: ((type: number, line: number) => void) | undefined;
};

/** Why an entry is refused; never leaves this file. */
class EntryError extends Error {}

/** UTF-8's byte order mark, which some editors put first. */
const byteOrderMark = "\xef\xbb\xbf";

/**
 * Reads a master file (RFC 1035 §5, RFC 2308 §4) as it arrives, in pieces of any size.
 *
 * Refused with an error of their own: $INCLUDE, $GENERATE, classes other than IN, QTYPEs.
 * Holds one entry at a time, at most `zoneFileRecordSizeMax` characters. An entry that is refused
 * may leave later ones without the owner or TTL that they took from it: where there were errors,
 * the records are of no use but to find more errors.
 */
export class ZoneFileReader {
  readonly #onRecord: (record: ZoneFileRecord) => void;
  readonly #onError: (error: ZoneFileError) => void;
  readonly #leftOutTypes: ReadonlySet<number> | undefined;
  readonly #onLeftOut: ZoneFileReaderOptions["onLeftOut"];
  readonly #decoder = new OctetDecoder();
  readonly #tokens = new TokenList();
  readonly #parser = new RdataParser(this.#tokens);

  /** Text not yet read; begins at the line `#line`. */
  #text = "";
  #line = 1;
  /** Size of `#text` below which another attempt to read an entry is not worth the work. */
  #attemptSize = byteOrderMark.length;
  #atStart = true;
  /** Drops text up to a line end: the rest of an entry that was too long. */
  #skippingLine = false;

  #form: RdataForm & { readonly origin: Name };
  #owner: Name | undefined;
  /** What $TTL says. */
  #defaultTtl: number | undefined;
  /** The TTL of the record before. */
  #statedTtl: number | undefined;
  readonly #fallbackTtl: number | undefined;

  constructor(options: ZoneFileReaderOptions) {
    this.#onRecord = options.onRecord;
    this.#onError = options.onError;
    this.#leftOutTypes = options.leftOutTypes;
    this.#onLeftOut = options.onLeftOut;
    this.#fallbackTtl = options.defaultTtl;
    this.#form = { origin: options.origin, rawOctets: true };
    this.#parser.form = this.#form;
  }

  /** Takes the next piece: octets, or text that stands for its UTF-8 octets. */
  push(chunk: Uint8Array | string): void {
    this.#text += this.#decoder.decode(chunk);
    if (this.#text.length >= this.#attemptSize) this.#readEntries(false);
  }

  /** Says that no piece will follow, and reads what is left. */
  end(): void {
    this.#readEntries(true);
  }

  #readEntries(final: boolean): void {
    if (this.#atStart && this.#text.startsWith(byteOrderMark)) this.#text = this.#text.slice(3);
    this.#atStart = false;
    const text = this.#text;
    let at = this.#skippingLine ? this.#skipLine(0, 0, final) : 0;
    while (at < text.length && !this.#skippingLine) {
      const next = this.#tokens.readEntry(text, at, final);
      const size = (next === INCOMPLETE ? text.length : next) - at;
      if (size > zoneFileRecordSizeMax) {
        this.#report(`entry is too long: limit ${zoneFileRecordSizeMax} characters`);
        at = this.#skipLine(at, at + zoneFileRecordSizeMax, final);
        continue;
      }
      if (next === INCOMPLETE) break;
      if (this.#tokens.count > 0 || this.#tokens.problem !== "") {
        this.#readEntry(isBlank(text.charCodeAt(at)));
      }
      this.#line += this.#tokens.lines;
      at = next;
    }
    this.#text = text.slice(at);
    // Twice what is left, so that a long entry in small pieces is not read over and over again.
    this.#attemptSize = 2 * this.#text.length;
  }

  /** Counts lines from `at` on; returns the offset after the first line end not before `from`. */
  #skipLine(at: number, from: number, final: boolean): number {
    const text = this.#text;
    this.#skippingLine = true;
    for (let i = at; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code !== 0x0a && code !== 0x0d) continue;
      if (code === 0x0d && i + 1 === text.length && !final) return i;
      if (code === 0x0d && text.charCodeAt(i + 1) === 0x0a) continue;
      this.#line++;
      if (i < from) continue;
      this.#skippingLine = false;
      return i + 1;
    }
    return text.length;
  }

  #readEntry(startsBlank: boolean): void {
    try {
      const first = this.#tokens.texts[0] ?? "";
      const isDirective = !startsBlank && first.startsWith("$");
      if (!isDirective && !startsBlank) this.#readOwner();
      if (this.#tokens.problem !== "") throw new EntryError(this.#tokens.problem);
      if (isDirective) this.#readDirective(first);
      else this.#readRecord();
    } catch (error) {
      if (error instanceof EntryError) this.#report(error.message);
      else if (error instanceof NameError) this.#report(withValue(error.message, error.value));
      else throw error;
    }
  }

  #readOwner(): void {
    this.#owner = undefined;
    if (this.#parser.hasMore()) this.#owner = parseName(this.#parser.take(), this.#form);
  }

  #readDirective(name: string): void {
    const tokens = this.#tokens;
    const directive = name.toUpperCase();
    const argument = tokens.texts[1] ?? "";
    if (directive === "$INCLUDE" || directive === "$GENERATE") {
      throw new EntryError(`${directive} is not supported`);
    }
    if (directive !== "$ORIGIN" && directive !== "$TTL") {
      throw new EntryError(withValue("unknown directive", name));
    }
    if (tokens.count !== 2) throw new EntryError(`${directive} takes one argument`);
    if (directive === "$TTL") this.#defaultTtl = readTtl(argument);
    else {
      this.#form = { ...this.#form, origin: parseName(argument, this.#form) };
      this.#parser.form = this.#form;
    }
  }

  #readRecord(): void {
    const owner = this.#owner;
    if (!owner) throw new EntryError("owner name is missing");
    const stated = this.#readTtlAndClass();
    if (!this.#parser.hasMore()) throw new EntryError("type is missing");
    const typeText = this.#parser.take();
    const type = typeFromText(typeText);
    if (type === undefined) throw new EntryError(withValue("unknown type", typeText));
    if (isQueryType(type)) throw new EntryError(`no type of records: ${typeText}`);
    if (this.#leftOutTypes?.has(type)) {
      this.#statedTtl = stated ?? this.#statedTtl;
      return this.#onLeftOut?.(type, this.#line);
    }
    const rdata = this.#readRdata(type, typeText);
    const ttl = stated ?? this.#defaultTtl ?? this.#statedTtl ?? this.#lastResortTtl(type, rdata);
    if (ttl === undefined) throw new EntryError("TTL is missing, and there is no $TTL");
    this.#statedTtl = ttl;
    this.#onRecord({ owner, ttl, class: CLASS.IN, type, rdata, line: this.#line });
  }

  /** Both may be missing, and stand in either order (RFC 1035 §5.1). */
  #readTtlAndClass(): number | undefined {
    const tokens = this.#tokens;
    let ttl: number | undefined;
    let hasClass = false;
    while (tokens.next < tokens.count && tokens.kinds[tokens.next] === TOKEN.plain) {
      const text = tokens.texts[tokens.next] as string;
      if (ttl === undefined && isDigit(text.charCodeAt(0))) ttl = readTtl(text);
      else if (hasClass) break;
      else {
        const value = text === "IN" ? CLASS.IN : classFromText(text);
        if (value === undefined) break;
        if (value !== CLASS.IN) throw new EntryError(`class is not IN: ${text}`);
        hasClass = true;
      }
      tokens.next++;
    }
    return ttl;
  }

  #readRdata(type: number, typeText: string): Uint8Array {
    try {
      return parseTokens(type, this.#parser);
    } catch (error) {
      if (!(error instanceof RdataError)) throw error;
      throw new EntryError(withValue(`${typeText}: ${error.message}`, error.value));
    }
  }

  /** The SOA's minimum was the default TTL before RFC 2308. */
  #lastResortTtl(type: number, rdata: Uint8Array): number | undefined {
    if (type !== TYPE.SOA) return this.#fallbackTtl;
    const view = new DataView(rdata.buffer, rdata.byteOffset, rdata.byteLength);
    return Math.min(view.getUint32(rdata.byteLength - 4), ttlMax);
  }

  #report(message: string): void {
    this.#onError({ line: this.#line, message });
  }
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Meta-types and QTYPEs (RFC 6895 §3.1), of which there are no records. */
function isQueryType(type: number): boolean {
  return type === 0 || type === TYPE.OPT || (type >= 128 && type <= 255) || type === 0xffff;
}

function readTtl(text: string): number {
  const ttl = parseTtl(text);
  if (ttl === undefined) throw new EntryError(withValue("not a TTL", text));
  if (ttl > ttlMax) throw new EntryError(`TTL is out of range: ${text}, limit ${ttlMax}`);
  return ttl;
}

/** Characters of the file shown in one message. */
const shownSizeMax = 64;

function withValue(message: string, value: string): string {
  if (value === "") return message;
  const shown = value.length > shownSizeMax ? `${value.slice(0, shownSizeMax)}…` : value;
  return `${message}: ${shown.replace(/[^ -~…]/g, escapeCharacter)}`;
}

function escapeCharacter(character: string): string {
  return `\\${String(character.charCodeAt(0)).padStart(3, "0")}`;
}
