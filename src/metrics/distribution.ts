import { distributionBinCountMax } from "../base/limits.ts";

/**
 * How often each value was seen, in bounded room: exact up to `distributionBinCountMax` different
 * values; beyond that neighbours share a bin, and bins grow until there are few enough again.
 * What is kept depends on the values alone, not on their order or on how they were merged.
 *
 * Level 0: a bin's key is its value. Level n: a bin holds the values of one sign whose size is in
 * (g^(i-1), g^i], g = 1.01^(2^(n-1)); its key is i + 2^17, with the sign of the values, and 0 for
 * the value 0. (After Epicoco et al., "UDDSketch", 2020.)
 */
export class Distribution {
  #level = 0;
  #counts = new Map<number, number>();

  static of(values: readonly number[], counts?: readonly number[]): Distribution {
    const distribution = new Distribution();
    values.forEach((value, i) => distribution.add(value, counts?.[i] ?? 1));
    return distribution;
  }

  /** @throws RangeError where the octets are no distribution */
  static decode(bytes: Uint8Array): Distribution {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const level = bytes.byteLength > 0 ? view.getUint8(0) : levelMax + 1;
    if (level > levelMax || bytes.byteLength % 16 !== 1) throw new RangeError("no distribution");
    const distribution = new Distribution();
    distribution.#level = level;
    for (let at = 1; at < bytes.byteLength; at += 16) {
      distribution.#counts.set(view.getFloat64(at), view.getFloat64(at + 8));
    }
    return distribution;
  }

  /** Level (1 octet), then key and count of each bin (Float64, big-endian). */
  encode(): Uint8Array {
    const bytes = new Uint8Array(1 + this.#counts.size * 16);
    const view = new DataView(bytes.buffer);
    view.setUint8(0, this.#level);
    let at = 1;
    for (const [key, count] of this.#counts) {
      view.setFloat64(at, key);
      view.setFloat64(at + 8, count);
      at += 16;
    }
    return bytes;
  }

  add(value: number, count: number): void {
    this.#addToBin(keyOf(value, this.#level), count);
    this.#shrink();
  }

  merge(other: Distribution): void {
    while (this.#level < other.#level) this.#coarsen();
    for (const [otherKey, count] of other.#counts) {
      let key = otherKey;
      for (let level = other.#level; level < this.#level; level++) key = coarserKey(key, level);
      this.#addToBin(key, count);
    }
    this.#shrink();
  }

  copy(): Distribution {
    const copy = new Distribution();
    copy.#level = this.#level;
    copy.#counts = new Map(this.#counts);
    return copy;
  }

  /** Whether every value is kept as it was. */
  get isExact(): boolean {
    return this.#level === 0;
  }

  /** Values and how often each was seen, ascending; of a shared bin its middle. */
  bins(): { value: number; count: number }[] {
    return [...this.#counts]
      .map(([key, count]) => ({ value: valueOf(key, this.#level), count }))
      .toSorted((a, b) => a.value - b.value);
  }

  #addToBin(key: number, count: number): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + count);
  }

  #shrink(): void {
    while (this.#counts.size > distributionBinCountMax && this.#level < levelMax) this.#coarsen();
  }

  #coarsen(): void {
    const counts = this.#counts;
    this.#counts = new Map();
    for (const [key, count] of counts) this.#addToBin(coarserKey(key, this.#level), count);
    this.#level++;
  }
}

const growth = 1.01;
/** Above every power of `growth` that a double has (±74,800), so that keys keep their sign. */
const keyOffset = 2 ** 17;
/** At the last level one bin of each sign is left. */
const levelMax = 19;

function keyOf(value: number, level: number): number {
  // One zero: -0 would be another key.
  let key = value === 0 ? 0 : value;
  for (let from = 0; from < level; from++) key = coarserKey(key, from);
  return key;
}

function coarserKey(key: number, level: number): number {
  if (key === 0) return 0;
  const size = Math.abs(key);
  const power =
    level === 0 ? Math.ceil(Math.log(size) / Math.log(growth)) : Math.ceil((size - keyOffset) / 2);
  return Math.sign(key) * (power + keyOffset);
}

function valueOf(key: number, level: number): number {
  if (level === 0 || key === 0) return key;
  // The value whose relative distance to both ends of the bin is the same, by logarithms.
  const width = Math.log(growth) * 2 ** (level - 1);
  const upper = width * (Math.abs(key) - keyOffset);
  const both = width > 700 ? width : Math.log1p(Math.exp(width));
  const middle = Math.exp(Math.LN2 + upper - both);
  return Math.sign(key) * Math.min(middle, Number.MAX_VALUE);
}
