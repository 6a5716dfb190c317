import { labelCountMax, labelSizeMax, nameSizeMax } from "../../base/limits.ts";

/**
 * A domain name in uncompressed wire form (RFC 1035 §3.1): length octet and label, repeated,
 * closed by the root's zero octet. 1–255 octets. Case is kept; comparisons ignore it.
 */
export type Name = Uint8Array;

export type NameErrorCode =
  // in text
  | "NameEmpty"
  | "LabelEmpty"
  | "LabelTooLong"
  | "NameTooLong"
  | "BadEscape"
  | "UnsupportedCharacter"
  // in packets
  | "Truncated"
  | "BadPointer"
  | "BadLabelType";

/** Text or octets that are no domain name. */
export class NameError extends Error {
  override name = "NameError";
  readonly code: NameErrorCode;
  /** The text at fault: the whole name, or the one character for `UnsupportedCharacter`. */
  readonly value: string;

  constructor(code: NameErrorCode, message: string, value = "") {
    super(message);
    this.code = code;
    this.value = value;
  }
}

/** How names are written in the text at hand. */
export type NameForm = {
  /** Completes names without a trailing dot and stands for `@`; without it all are absolute. */
  readonly origin?: Name | undefined;
  /** Base of `\DDD`: 10 in master files (RFC 1035 §5.1), 8 in Route 53's API. Default 10. */
  readonly escapeRadix?: 8 | 10 | undefined;
  /** Each character 0x80–0xFF stands for that octet; without it they are refused. */
  readonly rawOctets?: boolean | undefined;
};

/** The root. Shared: never write into it. */
export const rootName: Name = Uint8Array.of(0);

const masterFileForm: NameForm = {};
const scratch = new Uint8Array(nameSizeMax + 1);

/**
 * Reads a name's text form (RFC 1035 §5.1), `\DDD` and `\X` escapes included.
 * @param form origin of relative names, or all of the form
 * @returns a name with memory of its own
 * @throws NameError
 */
export function parseName(text: string, form?: Name | NameForm): Name {
  const whole = form instanceof Uint8Array ? { origin: form } : (form ?? masterFileForm);
  return scratch.slice(0, writeName(scratch, 0, text, whole));
}

/**
 * Writes the wire form of a name's text at `offset`.
 * @param out with at least 256 octets from `offset` on
 * @returns the offset after the name
 * @throws NameError; octets from `offset` on are undefined then
 */
export function writeName(out: Uint8Array, offset: number, text: string, form: NameForm): number {
  const size = text.length;
  if (size === 0) throw new NameError("NameEmpty", "Domain name is empty");
  if (text === ".") {
    out[offset] = 0;
    return offset + 1;
  }
  if (text === "@" && form.origin) {
    out.set(form.origin, offset);
    return offset + form.origin.length;
  }
  const limit = offset + nameSizeMax;
  let lengthAt = offset;
  let at = offset + 1;
  for (let i = 0; i < size; i++) {
    let octet = text.charCodeAt(i);
    if (octet === 0x2e) {
      closeLabel(out, lengthAt, at, text);
      lengthAt = at++;
      if (at > limit) throw nameTooLong(text);
      continue;
    }
    if (octet === 0x5c) {
      const escape = readEscape(text, i, form.escapeRadix ?? 10);
      octet = escape & 255;
      i += escape >> 8;
    } else if (octet <= 0x20 || octet >= 0x7f) {
      if (!form.rawOctets || octet < 0x80 || octet > 255) throw unsupportedCharacter(text, i);
    }
    if (at >= limit) throw nameTooLong(text);
    out[at++] = octet;
  }
  if (at === lengthAt + 1) {
    // The text ended in a dot.
    out[lengthAt] = 0;
    return at;
  }
  closeLabel(out, lengthAt, at, text);
  const origin = form.origin ?? rootName;
  if (at + origin.length > limit) throw nameTooLong(text);
  out.set(origin, at);
  return at + origin.length;
}

function closeLabel(out: Uint8Array, lengthAt: number, end: number, text: string): void {
  const size = end - lengthAt - 1;
  if (size === 0) throw new NameError("LabelEmpty", "Domain label is empty", text);
  if (size > labelSizeMax) {
    const message = `Domain label is too long: ${size} octets, limit ${labelSizeMax}`;
    throw new NameError("LabelTooLong", message, text);
  }
  out[lengthAt] = size;
}

