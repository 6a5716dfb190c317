import { documentDepthMax, documentValueCountMax } from "../../base/limits.ts";

/** The octets are not JSON (RFC 8259), or more of it than a request may hold. */
export class JsonSyntaxError extends Error {
  override readonly name = "JsonSyntaxError";
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * The value that `bytes` encode; nothing at all stands for an empty object.
 * @throws JsonSyntaxError
 */
export function readJson(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return {};
  checkSize(bytes);
  try {
    return JSON.parse(utf8.decode(bytes)) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) {
      throw new JsonSyntaxError("Not JSON in UTF-8");
    }
    throw error;
  }
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openers = [0x5b, 0x7b];
const closers = [0x5d, 0x7d];

/** Counts values and depth before they are made: 4 MiB of `[` would become 200 MiB of arrays. */
function checkSize(bytes: Uint8Array): void {
  let depth = 0;
  let count = 1;
  let inText = false;
  for (let i = 0; i < bytes.length; i++) {
    const octet = bytes[i] ?? 0;
    if (octet === quote) inText = !inText;
    else if (inText) {
      if (octet === backslash) i++;
    } else if (octet === comma) count++;
    else if (openers.includes(octet)) {
      depth++;
      count++;
    } else if (closers.includes(octet)) depth--;
    if (depth > documentDepthMax) throw new JsonSyntaxError("Nested too deeply");
    if (count > documentValueCountMax) throw new JsonSyntaxError("Too many values");
  }
}
