import { rdataSizeMax } from "../../base/limits.ts";
import { NameError, formatNameAt, skipName, writeName } from "../wire/name.ts";
import type { NameForm } from "../wire/name.ts";
import { RdataError, rdataErrorOfName } from "./rdata-error.ts";
import type { TokenList } from "./token-list.ts";

/** How the text of RDATA is written. */
export type RdataForm = NameForm & {
  /** Character strings must be in quotation marks, as in Route 53's values. */
  readonly quotedStrings?: boolean | undefined;
  /** Written so that servers read it that do not know SvcParamKeys later than RFC 9460. */
  readonly portable?: boolean | undefined;
};

/** One field of a type's RDATA: how its text becomes octets, and the other way round. */
export type Field = {
  /** As the type's RFC calls it, in kebab case. */
  readonly name: string;
  /**
   * Takes the field's tokens and appends its octets.
   * @throws RdataError
   */
  parse(from: RdataParser): void;
  /**
   * Moves past the field's octets, checking them.
   * @returns its text
   * @throws RdataError MalformedRdata
   */
  format(from: RdataReader): string;
};

/** Room after the largest RDATA, so that the short fields need not look before they write. */
const slackSize = 512;

/** Takes tokens and appends octets. One parser is made once and used again. */
export class RdataParser {
  readonly tokens: TokenList;
  readonly octets = new Uint8Array(rdataSizeMax + slackSize);
  size = 0;
  form: RdataForm = {};
  /** The field being parsed, for errors. */
  field = "";

  constructor(tokens: TokenList) {
    this.tokens = tokens;
  }

  hasMore(): boolean {
    return this.tokens.next < this.tokens.count;
  }

  /**
   * The next token's text.
   * @throws RdataError MissingField
   */
  take(): string {
    const { tokens } = this;
    if (tokens.next >= tokens.count) throw this.error("MissingField", "value is missing", "");
    return tokens.texts[tokens.next++] as string;
  }

  /** One of TOKEN: how the token taken last was written. */
  takenKind(): number {
    return this.tokens.kinds[this.tokens.next - 1] as number;
  }

  u8(value: number): void {
    this.octets[this.size++] = value;
  }

  u16(value: number): void {
    this.octets[this.size++] = value >>> 8;
    this.octets[this.size++] = value;
  }

  u32(value: number): void {
    this.u16(value >>> 16);
    this.u16(value & 0xffff);
  }

  /** Appends octets of any number. */
  append(octets: Uint8Array): void {
    this.makeRoom(octets.length);
    this.octets.set(octets, this.size);
    this.size += octets.length;
  }

  /**
   * Checks that `size` octets more fit into RDATA.
   * @throws RdataError RdataTooLong
   */
  makeRoom(size: number): void {
    if (this.size + size <= rdataSizeMax) return;
    throw this.error("RdataTooLong", `RDATA is too long: limit ${rdataSizeMax} octets`, "");
  }

  /** Appends a name. Names are never more than the slack. */
  name(text: string): void {
    try {
      this.size = writeName(this.octets, this.size, text, this.form);
    } catch (error) {
      throw error instanceof NameError ? rdataErrorOfName(error, this.field) : error;
    }
  }

  error(code: RdataError["code"], what: string, value: string): RdataError {
    const message = this.field === "" ? what : `${this.field}: ${what}`;
    return new RdataError(code, message, { field: this.field, value });
  }
}

/** Walks through RDATA. */
export class RdataReader {
  readonly octets: Uint8Array;
  readonly escapeRadix: 8 | 10;
  readonly portable: boolean;
  offset = 0;

  constructor(octets: Uint8Array, form: RdataForm) {
    this.octets = octets;
    this.escapeRadix = form.escapeRadix ?? 10;
    this.portable = form.portable ?? false;
  }

  remaining(): number {
    return this.octets.length - this.offset;
  }

  u8(): number {
    const offset = this.#advance(1);
    return this.octets[offset] as number;
  }

  u16(): number {
    const offset = this.#advance(2);
    return ((this.octets[offset] as number) << 8) | (this.octets[offset + 1] as number);
  }

  u32(): number {
    return this.u16() * 0x10000 + this.u16();
  }

  /** A view of the next `size` octets. */
  take(size: number): Uint8Array {
    const offset = this.#advance(size);
    return this.octets.subarray(offset, offset + size);
  }

  rest(): Uint8Array {
    return this.take(this.remaining());
  }

  name(): string {
    const start = this.offset;
    try {
      this.offset = skipName(this.octets, start);
    } catch (error) {
      throw error instanceof NameError ? malformed(error.message) : error;
    }
    return formatNameAt(this.octets, start, this.escapeRadix);
  }

  #advance(size: number): number {
    const offset = this.offset;
    if (size > this.octets.length - offset) throw malformed("RDATA is truncated");
    this.offset = offset + size;
    return offset;
  }
}

export function malformed(message: string): RdataError {
  return new RdataError("MalformedRdata", message);
}
