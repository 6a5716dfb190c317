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
    let value = 0;
    let weight = 1;
    for (;;) {
      const octet = this.#octets[this.#at++] ?? 0;
      value += (octet & 127) * weight;
      if (octet < 128) return value;
      weight *= 128;
    }
  }

  /**
   * Fills a part of a column with the sums of steps from 0 (packed-table.ts): 2d/u for a multiple of
   * the unit u, else 2d + 1. (Measured: a call for each made a table load a quarter slower.)
   */
  steps(column: Uint32Array, from: number, to: number, unit: number): void {
    const octets = this.#octets;
    let at = this.#at;
    let sum = 0;
    for (let i = from; i < to; i++) {
      let value = octets[at++] as number;
      if (value >= 128) {
        value = (value & 127) | ((octets[at++] as number) << 7);
        if (value >= 128 * 128) {
          value = (value & 0x3fff) | ((octets[at++] as number) << 14);
          if (value >= 128 * 128 * 128) {
            this.#at = at - 3;
            value = this.varint();
            at = this.#at;
          }
        }
      }
      // Only what took four octets or more may need more than 31 bits.
      if (value > 0x7fff_ffff) sum += value % 2 === 0 ? (value / 2) * unit : (value - 1) / 2;
      else sum += (value & 1) === 0 ? (value >> 1) * unit : value >> 1;
      column[i] = sum;
    }
    this.#at = at;
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
