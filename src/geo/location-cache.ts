/**
 * A compiled table of an operator's files, kept so that a start need not compile them again: one
 * line of JSON that tells the files' states, then the table, packed.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { FileState } from "./location-files.ts";
import { PackedTableError, packTable, unpackTable } from "./table/packed-table.ts";

/** Packs a city table in a second, to half more than the best would. */
const cacheQuality = 3;
const lineFeed = 10;

export type CachedTable = {
  readonly table: SharedArrayBuffer;
  /** Of the files it was made of. */
  readonly states: readonly FileState[];
};

/** The table kept in `path`; `undefined` if there is none, or none that can be used. */
export function readLocationCache(path: string): CachedTable | undefined {
  try {
    const octets = readFileSync(path);
    const head = octets.indexOf(lineFeed);
    const states = JSON.parse(octets.toString("utf8", 0, head)) as FileState[];
    return { table: unpackTable(octets.subarray(head + 1)), states };
  } catch (error) {
    const isUsual = error instanceof PackedTableError || error instanceof SyntaxError;
    if (isUsual || (error as NodeJS.ErrnoException).code !== undefined) return undefined;
    throw error;
  }
}

/** Keeps a table; whatever `path` held stays there until this one is whole. */
export async function writeLocationCache(path: string, cached: CachedTable): Promise<void> {
  const packed = await packTable(cached.table, cacheQuality);
  const partial = `${path}.partial`;
  writeFileSync(partial, `${JSON.stringify(cached.states)}\n`);
  writeFileSync(partial, packed, { flag: "a", flush: true });
  renameSync(partial, path);
}
