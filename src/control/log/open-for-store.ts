import { renameSync, rmSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { AssertionError } from "../../base/assert.ts";
import type { Clock } from "../../base/clock.ts";
import {
  createTables,
  databaseFileName,
  openForReading,
  openForWriting,
  padDatabase,
  removeDatabase,
  schemaVersion,
  schemaVersionOf,
} from "../state/schema.ts";
import type { Damage } from "../state/state-reader.ts";
import { StoreError, StoreFullError } from "./change-log.ts";
import { systemFiles } from "./file-layer.ts";
import type { FileLayer } from "./file-layer.ts";
import { Journal, readJournals } from "./journal.ts";
import type { JournalContent } from "./journal.ts";
import { LogTable } from "./log-table.ts";
import { missingEntries, quarantineDamage, ranges, readQuarantine } from "./quarantine.ts";
import { isProven, provable, writeProof } from "./proof.ts";
import { finishRebuild, rebuild } from "./rebuild.ts";
import { isCorruption } from "./store-errors.ts";
import { StoreWriter } from "./store-writer.ts";
import { verifyLog } from "./verify-log.ts";
import type { LogCheck } from "./verify-log.ts";
import { verifyTables } from "./verify-tables.ts";
import type { TablesCheck } from "./verify-tables.ts";

export type OpenedStore = {
  writer: StoreWriter;
  damage: Damage[];
  /** Makes the database file complete and closes everything. */
  close(): void;
};

export type StoreOptions = { clock: Clock; files?: FileLayer };

/**
 * Brings the data directory to the state of the last acknowledged entry, whatever happened to
 * it: SQLite's own recovery, check of every checksum, rebuild where tables are damaged, redo of
 * the journal, and a fresh checkpoint. The caller holds the lock of the directory.
 * @throws StoreError where there is nothing to start from, saying what is wrong and what is left
 */
export function openForStore(dataDir: string, options: StoreOptions): OpenedStore {
  try {
    return openUnguarded(dataDir, options);
  } catch (error) {
    if (error instanceof StoreError || error instanceof AssertionError) throw error;
    let why = (error as Error).message;
    if (isCorruption(error)) why += "; restore the directory from a backup";
    else if (isFull(dataDir)) why = "no space left on the data disk, free 1 MiB of it";
    throw new StoreError(`Cannot start: ${dataDir}: ${why}`, { cause: error });
  }
}

/** SQLite says only "disk I/O error" where it finds no room for its shared memory. */
function isFull(dataDir: string): boolean {
  const { bavail, bsize } = statfsSync(dataDir);
  return bavail * bsize < 2 ** 20;
}

function openUnguarded(dataDir: string, options: StoreOptions): OpenedStore {
  const files = options.files ?? systemFiles;
  const path = join(dataDir, databaseFileName);
  finishRebuild(dataDir, files);
  // Rebuilt by SQLite from the write-ahead log; an old one could only mislead.
  rmSync(`${path}-shm`, { force: true });
  const journal = readJournals(dataDir);
  const damage: Damage[] = [];
  if (isEmpty(path)) createDatabase(dataDir, { files, journal });
  else damage.push(...checkDatabase(dataDir, { files, journal }));
  const db = openForWriting(path);
  const opened = startWriter(db, { dataDir, journal, files, clock: options.clock });
  damage.push(...opened.damage);
  return { ...opened, damage };
}

type Found = { files: FileLayer; journal: JournalContent };

function isEmpty(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0;
}

function createDatabase(dataDir: string, { files, journal }: Found): void {
  const path = join(dataDir, databaseFileName);
  if (journal.base > 0) {
    throw new StoreError(
      `Cannot start: ${path} is missing or empty, and the journal beside it goes back only to ` +
        `entry ${journal.base + 1}; restore the directory from a backup`,
    );
  }
  const building = `${path}.building`;
  removeDatabase(building);
  removeDatabase(path);
  const db = openForWriting(building);
  createTables(db);
  // Closing the only connection also moves the write-ahead log into the file and syncs it.
  db.close();
  renameSync(building, path);
  files.syncDirectory(dataDir);
}

/** Checks everything; afterwards the database holds whatever the directory still gives. */
function checkDatabase(dataDir: string, { files, journal }: Found): Damage[] {
  const path = join(dataDir, databaseFileName);
  const proven = isProven(path);
  const db = openChecked(path, journal);
  const { damaged, findings, lastSeq } = proven ? nothingFound(db) : verify(db);
  db.close();
  if (journal.base > lastSeq) {
    throw new StoreError(
      `Cannot start: ${path} ends at entry ${lastSeq}, the journal beside it begins after ` +
        `${journal.base}; restore the directory from a backup`,
    );
  }
  const damage = journalDamage(journal, lastSeq);
  if (findings.length > 0 || hasHole(journal, lastSeq)) {
    return [...damage, ...rebuild({ dataDir, files, journal: journal.records })];
  }
  return [...damage, ...repairLog(path, damaged, journal)];
}

type Checked = Pick<LogCheck, "damaged" | "lastSeq"> & Pick<TablesCheck, "findings">;

function verify(db: DatabaseSync): Checked {
  const log = verifyLog(db);
  const { findings, lastSeq } = verifyTables(db, log);
  return { damaged: log.damaged, findings, lastSeq: Math.max(lastSeq, log.lastSeq) };
}

function nothingFound(db: DatabaseSync): Checked {
  return { damaged: new Map(), findings: [], lastSeq: lastSeqOf(db) };
}

function lastSeqOf(db: DatabaseSync): number {
  const row = db.prepare("SELECT value FROM counter WHERE name = 'lastSeq'").get();
  return (row?.["value"] as number | undefined) ?? 0;
}

/** @throws StoreError where SQLite cannot make sense of the file at all */
function openChecked(path: string, journal: JournalContent): DatabaseSync {
  let version: number;
  try {
    padDatabase(path);
    const db = openForReading(path);
    version = schemaVersionOf(db);
    db.prepare("SELECT count(*) FROM sqlite_schema").get();
    if (version === schemaVersion) return db;
    db.close();
  } catch (error) {
    if (!isCorruption(error)) throw error;
    const last = journal.records.at(-1)?.seq;
    const kept = last === undefined ? "nothing" : `entries ${journal.base + 1} to ${last}`;
    throw new StoreError(
      `Cannot start: ${path} cannot be read (${(error as Error).message}); the journal beside ` +
        `it holds ${kept}; restore the directory from a backup`,
      { cause: error },
    );
  }
  throw new StoreError(
    `Cannot start: ${path} has layout ${version}, this Signpost knows ${schemaVersion}`,
  );
}

function journalDamage(journal: JournalContent, lastSeq: number): Damage[] {
  const found = new Set(journal.records.map((record) => record.seq));
  const damage = journal.findings.map(({ what }) => ({ what, repaired: true }));
  if (journal.base < 0) {
    return lastSeq > 0
      ? [{ what: "There was no journal beside the database", repaired: true }]
      : [];
  }
  const lost: number[] = [];
  for (let seq = journal.base + 1; seq <= lastSeq; seq++) if (!found.has(seq)) lost.push(seq);
  if (lost.length > 0) {
    const what = `The journal lost entries ${ranges(lost)}; the database has them`;
    damage.push({ what, repaired: true });
  }
  return damage;
}

/** Whether the journal goes on behind the database, but not with the next entry. */
function hasHole(journal: JournalContent, lastSeq: number): boolean {
  let next = lastSeq + 1;
  for (const { seq } of journal.records) if (seq > lastSeq && seq !== next++) return true;
  return false;
}

/** Entries of the log that are damaged while all tables are whole. */
function repairLog(
  path: string,
  damaged: ReadonlyMap<number, string | undefined>,
  journal: JournalContent,
): Damage[] {
  if (damaged.size === 0) return [];
  const copies = journal.records.filter((record) => damaged.has(record.seq));
  const db = openForWriting(path);
  const log = new LogTable(db);
  for (const copy of copies) log.put(copy);
  db.close();
  const restored = copies.map(({ seq, subject }) => {
    const what = `Log entry ${seq} of ${subject} was damaged; restored from the journal`;
    return { seq, what, repaired: true };
  });
  const lost = new Map(damaged);
  for (const copy of copies) lost.delete(copy.seq);
  return [...restored, ...missingEntries(lost)];
}

type StartOptions = Required<StoreOptions> & { dataDir: string; journal: JournalContent };

function startWriter(db: DatabaseSync, options: StartOptions): OpenedStore {
  const { dataDir, clock, files } = options;
  const rows = readQuarantine(db);
  const quarantined = new Map(rows.map(({ zoneId, what }) => [zoneId, what]));
  const journal = new Journal(files, dataDir);
  const writer = new StoreWriter({ db, journal, clock, dataDir, quarantined });
  const damage = rows.map(quarantineDamage);
  damage.push(...redo(db, writer, options.journal));
  if (checkpointIfRoom(writer)) writer.discardImports();
  const path = join(dataDir, databaseFileName);
  const close = (): void => {
    const isProvable = checkpointIfRoom(writer) && provable(db, path);
    db.close();
    journal.close();
    if (isProvable) writeProof(path);
  };
  return { writer, damage, close };
}

/** Applies what the journal holds beyond the database; after a power cut that is usual. */
function redo(db: DatabaseSync, writer: StoreWriter, journal: JournalContent): Damage[] {
  const records = journal.records.filter((record) => record.seq > writer.lastSeq);
  if (records.length === 0) return [];
  const first = writer.lastSeq + 1;
  db.exec("BEGIN IMMEDIATE");
  for (const record of records) writer.redo(record);
  db.exec("COMMIT");
  const what = `The database ended before entry ${first}; ${first} to ${writer.lastSeq} redone`;
  return [{ seq: writer.lastSeq, what, repaired: true }];
}

/** A full disk keeps nobody from reading; the first append tries again and tells. */
function checkpointIfRoom(writer: StoreWriter): boolean {
  try {
    return writer.checkpoint();
  } catch (error) {
    if (error instanceof StoreFullError) return false;
    throw error;
  }
}
