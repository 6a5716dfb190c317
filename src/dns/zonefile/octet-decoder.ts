const pieceSize = 8_192;

/** Turns octets into text of which each character stands for one octet (0x00–0xFF). */
export class OctetDecoder {
  readonly #ascii = new TextDecoder();
  readonly #encoder = new TextEncoder();
  /** The first half of a surrogate pair whose other half is in the next piece. */
  #highSurrogate = "";

  /** Takes octets, or text that stands for its UTF-8 octets. */
  decode(chunk: Uint8Array | string): string {
    if (typeof chunk !== "string") return this.#decodeOctets(chunk);
    let text = this.#highSurrogate + chunk;
    this.#highSurrogate = "";
    const last = text.charCodeAt(text.length - 1);
    if (last >= 0xd800 && last < 0xdc00) {
      this.#highSurrogate = text.slice(-1);
      text = text.slice(0, -1);
    }
    return this.#decodeOctets(this.#encoder.encode(text));
  }

  #decodeOctets(octets: Uint8Array): string {
    // TextDecoder is many times faster, but has no encoding that keeps all 256 octets apart.
    if (isAscii(octets)) return this.#ascii.decode(octets);
    let text = "";
    for (let at = 0; at < octets.length; at += pieceSize) {
      text += String.fromCharCode(...octets.subarray(at, at + pieceSize));
    }
    return text;
  }
}

function isAscii(octets: Uint8Array): boolean {
  let all = 0;
  for (let i = 0; i < octets.length; i++) all |= octets[i] as number;
  return all < 0x80;
}
