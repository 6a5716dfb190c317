import { closeSync, openSync, renameSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { crc32OfText } from "../../base/crc32.ts";

export const metricsFileName = "metrics.db";
const schemaVersion = 1;

/*
 * metric        what has data: its key (metric-key.ts)
 * point         values of a metric and unit, in a bucket of `resolution` seconds that begins at
 *               `at` (seconds since 1970); each value is in one row only, old rows are joined into
 *               coarser ones (retention.ts). distribution: NULL all values are the same, empty
 *               unknown, else Distribution.encode()
 * alarmState    by alarm, JSON of SavedAlarm          checkState  by health check, its state
 * alarmHistory  newest id last
 *
 * crc: textCrc() of the row's text, which is JSON that would otherwise be believed.
 */
const tables = `
CREATE TABLE metric (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, crc INTEGER NOT NULL);
CREATE TABLE point (
  metric INTEGER NOT NULL, resolution INTEGER NOT NULL, at INTEGER NOT NULL, unit INTEGER NOT NULL,
  sampleCount REAL NOT NULL, sum REAL NOT NULL, minimum REAL NOT NULL, maximum REAL NOT NULL,
  distribution BLOB, PRIMARY KEY (metric, resolution, at, unit)
) WITHOUT ROWID;
CREATE TABLE alarmState (
  name TEXT PRIMARY KEY, value TEXT NOT NULL, crc INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE checkState (id TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE alarmHistory (
  id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, name TEXT NOT NULL,
  kind TEXT NOT NULL, type TEXT NOT NULL, summary TEXT NOT NULL, data TEXT NOT NULL
);
CREATE INDEX alarmHistoryByName ON alarmHistory (name, id);
PRAGMA user_version = ${schemaVersion};
`;

/** Rows of a metric stand together: a small page is less to write for one new row. */
const pageSize = 1_024;
const cacheSizeKib = 16_384;
const checkpointPages = 8_192;

export type MetricsFileOptions = {
  path: string;
  /** The file cannot be used and was set aside, or what is wrong with it; metrics begin anew. */
  onDamage(message: string): void;
  /** Octets that the file never exceeds. */
  sizeMax: number;
};

/**
 * Opens the file of metrics. One that is damaged or of another version is renamed to
 * `metrics.db.damaged` and a new one begun: nothing in it is configuration.
 * A file that cannot be had at all is replaced by one in memory, so that the server runs.
 */
export function openMetricsFile(options: MetricsFileOptions): DatabaseSync {
  const { path, onDamage } = options;
  try {
    return openSound(options);
  } catch (error) {
    onDamage(`metrics are kept in memory only, ${path} cannot be used: ${textOf(error)}`);
    return openChecked({ ...options, path: ":memory:" });
  }
}

function openSound(options: MetricsFileOptions): DatabaseSync {
  const { path, onDamage } = options;
  try {
    return openChecked(options);
  } catch (error) {
    if (!isDamage(error)) throw error;
    onDamage(`metrics begin anew, ${path} is set aside as ${path}.damaged: ${textOf(error)}`);
    setAside(path);
    return openChecked(options);
  }
}

/** Puts the file out of the way; what was set aside before is gone. */
export function setAside(path: string): void {
  for (const suffix of ["-wal", "-shm"]) rmSync(path + suffix, { force: true });
  rmSync(`${path}.damaged`, { force: true, recursive: true });
  renameSync(path, `${path}.damaged`);
}

/** Whether SQLite says that the file is not what it should be. */
export function isDamage(error: unknown): boolean {
  const code = (error as { errcode?: number }).errcode ?? 0;
  const primary = code & 0xff;
  if (error instanceof MetricsFileError) return true;
  return primary === sqliteCorrupt || primary === sqliteNotADatabase;
}

/** What is in the file makes no sense, or is of another version. */
export class MetricsFileError extends Error {
  override name = "MetricsFileError";
}

export function textCrc(text: string): number {
  return crc32OfText(text, 0);
}

/** A text of the file, which this program wrote as JSON. @throws MetricsFileError */
export function parseStored(text: unknown, crc: unknown): unknown {
  if (typeof text !== "string" || textCrc(text) !== crc) {
    throw new MetricsFileError("a text in it is not what was written");
  }
  return JSON.parse(text);
}

const sqliteCorrupt = 11;
const sqliteNotADatabase = 26;

function openChecked({ path, sizeMax }: MetricsFileOptions): DatabaseSync {
  // Nobody else's to read; what SQLite puts beside it gets the same mode.
  if (path !== ":memory:") closeSync(openSync(path, "a", 0o600));
  const db = new DatabaseSync(path);
  try {
    db.exec(`PRAGMA page_size = ${pageSize}; PRAGMA journal_mode = WAL`);
    db.exec(`PRAGMA synchronous = NORMAL; PRAGMA cache_size = -${cacheSizeKib}`);
    db.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}`);
    const version = pragma(db, "user_version");
    if (version === 0 && pragma(db, "page_count") <= 1) db.exec(`BEGIN; ${tables} COMMIT`);
    else if (version !== schemaVersion) throw new MetricsFileError(`its version is ${version}`);
    const size = pragma(db, "page_size");
    db.exec(`PRAGMA max_page_count = ${Math.ceil((sizeMax * headroom) / size)}`);
    if (schemaOf(db) !== wantedSchema()) throw new MetricsFileError("its tables are others");
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function schemaOf(db: DatabaseSync): string {
  const rows = db.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY name").all();
  return JSON.stringify(rows);
}

function wantedSchema(): string {
  const db = new DatabaseSync(":memory:");
  db.exec(tables);
  const schema = schemaOf(db);
  db.close();
  return schema;
}

/** Old values go when the file has its size; this is for what comes before they are gone. */
const headroom = 1.25;

/** Runs `f` in a transaction that is undone where it throws. */
export function inTransaction<T>(db: DatabaseSync, f: () => T): T {
  db.exec("BEGIN IMMEDIATE");
  try {
    const result = f();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

export function pragma(db: DatabaseSync, name: string): number {
  return Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0] as number;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
