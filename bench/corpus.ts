import { closeSync, openSync, writeSync } from "node:fs";

import { seededRandom, type Random } from "../src/base/random.ts";

/** The zone of the benchmarks. */
export const benchOrigin = "bench.test.";
const linesPerWrite = 10_000;

/**
 * Writes a zone of `nameCount` addresses: `h0.bench.test.` … each with one A record, SOA and NS.
 * It has `nameCount + 3` records.
 */
export function writeBenchZone(file: string, zone: number | BenchZone): void {
  const options = typeof zone === "number" ? { nameCount: zone } : zone;
  const { nameCount, origin = benchOrigin, ttl = 300 } = options;
  writeLines(file, nameCount + 1, (line) => {
    if (line > 0) return `h${line - 1} A ${addressOf(line - 1)}\n`;
    const soa = `@ SOA ns1 hostmaster 1 7200 900 1209600 ${ttl}`;
    return `$ORIGIN ${origin}\n$TTL ${ttl}\n${soa}\n@ NS ns1\nns1 A 192.0.2.53\n`;
  });
}

export type BenchZone = {
  readonly nameCount: number;
  /** Default `benchOrigin`. */
  readonly origin?: string;
  /** Seconds, of answers and denials; default 300. */
  readonly ttl?: number;
};

/** The address of name number `index`: 10.0.0.0 upwards. */
export function addressOf(index: number): string {
  return `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
}

/** Queries for dnsperf: 85 % answers, 10 % names that do not exist, 5 % types that do not. */
export function writeBenchQueries(
  file: string,
  options: BenchZone & { readonly queryCount: number; readonly seed: number },
): void {
  const random = seededRandom(options.seed);
  writeLines(file, options.queryCount, () => `${queryLine(options, random)}\n`);
}

function queryLine({ nameCount, origin = benchOrigin }: BenchZone, random: Random): string {
  const kind = random.uint32() % 100;
  const index = random.uint32() % nameCount;
  if (kind < 85) return `h${index}.${origin} A`;
  if (kind < 95) return `x${index}.${origin} A`;
  return `h${index}.${origin} AAAA`;
}

/** Writes a file line by line, many lines at a time. */
export function writeLines(file: string, count: number, lineOf: (line: number) => string): void {
  const descriptor = openSync(file, "w");
  try {
    for (let start = 0; start < count; start += linesPerWrite) {
      const size = Math.min(linesPerWrite, count - start);
      writeSync(descriptor, Array.from({ length: size }, (_, i) => lineOf(start + i)).join(""));
    }
  } finally {
    closeSync(descriptor);
  }
}
