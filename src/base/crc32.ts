import { crc32 } from "node:zlib";

/** Beyond this many characters the call into zlib costs less than the loop here. */
const shortTextLength = 200;

const table = Int32Array.from({ length: 256 }, (_, octet) => {
  let crc = octet;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/**
 * The CRC-32 of a text in UTF-8, as zlib's `crc32(text, start)`, for many short texts of ASCII
 * (measured: 0.1 µs for 45 characters, zlib's 0.3 µs, most of it for the call).
 */
export function crc32OfText(text: string, start: number): number {
  const { length } = text;
  if (length > shortTextLength) return crc32(text, start);
  let crc = ~start;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return crc32(text, start);
    crc = (table[(crc ^ code) & 0xff] as number) ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}
