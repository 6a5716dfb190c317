import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { mmdbSizeMax } from "../base/limits.ts";
import { MmdbError } from "./mmdb/mmdb-error.ts";

/** What tells one state of a file from another. */
export type FileState = { readonly path: string; readonly size: number; readonly mtimeMs: number };

/** The state that a file is in now; rejects where there is none. */
export async function fileState(path: string): Promise<FileState> {
  return stateOf(path, await stat(path));
}

function stateOf(path: string, { size, mtimeMs }: Stats): FileState {
  return { path, size, mtimeMs };
}

export function sameStates(a: readonly FileState[], b: readonly FileState[]): boolean {
  return (
    a.length === b.length &&
    a.every((state, i) => {
      const other = b[i] as FileState;
      const { path, size, mtimeMs } = other;
      return state.path === path && state.size === size && state.mtimeMs === mtimeMs;
    })
  );
}

/**
 * A whole file and the state it was read in. One that is replaced meanwhile is read as it was.
 * @throws MmdbError if it cannot be read, is too large, or changes while it is read
 */
export function readLocationFile(path: string): { octets: Uint8Array; state: FileState } {
  try {
    return readWhole(path);
  } catch (error) {
    throw new MmdbError(`Cannot use location file ${path}: ${(error as Error).message}`);
  }
}

function readWhole(path: string): { octets: Uint8Array; state: FileState } {
  const file = openSync(path, "r");
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw new MmdbError("not a file");
    const state = stateOf(path, stats);
    if (state.size > mmdbSizeMax) {
      throw new MmdbError(`${state.size} octets, limit ${mmdbSizeMax}`);
    }
    const octets = new Uint8Array(state.size);
    let at = 0;
    for (let read = 1; read > 0 && at < octets.length; at += read) {
      read = readSync(file, octets, at, octets.length - at, at);
    }
    if (at < octets.length || !sameStates([state], [stateOf(path, fstatSync(file))])) {
      throw new MmdbError("it changed while it was read");
    }
    return { octets, state };
  } finally {
    closeSync(file);
  }
}
