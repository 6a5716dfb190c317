/**
 * Counters that many threads count in and one reads.
 *
 * Each worker has a block of its own in shared memory and is the only one that writes there, so
 * counting is a plain `block[index]++`. Float64 is exact up to 2^53 and is read and written whole.
 */
export type CounterDefinition = {
  name: string;
  help: string;
  /** One label text a series, such as `rcode="NOERROR"`; a counter without labels has one, "". */
  series: readonly string[];
};

export type CounterSet<Key extends string> = {
  definitions: Readonly<Record<Key, CounterDefinition>>;
  /** Index of the first series of each counter; the others follow it. */
  index: Readonly<Record<Key, number>>;
  /** Slots of a block. */
  size: number;
};

export type CounterBlock = Float64Array<SharedArrayBuffer>;

export function defineCounters<Key extends string>(
  definitions: Record<Key, CounterDefinition>,
): CounterSet<Key> {
  const index = {} as Record<Key, number>;
  let size = 0;
  for (const key of Object.keys(definitions) as Key[]) {
    index[key] = size;
    size += definitions[key].series.length;
  }
  return { definitions, index, size };
}

/** The label texts of one label, in the order of its values. */
export function labelSeries(label: string, values: readonly string[]): string[] {
  return values.map((value) => `${label}="${value}"`);
}

export function createCounterBlock(set: CounterSet<string>): CounterBlock {
  return new Float64Array(new SharedArrayBuffer(set.size * Float64Array.BYTES_PER_ELEMENT));
}

/** One series summed over blocks. */
export function sumCounter(blocks: readonly CounterBlock[], index: number): number {
  let sum = 0;
  for (const block of blocks) sum += block[index] ?? 0;
  return sum;
}
