import { chmodSync, closeSync, ftruncateSync, openSync, readSync, rmSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { databasePageCountMax, readerWaitMs, walReadersWaitMs } from "../../base/limits.ts";

export const schemaVersion = 1;

/*
 * Every table is WITHOUT ROWID: its inner pages then hold whole rows, each under a checksum, so
 * that a damaged inner page cannot hide rows from look-ups while a scan still finds them.
 *
 *   log        every entry ever appended           subject    last entry of each subject
 *   document   all small tables, (table, key)      summary    row count and hash of each of them
 *   rrset      all zones' sets, by zone key        zone       zone id → zone key, count, hash
 *   import     staged sets not adopted yet         garbage    zone keys whose rows may go
 *   quarantine zones that must not be served       counter    lastSeq, nextZoneKey
 */
const tables = `
CREATE TABLE log (
  seq INTEGER PRIMARY KEY, prev INTEGER NOT NULL, subject TEXT NOT NULL, action TEXT NOT NULL,
  at TEXT NOT NULL, encoding INTEGER NOT NULL, bytes BLOB NOT NULL, chain BLOB NOT NULL,
  crc INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE subject (
  subject TEXT PRIMARY KEY, seq INTEGER NOT NULL, chain BLOB NOT NULL, crc INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE document (
  tbl TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, crc INTEGER NOT NULL,
  PRIMARY KEY (tbl, key)
) WITHOUT ROWID;
CREATE TABLE summary (
  tbl TEXT PRIMARY KEY, count INTEGER NOT NULL, hash INTEGER NOT NULL, crc INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE rrset (
  zoneKey INTEGER NOT NULL, sortKey TEXT NOT NULL, type TEXT NOT NULL,
  setIdentifier TEXT NOT NULL, value TEXT NOT NULL, crc INTEGER NOT NULL,
  PRIMARY KEY (zoneKey, sortKey, type, setIdentifier)
) WITHOUT ROWID;
CREATE TABLE zone (
  id TEXT PRIMARY KEY, zoneKey INTEGER NOT NULL, count INTEGER NOT NULL, hash INTEGER NOT NULL,
  head INTEGER NOT NULL, crc INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE import (
  id TEXT PRIMARY KEY, zoneKey INTEGER NOT NULL, count INTEGER NOT NULL, hash INTEGER NOT NULL,
  head INTEGER NOT NULL, crc INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE garbage (zoneKey INTEGER PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE quarantine (
  zoneId TEXT NOT NULL, seq INTEGER NOT NULL, what TEXT NOT NULL, crc INTEGER NOT NULL,
  PRIMARY KEY (zoneId, seq)
) WITHOUT ROWID;
CREATE TABLE counter (
  name TEXT PRIMARY KEY, value INTEGER NOT NULL, crc INTEGER NOT NULL
) WITHOUT ROWID;
PRAGMA user_version = ${schemaVersion};
`;

/** The system's own cache of the file stands behind both: a page that is not here is near. */
const readerCacheSizeKib = 4_096;
const writerCacheSizeKib = 32_768;

export const databaseFileName = "signpost.db";

/** Opens the one connection that writes. Checkpoints happen only where the store asks for them. */
export function openForWriting(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: walReadersWaitMs });
  // It holds secret keys. SQLite gives the files beside it the same mode.
  chmodSync(path, 0o600);
  db.exec("PRAGMA journal_mode = WAL");
  // The journal beside the database makes commits durable; NORMAL keeps the WAL in order.
  db.exec("PRAGMA synchronous = NORMAL");
  db.exec("PRAGMA wal_autocheckpoint = 0");
  db.exec(`PRAGMA cache_size = -${writerCacheSizeKib}`);
  return db;
}

/** Opens a connection that only reads, and leaves the write-ahead log alone when it closes. */
export function openForReading(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { readOnly: true, timeout: readerWaitMs });
  db.exec(`PRAGMA cache_size = -${readerCacheSizeKib}`);
  return db;
}

export function createTables(db: DatabaseSync): void {
  db.exec("BEGIN IMMEDIATE");
  db.exec(tables);
  db.exec("COMMIT");
}

export function schemaVersionOf(db: DatabaseSync): number {
  const row = db.prepare("PRAGMA user_version").get() as { user_version: number };
  return row.user_version;
}

/** Removes a database file and what SQLite keeps beside it. */
export function removeDatabase(path: string): void {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
}

/**
 * Makes a file that was cut short as long as its header says, with zeros. SQLite then reads what
 * is left, and takes the zeros for damage, instead of refusing the whole file.
 */
export function padDatabase(path: string): void {
  const header = Buffer.alloc(100);
  const fd = openSync(path, "r+");
  try {
    if (readSync(fd, header, 0, header.length, 0) < header.length) return;
    // https://sqlite.org/fileformat.html#the_database_header
    const pageSize = header.readUInt16BE(16);
    const pageCount = header.readUInt32BE(28);
    const size = pageSize * pageCount;
    const isCut = pageSize === 4096 && statSync(path).size < size;
    if (isCut && pageCount <= databasePageCountMax) ftruncateSync(fd, size);
  } finally {
    closeSync(fd);
  }
}
