/** Where a packed table is written to: octets, growing. */
export class OctetWriter {
  #octets = new Uint8Array(1 << 20);
  #size = 0;

  /** A whole number from 0 to 2^35, 7 bits to an octet, lowest first; all but the last have bit 7. */
  varint(value: number): void {
    this.#reserve(5);
    let rest = value;
    while (rest > 127) {
      this.#octets[this.#size++] = (rest & 127) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#octets[this.#size++] = rest;
  }

  /** The numbers of a column, each little-endian. */
  column(column: Uint8Array | Uint16Array | Int16Array | Uint32Array): void {
    this.#reserve(column.byteLength);
    const octets = new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
    this.#octets.set(octets, this.#size);
    const written = this.#octets.subarray(this.#size, this.#size + octets.length);
    swapOnBigEndian(written, column.BYTES_PER_ELEMENT);
    this.#size += octets.length;
  }

  /** What was written so far, until something is written again. */
  written(): Uint8Array {
    return this.#octets.subarray(0, this.#size);
  }

  #reserve(size: number): void {
    if (this.#size + size <= this.#octets.length) return;
    const larger = new Uint8Array(Math.max(this.#octets.length * 2, this.#size + size));
    larger.set(this.written());
    this.#octets = larger;
  }
}

/** Reads what an OctetWriter wrote. Past the end it reads zeros, which a checksum must rule out. */
export class OctetReader {
  readonly #octets: Uint8Array;
  #at = 0;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  varint(): number {
    const first = this.#octets[this.#at++] as number;
    if (first < 128) return first;
    const second = this.#octets[this.#at++] as number;
    if (second < 128) return (first & 127) | (second << 7);
    const third = this.#octets[this.#at++] as number;
    const lower = (first & 127) | ((second & 127) << 7) | ((third & 127) << 14);
    return third < 128 ? lower : this.#longVarint(lower);
  }

  #longVarint(lower: number): number {
    let value = lower;
    let weight = 2 ** 21;
    for (;;) {
      const next = this.#octets[this.#at++] ?? 0;
      value += (next & 127) * weight;
      if (next < 128) return value;
      weight *= 128;
    }
  }

  /** Fills `column`. */
  column(column: Uint8Array | Uint16Array | Int16Array | Uint32Array): void {
    const octets = new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
    octets.set(this.#octets.subarray(this.#at, this.#at + octets.length));
    swapOnBigEndian(octets, column.BYTES_PER_ELEMENT);
    this.#at += octets.length;
  }
}

const isBigEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 0;

function swapOnBigEndian(octets: Uint8Array, width: number): void {
  if (!isBigEndian || width === 1) return;
  const buffer = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  if (width === 2) buffer.swap16();
  else buffer.swap32();
}
