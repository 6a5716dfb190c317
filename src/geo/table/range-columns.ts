import { locationRangeCountMax } from "../../base/limits.ts";
import { MmdbError } from "../mmdb/mmdb-error.ts";

/** The ranges of one address family while a table is made: in order, without gaps, growing. */
export class RangeColumns {
  /** First address of each range, as in a `Prefix`. */
  highs = new Uint32Array(1 << 16);
  lows = new Uint32Array(1 << 16);
  ids = new Uint32Array(1 << 16);
  count = 0;

  /** Adds what begins at an address above all before; joined to the last range if it has its id. */
  append(high: number, low: number, id: number): void {
    if (this.count > 0 && this.ids[this.count - 1] === id) return;
    if (this.count === this.ids.length) this.#grow();
    this.highs[this.count] = high;
    this.lows[this.count] = low;
    this.ids[this.count] = id;
    this.count++;
  }

  /** Whether any address has a place. */
  get hasPlaces(): boolean {
    return this.count > 1 || (this.count === 1 && this.ids[0] !== 0);
  }

  #grow(): void {
    if (this.count >= locationRangeCountMax) {
      throw new MmdbError(`more than ${locationRangeCountMax} ranges`);
    }
    this.highs = doubled(this.highs);
    this.lows = doubled(this.lows);
    this.ids = doubled(this.ids);
  }
}

function doubled(column: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(column.length * 2);
  larger.set(column);
  return larger;
}
