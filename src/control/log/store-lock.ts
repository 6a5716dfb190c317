import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/**
 * Takes the data directory for this process. The lock is SQLite's own on an empty file: the
 * system drops it with the process, however that ends, so it never goes stale.
 * @returns what releases it
 * @throws where another process has it, naming that process
 */
export function lockDataDir(dataDir: string): () => void {
  const pidPath = join(dataDir, "signpost.pid");
  const db = new DatabaseSync(join(dataDir, "signpost.lock"));
  try {
    db.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (error) {
    db.close();
    if (!/locked|busy/i.test((error as Error).message)) throw error;
    const text = `Cannot open ${dataDir}: it is in use by another Signpost${holder(pidPath)}`;
    throw new Error(text, { cause: error });
  }
  try {
    writeFileSync(pidPath, `${process.pid}\n`);
  } catch {
    // Only for the message above; a full disk must not keep the server from answering.
  }
  return () => db.close();
}

function holder(pidPath: string): string {
  try {
    return ` (process ${readFileSync(pidPath, "utf8").trim()})`;
  } catch {
    return "";
  }
}
