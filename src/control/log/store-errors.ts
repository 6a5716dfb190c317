import { StoreError, StoreFullError } from "./change-log.ts";

/** SQLite result codes (https://sqlite.org/rescode.html); the low octet is the primary code. */
const sqliteFull = 13;
const sqliteIoError = 10;
const sqliteCorrupt = 11;
const sqliteNotADatabase = 26;

const fullCodes = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** What the store tells its callers about an error of SQLite or of a file. */
export function storeErrorOf(error: unknown, dataDir: string): StoreError {
  if (error instanceof StoreError) return error;
  const { code, errcode, message } = error as { code?: string; errcode?: number; message: string };
  const primary = (errcode ?? 0) & 255;
  if (primary === sqliteFull || fullCodes.has(code ?? "")) {
    return new StoreFullError(
      `Cannot append change: no space left on the data disk, free some in ${dataDir}`,
      { cause: error },
    );
  }
  if (primary === sqliteIoError || code === "EIO") {
    const text = `Cannot append change: the data disk failed (${message}), see ${dataDir}`;
    return new StoreError(text, { cause: error });
  }
  return new StoreError(`Cannot append change: ${message}`, { cause: error });
}

/** Whether SQLite says that the file itself is damaged. */
export function isCorruption(error: unknown): boolean {
  const primary = ((error as { errcode?: number }).errcode ?? 0) & 255;
  return primary === sqliteCorrupt || primary === sqliteNotADatabase;
}
