import { mmdbVisitsPerNodeMax } from "../../base/limits.ts";
import { prefixHolds } from "../places/special-purpose.ts";
import type { Prefix } from "../places/special-purpose.ts";
import { mmdbRecord } from "./mmdb-file.ts";
import type { MmdbFile } from "./mmdb-file.ts";
import { MmdbError } from "./mmdb-error.ts";

/** What is told of each leaf: the first address of its network (as in a `Prefix`), and its record. */
export type LeafVisitor = (high: number, low: number, record: number) => void;

export type WalkOptions = {
  /** The network to walk. */
  readonly within: Prefix;
  /** Bits of an address that are looked at; longer networks are told as one of that length. */
  readonly depthMax: number;
  /** Networks told as having no data, whatever the tree says. */
  readonly blank: readonly Prefix[];
};

/** Visits that parting leaves around blank networks may take besides. */
const blankVisitsMax = 10_000;

/**
 * Visits the leaves under the record `root`, which stands for `options.within`, in order of address
 * and without a gap. A record of `nodeCount` means no data.
 * @throws MmdbError if the tree goes on below a whole address, or leads to itself
 */
export function walkTree(
  file: MmdbFile,
  root: number,
  options: WalkOptions,
  visit: LeafVisitor,
): void {
  const { within, depthMax } = options;
  const blanks = new BlankPrefixes(options.blank);
  const records = new Float64Array(depthMax + 2);
  const depths = new Uint8Array(depthMax + 2);
  const highs = new Uint32Array(depthMax + 2);
  const lows = new Uint32Array(depthMax + 2);
  records[0] = root;
  depths[0] = within.length;
  highs[0] = within.high;
  lows[0] = within.low;
  let stackSize = 1;
  let visits = 0;
  const visitsMax = file.nodeCount * mmdbVisitsPerNodeMax + blankVisitsMax;
  while (stackSize > 0) {
    stackSize--;
    if (++visits > visitsMax) throw new MmdbError("its tree leads to itself: damaged");
    const record = records[stackSize] as number;
    const depth = depths[stackSize] as number;
    const high = highs[stackSize] as number;
    const low = lows[stackSize] as number;
    if (blanks.has(depth, high, low)) {
      visit(high, low, file.nodeCount);
      continue;
    }
    const isNode = record < file.nodeCount;
    if (!isNode && !blanks.liesIn(depth, high, low)) {
      visit(high, low, record);
      continue;
    }
    if (depth === depthMax) {
      visit(high, low, leafBelow(file, record, depth));
      continue;
    }
    // A leaf around a blank network is parted as if it were a node that leads to itself.
    records[stackSize] = isNode ? mmdbRecord(file, record, 1) : record;
    highs[stackSize] = depth < 32 ? (high | (1 << (31 - depth))) >>> 0 : high;
    lows[stackSize] = depth < 32 ? low : (low | (1 << (63 - depth))) >>> 0;
    depths[stackSize] = depth + 1;
    stackSize++;
    records[stackSize] = isNode ? mmdbRecord(file, record, 0) : record;
    highs[stackSize] = high;
    lows[stackSize] = low;
    depths[stackSize] = depth + 1;
    stackSize++;
  }
}

/** The record that a path of bits leads to from the root; a leaf on the way stands for all below. */
export function recordAt(file: MmdbFile, bits: readonly number[]): number {
  let record = 0;
  for (const bit of bits) {
    if (record >= file.nodeCount) break;
    record = mmdbRecord(file, record, bit);
  }
  return record;
}

/** The first leaf with data below a node at depth 64, the whole of which is told as one network. */
function leafBelow(file: MmdbFile, node: number, depth: number): number {
  let record = node;
  for (let bits = depth; record < file.nodeCount; bits++) {
    if (bits === 128 || depth === 32) {
      throw new MmdbError("its tree goes on below whole addresses: damaged");
    }
    const left = mmdbRecord(file, record, 0);
    record = left === file.nodeCount ? mmdbRecord(file, record, 1) : left;
  }
  return record;
}

class BlankPrefixes {
  readonly #all: readonly Prefix[];
  readonly #byLength: (readonly Prefix[] | undefined)[] = [];
  readonly #lengthMax: number;

  constructor(prefixes: readonly Prefix[]) {
    this.#all = prefixes;
    this.#lengthMax = Math.max(0, ...prefixes.map(({ length }) => length));
    for (let length = 0; length <= 64; length++) {
      const some = prefixes.filter((prefix) => prefix.length === length);
      this.#byLength.push(some.length > 0 ? some : undefined);
    }
  }

  /** Whether this very network is to be blank. */
  has(depth: number, high: number, low: number): boolean {
    const candidates = this.#byLength[depth];
    if (candidates === undefined) return false;
    for (let i = 0; i < candidates.length; i++) {
      if (prefixHolds(candidates[i] as Prefix, high, low)) return true;
    }
    return false;
  }

  /** Whether a blank network lies inside this one. */
  liesIn(depth: number, high: number, low: number): boolean {
    if (depth >= this.#lengthMax) return false;
    for (let i = 0; i < this.#all.length; i++) {
      const blank = this.#all[i] as Prefix;
      if (blank.length > depth && sameUpTo(depth, blank, high, low)) return true;
    }
    return false;
  }
}

function sameUpTo(length: number, prefix: Prefix, high: number, low: number): boolean {
  if (length <= 32) return length === 0 || (prefix.high ^ high) >>> (32 - length) === 0;
  return prefix.high === high && (prefix.low ^ low) >>> (64 - length) === 0;
}
