import { characterStringSizeMax } from "../../base/limits.ts";
import { NameError, readEscape } from "../wire/name.ts";
import type { Field, RdataParser, RdataReader } from "./field.ts";
import { rdataErrorOfName } from "./rdata-error.ts";
import { TOKEN } from "./token-list.ts";

/** A domain name, written absolute. */
export function nameField(name: string): Field {
  return { name, parse: (from) => from.name(from.take()), format: (from) => from.name() };
}

/** A <character-string> (RFC 1035 §3.3): a length octet and 0–255 octets. */
export function characterStringField(name: string): Field {
  return { name, parse: parseCharacterString, format: formatCharacterString };
}

/** One or more <character-string>s up to the end of the RDATA. */
export function characterStringsField(name: string): Field {
  return {
    name,
    parse(from) {
      do {
        parseCharacterString(from);
        from.makeRoom(0);
      } while (from.hasMore());
    },
    format(from) {
      const texts = [formatCharacterString(from)];
      while (from.remaining() > 0) texts.push(formatCharacterString(from));
      return texts.join(" ");
    },
  };
}

/** A string without a length octet up to the end of the RDATA, in quotation marks. */
export function longStringField(name: string): Field {
  return {
    name,
    parse: (from) => writeString(from, takeString(from)),
    format: (from) => quote(from.rest(), from.escapeRadix),
  };
}

function parseCharacterString(from: RdataParser): void {
  const text = takeString(from);
  const lengthAt = from.size++;
  writeString(from, text);
  const size = from.size - lengthAt - 1;
  if (size > characterStringSizeMax) {
    const limit = `limit ${characterStringSizeMax}`;
    throw from.error(
      "CharacterStringTooLong",
      `string is too long: ${size} octets, ${limit}`,
      text,
    );
  }
  from.octets[lengthAt] = size;
}

function takeString(from: RdataParser): string {
  const text = from.take();
  const kind = from.takenKind();
  if (kind === TOKEN.pair || (kind === TOKEN.plain && from.form.quotedStrings)) {
    throw from.error("InvalidCharacterString", "should be enclosed in quotation marks", text);
  }
  return text;
}

/**
 * Appends the octets that `text` stands for, escapes resolved.
 * @throws RdataError BadEscape, UnsupportedCharacter or RdataTooLong
 */
export function writeString(from: RdataParser, text: string): void {
  const { octets, form } = from;
  const radix = form.escapeRadix ?? 10;
  from.makeRoom(octetCount(text));
  let { size } = from;
  for (let i = 0; i < text.length; i++) {
    let octet = text.charCodeAt(i);
    if (octet === 0x5c) {
      const escape = readStringEscape(from, text, i, radix);
      octet = escape & 255;
      i += escape >> 8;
    } else if (octet < 0x20 || octet >= 0x7f) {
      const allowed = octet === 0x09 || (form.rawOctets && octet >= 0x80 && octet <= 255);
      if (!allowed)
        throw from.error("UnsupportedCharacter", "unsupported character", text.charAt(i));
    }
    octets[size++] = octet;
  }
  from.size = size;
}

/** The octets that `text` stands for; 0 where they fit into the parser's slack in any case. */
function octetCount(text: string): number {
  if (text.length <= characterStringSizeMax) return 0;
  let count = 0;
  for (let i = 0; i < text.length; i++, count++) {
    if (text.charCodeAt(i) !== 0x5c) continue;
    const next = text.charCodeAt(i + 1);
    i += next >= 0x30 && next <= 0x39 ? 3 : 1;
  }
  return count;
}

function readStringEscape(from: RdataParser, text: string, index: number, radix: 8 | 10): number {
  try {
    return readEscape(text, index, radix);
  } catch (error) {
    throw error instanceof NameError ? rdataErrorOfName(error, from.field) : error;
  }
}

function formatCharacterString(from: RdataReader): string {
  return quote(from.take(from.u8()), from.escapeRadix);
}

const decimalTexts = octetTexts(10);
const octalTexts = octetTexts(8);

function octetTexts(radix: 8 | 10): readonly string[] {
  return Array.from({ length: 256 }, (_, octet) => {
    if (octet === 0x22) return '\\"';
    if (octet === 0x5c) return "\\\\";
    if (octet >= 0x20 && octet < 0x7f) return String.fromCharCode(octet);
    return `\\${octet.toString(radix).padStart(3, "0")}`;
  });
}

/** Octets as a quoted string; `"`, `\` and all that is not printable ASCII escaped. */
export function quote(octets: Uint8Array, escapeRadix: 8 | 10): string {
  const texts = escapeRadix === 8 ? octalTexts : decimalTexts;
  let text = '"';
  for (let i = 0; i < octets.length; i++) text += texts[octets[i] as number];
  return `${text}"`;
}