/**
 * Reads the escape whose backslash is at `index`.
 * @returns the octet, plus 256 × the characters after the backslash
 * @throws NameError BadEscape
 */
export function readEscape(text: string, index: number, radix: 8 | 10): number {
  const first = text.charCodeAt(index + 1);
  if (first >= 0x30 && first <= 0x39) {
    const octet =
      digit(text, index + 1, radix) * radix * radix +
      digit(text, index + 2, radix) * radix +
      digit(text, index + 3, radix);
    if (octet <= 255) return octet + 3 * 256;
  } else if (first >= 0x20 && first < 0x7f) {
    return first + 256;
  }
  const value = text.slice(index, index + 4);
  const range = radix === 8 ? "000–377, octal" : "000–255";
  throw new NameError("BadEscape", `Bad escape: ${value}, three digits ${range}`, value);
}

function digit(text: string, index: number, radix: number): number {
  const value = text.charCodeAt(index) - 0x30;
  return value >= 0 && value < radix ? value : NaN;
}

function nameTooLong(text: string): NameError {
  const message = `Domain name is too long: limit ${nameSizeMax} octets`;
  return new NameError("NameTooLong", message, text);
}

function unsupportedCharacter(text: string, index: number): NameError {
  const message = "Value contains unsupported characters";
  const character = String.fromCodePoint(text.codePointAt(index) ?? 0);
  return new NameError("UnsupportedCharacter", message, character);
}

const decimalOctets = octetTexts((octet) => {
  const character = String.fromCharCode(octet);
  if (/[A-Za-z0-9_*/-]/.test(character)) return character;
  if ('."();@$'.includes(character)) return `\\${character}`;
  // Knot reads no other punctuation in names, BIND takes \[ for something else, NSD \\. too.
  return `\\${String(octet).padStart(3, "0")}`;
});
const octalOctets = octetTexts((octet) => {
  const character = String.fromCharCode(octet);
  if (/[A-Za-z0-9_-]/.test(character)) return character;
  return `\\${octet.toString(8).padStart(3, "0")}`;
});

function octetTexts(textOf: (octet: number) => string): readonly string[] {
  return Array.from({ length: 256 }, (_, octet) => textOf(octet));
}

/**
 * The text of a name, with its trailing dot.
 * @param escapeRadix 10: master-file form, special characters as `\X`, all others but letters,
 *   digits, `-`, `_`, `*` and `/` as decimal `\DDD` (RFC 4343 §2.1). 8: all but letters, digits,
 *   `-` and `_` as octal `\DDD` (Route 53).
 */
export function formatName(name: Name, escapeRadix: 8 | 10 = 10): string {
  return formatNameAt(name, 0, escapeRadix);
}

/** The text of the uncompressed name that begins at `offset`. */
export function formatNameAt(octets: Uint8Array, offset: number, escapeRadix: 8 | 10): string {
  const texts = escapeRadix === 8 ? octalOctets : decimalOctets;
  let at = offset;
  let size = octets[at++] as number;
  if (size === 0) return ".";
  let text = "";
  while (size > 0) {
    for (const end = at + size; at < end; at++) text += texts[octets[at] as number];
    text += ".";
    size = octets[at++] as number;
  }
  return text;
}

/**
 * Checks that an uncompressed name lies at `offset` and ends within `end`.
 * @returns the offset after it
 * @throws NameError Truncated, BadLabelType or NameTooLong
 */
export function skipName(octets: Uint8Array, offset: number, end = octets.length): number {
  let at = offset;
  while (at < end) {
    const size = octets[at] as number;
    if (size > labelSizeMax) throw new NameError("BadLabelType", `Bad label type: ${size}`);
    at += size + 1;
    if (at - offset > nameSizeMax) throw nameTooLong("");
    if (size === 0) return at;
  }
  throw new NameError("Truncated", "Domain name is truncated");
}

/**
 * Reads the name at `offset` of a packet, following compression pointers (RFC 1035 §4.1.4).
 * Each pointer must lead to before the part it is read from, so that none can loop, and there are
 * no more of them than a name has labels: a message of nothing but pointers is refused quickly.
 * @returns the name, with memory of its own, and the offset after its form in the packet
 * @throws NameError Truncated, BadPointer, BadLabelType or NameTooLong
 */
