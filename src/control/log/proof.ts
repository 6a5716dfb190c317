import { closeSync, openSync, readFileSync, readSync, statSync, writeFileSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { crc32 } from "node:zlib";
import { schemaVersion } from "../state/schema.ts";
import { verifyLog } from "./verify-log.ts";
import { verifyTables } from "./verify-tables.ts";

/**
 * Which octets of the database file have passed every check. It says nothing of time: a file that
 * still has these octets, and no write-ahead log beside it, would pass again.
 */
type Proof = { schema: number; checks: number; size: number; crc: number };

/** To be raised when a check is added, so that files are checked by it once. */
const checksVersion = 1;
const chunkSize = 1 << 20;

/** Whether the checks of the database can be left out: it is what passed them. */
export function isProven(path: string): boolean {
  if (sizeOf(`${path}-wal`) > 0) return false;
  try {
    const proof = readFileSync(proofPath(path), "utf8");
    const { size } = JSON.parse(proof) as Proof;
    return size === sizeOf(path) && proof === JSON.stringify(proofOf(path));
  } catch {
    return false;
  }
}

/**
 * Checks a database whose write-ahead log has just been emptied, unless it is proven already.
 * @returns whether `writeProof` may follow once all is closed
 */
export function provable(db: DatabaseSync, path: string): boolean {
  if (isProven(path)) return true;
  const log = verifyLog(db);
  return log.damaged.size === 0 && verifyTables(db, log).findings.length === 0;
}

/** Notes what the file holds. Where that fails, the next start checks. */
export function writeProof(path: string): void {
  if (sizeOf(`${path}-wal`) > 0 || isProven(path)) return;
  try {
    // No need to sync it or to write it whole: what is not the file's exact proof proves nothing.
    writeFileSync(proofPath(path), JSON.stringify(proofOf(path)), { mode: 0o600 });
  } catch {
    // A full disk, say.
  }
}

function proofOf(path: string): Proof {
  const chunk = new Uint8Array(chunkSize);
  const file = openSync(path, "r");
  try {
    let size = 0;
    let crc = 0;
    for (;;) {
      const count = readSync(file, chunk, 0, chunkSize, size);
      if (count === 0) return { schema: schemaVersion, checks: checksVersion, size, crc };
      crc = crc32(chunk.subarray(0, count), crc);
      size += count;
    }
  } finally {
    closeSync(file);
  }
}

function proofPath(path: string): string {
  return `${path}-proof`;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
