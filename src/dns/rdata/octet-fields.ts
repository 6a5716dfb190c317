import type { Field, RdataParser } from "./field.ts";
import { malformed } from "./field.ts";

/** Octets up to the end of the RDATA in hexadecimal, which may be split by blanks. */
export function hexField(name: string): Field {
  return {
    name,
    parse(from) {
      do writeHex(from, from.take());
      while (from.hasMore());
    },
    format(from) {
      if (from.remaining() === 0) throw malformed(`${name} is empty`);
      return formatHex(from.rest());
    },
  };
}

/** Octets up to the end of the RDATA in base64 (RFC 4648 §4), which may be split by blanks. */
export function base64Field(name: string): Field {
  return {
    name,
    parse(from) {
      let text = from.take();
      while (from.hasMore()) text += from.take();
      writeBase64(from, text);
    },
    format(from) {
      if (from.remaining() === 0) throw malformed(`${name} is empty`);
      return formatBase64(from.rest());
    },
  };
}

/**
 * Appends the octets of hexadecimal digits, two to an octet.
 * @throws RdataError BadHex or RdataTooLong
 */
export function writeHex(from: RdataParser, text: string): void {
  if (text.length === 0 || text.length % 2 === 1) throw badHex(from, text);
  from.makeRoom(text.length / 2);
  for (let i = 0; i < text.length; i += 2) {
    const octet = hexDigit(text.charCodeAt(i)) * 16 + hexDigit(text.charCodeAt(i + 1));
    if (Number.isNaN(octet)) throw badHex(from, text);
    from.u8(octet);
  }
}

function badHex(from: RdataParser, text: string): Error {
  return from.error("BadHex", "not pairs of hexadecimal digits", text);
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : NaN;
}

export function formatHex(octets: Uint8Array): string {
  let text = "";
  for (const octet of octets) text += octet.toString(16).padStart(2, "0");
  return text.toUpperCase();
}

/**
 * Appends the octets of padded base64.
 * @throws RdataError BadBase64 or RdataTooLong
 */
export function writeBase64(from: RdataParser, text: string): void {
  const wellFormed = text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
  if (!wellFormed) throw from.error("BadBase64", "not base64", text);
  const octets = atob(text);
  from.makeRoom(octets.length);
  for (let i = 0; i < octets.length; i++) from.u8(octets.charCodeAt(i));
}

export function formatBase64(octets: Uint8Array): string {
  let text = "";
  for (const octet of octets) text += String.fromCharCode(octet);
  return btoa(text);
}