export function readName(packet: Uint8Array, offset: number): { name: Name; end: number } {
  let size = 0;
  let at = offset;
  let partStart = offset;
  let end = -1;
  let pointerCount = 0;
  for (;;) {
    if (at >= packet.length) throw new NameError("Truncated", "Domain name is truncated");
    const length = packet[at] as number;
    if (length >= 0xc0) {
      if (at + 1 >= packet.length) throw new NameError("Truncated", "Domain name is truncated");
      const target = ((length & 0x3f) << 8) | (packet[at + 1] as number);
      if (target >= partStart) throw new NameError("BadPointer", "Compression pointer not back");
      if (++pointerCount > labelCountMax) throw new NameError("BadPointer", "Too many pointers");
      if (end < 0) end = at + 2;
      partStart = at = target;
      continue;
    }
    if (length > labelSizeMax) throw new NameError("BadLabelType", `Bad label type: ${length}`);
    const next = at + 1 + length;
    if (next > packet.length) throw new NameError("Truncated", "Domain name is truncated");
    if (size + 1 + length > nameSizeMax) throw nameTooLong("");
    for (; at < next; at++) scratch[size++] = packet[at] as number;
    if (length === 0) return { name: scratch.slice(0, size), end: end < 0 ? at : end };
  }
}

function lowerOctet(octet: number): number {
  return octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet;
}

/** A copy with the letters A–Z in lower case (RFC 4343 §3). */
export function lowerName(name: Name): Name {
  // Length octets are at most 63 and so never taken for a letter.
  return name.map(lowerOctet);
}

/** Equal but for the case of letters (RFC 4343 §3). */
export function equalNames(a: Name, b: Name): boolean {
  return a.length === b.length && equalTail(a, b, 0);
}

function equalTail(a: Name, b: Name, aStart: number): boolean {
  for (let i = 0; i < b.length; i++) {
    const x = a[aStart + i] as number;
    const y = b[i] as number;
    if (x !== y && lowerOctet(x) !== lowerOctet(y)) return false;
  }
  return true;
}

const aLabels = new Uint8Array(labelCountMax + 1);
const bLabels = new Uint8Array(labelCountMax + 1);

/**
 * Canonical order (RFC 4034 §6.1): by labels from the root, letters in lower case.
 * @returns below 0, 0 or above 0
 */
export function compareNames(a: Name, b: Name): number {
  let aIndex = labelOffsets(a, aLabels);
  let bIndex = labelOffsets(b, bLabels);
  while (aIndex > 0 && bIndex > 0) {
    const order = compareLabels(a, aLabels[--aIndex] as number, b, bLabels[--bIndex] as number);
    if (order !== 0) return order;
  }
  return aIndex - bIndex;
}

function labelOffsets(name: Name, offsets: Uint8Array): number {
  let count = 0;
  for (let at = 0; name[at] !== 0; at += (name[at] as number) + 1) offsets[count++] = at;
  return count;
}

function compareLabels(a: Name, aAt: number, b: Name, bAt: number): number {
  const aSize = a[aAt] as number;
  const bSize = b[bAt] as number;
  const size = Math.min(aSize, bSize);
  for (let i = 1; i <= size; i++) {
    const order = lowerOctet(a[aAt + i] as number) - lowerOctet(b[bAt + i] as number);
    if (order !== 0) return order;
  }
  return aSize - bSize;
}

/** Whether `name` is `ancestor` or below it. */
export function isSubdomain(name: Name, ancestor: Name): boolean {
  const start = name.length - ancestor.length;
  if (start < 0) return false;
  let at = 0;
  while (at < start) at += (name[at] as number) + 1;
  return at === start && equalTail(name, ancestor, start);
}

/** The name without its first label, a view of the same memory; `undefined` for the root. */
export function parentOf(name: Name): Name | undefined {
  const size = name[0] as number;
  return size === 0 ? undefined : name.subarray(size + 1);
}

/** Labels, the root's not counted: 0–127. */
export function labelCount(name: Name): number {
  let count = 0;
  for (let at = 0; name[at] !== 0; at += (name[at] as number) + 1) count++;
  return count;
}

/** The labels from left to right without their lengths and without the root's: views of `name`. */
export function labelsOf(name: Name): Uint8Array[] {
  const labels: Uint8Array[] = [];
  for (let at = 0; name[at] !== 0; at += (name[at] as number) + 1) {
    labels.push(name.subarray(at + 1, at + 1 + (name[at] as number)));
  }
  return labels;
}

/** Whether the first label is `*` (RFC 4592 §2.1.1). */
export function isWildcard(name: Name): boolean {
  return name[0] === 1 && name[1] === 0x2a;
}
