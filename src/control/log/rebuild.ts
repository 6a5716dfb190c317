import { copyFileSync, existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { commitGroupCountMax } from "../../base/limits.ts";
import type { LogEntry, Mutation } from "../model/mutation.ts";
import { accountSubject, zoneIdOfSubject, zoneSubject } from "../model/mutation.ts";
import type { Json } from "../model/mutation.ts";
import type { TableName } from "../model/tables.ts";
import { decodeKey } from "../state/key-codec.ts";
import { rrsetOfRow } from "../state/rrset-row.ts";
import type { RRsetRow } from "../state/rrset-row.ts";
import {
  createTables,
  databaseFileName,
  openForReading,
  openForWriting,
  removeDatabase,
} from "../state/schema.ts";
import type { Damage } from "../state/state-reader.ts";
import { StateWriter } from "../state/state-writer.ts";
import type { FileLayer } from "./file-layer.ts";
import { entryOfRecord } from "./log-record.ts";
import type { LogRecord } from "./log-record.ts";
import { intactRecord, LogTable } from "./log-table.ts";
import { missingEntries, quarantine, readQuarantine, replacesZone } from "./quarantine.ts";
import { verifyLog } from "./verify-log.ts";
import type { LogCheck } from "./verify-log.ts";
import { verifyTables } from "./verify-tables.ts";
import type { TablesCheck } from "./verify-tables.ts";

export type RebuildOptions = {
  dataDir: string;
  files: FileLayer;
  /** Records that the journal holds. */
  journal: readonly LogRecord[];
};

/**
 * Makes a new database out of everything that is still intact: the entries of the log and of the
 * journal, and, for what entries are missing, rows of the old tables that are proven whole. What
 * neither gives is quarantined. The old files are kept beside it as `signpost.db.damaged`.
 */
export function rebuild(options: RebuildOptions): Damage[] {
  const { dataDir, files } = options;
  const paths = rebuildPaths(dataDir);
  removeDatabase(paths.building);
  const rebuilder = new Rebuilder(options, paths.building);
  const damage = rebuilder.run();
  files.syncDirectory(dataDir);
  renameSync(paths.building, paths.built);
  finishRebuild(dataDir, files);
  return damage;
}

/** Puts a finished rebuild in place of the old database; also after a crash in between. */
export function finishRebuild(dataDir: string, files: FileLayer): void {
  const { built, damaged } = rebuildPaths(dataDir);
  if (!existsSync(built)) return;
  const path = join(dataDir, databaseFileName);
  removeDatabase(damaged);
  // The old write-ahead log must be gone before the new file takes the name it belongs to.
  for (const suffix of ["-wal", ""]) {
    if (existsSync(path + suffix)) renameSync(path + suffix, damaged + suffix);
  }
  rmSync(`${path}-shm`, { force: true });
  files.syncDirectory(dataDir);
  renameSync(built, path);
  files.syncDirectory(dataDir);
}

function rebuildPaths(dataDir: string): { building: string; built: string; damaged: string } {
  const path = join(dataDir, databaseFileName);
  return { building: `${path}.building`, built: `${path}.rebuilt`, damaged: `${path}.damaged` };
}

/** The new database while it is being filled. */
class Rebuilder {
  readonly #sources: RecordSources;
  readonly #old: DatabaseSync;
  readonly #new: DatabaseSync;
  readonly #log: LogTable;
  readonly #state: StateWriter;
  readonly #logCheck: LogCheck;
  readonly #tablesCheck: TablesCheck;
  readonly #lastSeq: number;
  /** Entries that nothing holds any more → their subject, where a later entry tells it. */
  readonly #missing = new Map<number, string | undefined>();
  /** Subjects that are not all there → the first entry that is missing. */
  readonly #broken = new Map<string, number>();
  readonly #damage: Damage[] = [];

  constructor(options: RebuildOptions, path: string) {
    this.#old = openForReading(join(options.dataDir, databaseFileName));
    this.#logCheck = verifyLog(this.#old);
    this.#tablesCheck = verifyTables(this.#old, this.#logCheck);
    this.#sources = new RecordSources(this.#old, options);
    const journalSeq = options.journal.at(-1)?.seq ?? 0;
    this.#lastSeq = Math.max(this.#tablesCheck.lastSeq, this.#logCheck.lastSeq, journalSeq);
    this.#new = openForWriting(path);
    createTables(this.#new);
    this.#log = new LogTable(this.#new);
    this.#state = new StateWriter(this.#new);
  }

  run(): Damage[] {
    this.#replay();
    this.#findBroken();
    this.#inTransaction(() => this.#mend());
    this.#report();
    this.#sources.close();
    this.#old.close();
    this.#new.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get();
    this.#new.close();
    return this.#damage;
  }

  #replay(): void {
    for (let first = 1; first <= this.#lastSeq; first += commitGroupCountMax) {
      const end = Math.min(first + commitGroupCountMax, this.#lastSeq + 1);
      this.#inTransaction(() => {
        for (let seq = first; seq < end; seq++) this.#replayOne(seq);
        this.#state.setCounter("lastSeq", end - 1);
      });
    }
  }

  #replayOne(seq: number): void {
    const record = this.#sources.record(seq);
    if (!record) return void this.#missing.set(seq, undefined);
    const { subject, prev } = record;
    if (prev !== this.#log.head(subject).seq) {
      this.#missing.set(prev, subject);
      this.#break(subject, prev);
    }
    this.#log.append(record);
    const entry = entryOfRecord(record);
    if (replacesZone(entry.mutations)) this.#broken.delete(subject);
    const refusal = this.#state.refusal(subject, entry.mutations as Mutation[]);
    if (refusal === undefined) this.#state.apply(entry);
    else this.#break(subject, seq);
  }

  #break(subject: string, seq: number): void {
    if (!this.#broken.has(subject)) this.#broken.set(subject, seq);
  }

  /** A subject is whole if its entries link from the first to the one the tables call its last. */
  #findBroken(): void {
    if (this.#missing.size === 0) return;
    const { subjects } = this.#tablesCheck;
    for (const [subject, seq] of subjects) {
      if (this.#log.head(subject).seq >= seq) continue;
      this.#missing.set(seq, subject);
      this.#break(subject, seq);
    }
    for (const [subject, head] of this.#logCheck.heads) {
      if (!subjects.has(subject)) this.#break(subject, head.seq);
    }
  }

  /** Takes from the old tables what the log does not give, where they are proven to have it. */
  #mend(): void {
    const { documentsWhole, quarantineWhole, wholeZones, lastSeq } = this.#tablesCheck;
    if (quarantineWhole) this.#carryQuarantine();
    const usable = documentsWhole && quarantineWhole && lastSeq === this.#lastSeq;
    if (this.#broken.size > 0 && usable) this.#copyDocuments();
    for (const [subject, seq] of this.#broken) {
      const zoneId = zoneIdOfSubject(subject);
      if (zoneId === undefined) {
        if (!usable && subject === accountSubject) this.#quarantine("", seq);
      } else if (usable && wholeZones.has(zoneId)) this.#copyZone(zoneId);
      else this.#quarantine(zoneId, seq);
    }
  }

  #quarantine(zoneId: string, seq: number): void {
    const what = `Log entry ${seq} is lost, and the tables cannot replace it`;
    quarantine(this.#new, { zoneId, seq, what });
    const damage: Damage = { seq, what, repaired: false };
    if (zoneId !== "") damage.zoneId = zoneId;
    this.#damage.push(damage);
  }

  #carryQuarantine(): void {
    for (const { zoneId, seq, what } of readQuarantine(this.#old)) {
      quarantine(this.#new, { zoneId, seq, what });
    }
  }

  #copyDocuments(): void {
    const mutations: Mutation[] = [];
    const rows = "SELECT tbl, key, value FROM document";
    for (const { tbl, key } of this.#new.prepare(rows).all()) {
      mutations.push({ remove: tbl as TableName, key: decodeKey(key as string) });
    }
    for (const { tbl, key, value } of this.#old.prepare(rows).all()) {
      const json = JSON.parse(value as string) as Json;
      mutations.push({ put: tbl as TableName, key: decodeKey(key as string), value: json });
    }
    this.#applyCopy(accountSubject, this.#lastSeq, mutations);
  }

  #copyZone(zoneId: string): void {
    const zone = this.#old.prepare("SELECT zoneKey, head FROM zone WHERE id = ?").get(zoneId);
    const { zoneKey, head } = zone as { zoneKey: number; head: number };
    const rows = this.#old.prepare("SELECT * FROM rrset WHERE zoneKey = ?").all(zoneKey);
    const mutations: Mutation[] = rows.map((row) => ({
      putRRset: zoneId,
      rrset: rrsetOfRow(row as unknown as RRsetRow),
    }));
    this.#applyCopy(zoneSubject(zoneId), head, [{ dropRRsets: zoneId }, ...mutations]);
  }

  #applyCopy(subject: string, seq: number, mutations: Mutation[]): void {
    const entry: LogEntry = { seq, subject, action: "Rebuild", at: "", mutations };
    this.#state.apply(entry);
  }

  #report(): void {
    const quarantined = new Set(this.#damage.map((damage) => damage.zoneId));
    this.#damage.push(...missingEntries(this.#missing));
    for (const { what, zoneId } of this.#tablesCheck.findings) {
      const repaired = zoneId === undefined || !quarantined.has(zoneId);
      this.#damage.push({ what, repaired, ...(zoneId === undefined ? {} : { zoneId }) });
    }
    const kept = `${databaseFileName}.damaged`;
    const what = `The database was made anew from its log, the damaged one is kept as ${kept}`;
    this.#damage.push({ what, repaired: true });
  }

  #inTransaction(f: () => void): void {
    this.#new.exec("BEGIN IMMEDIATE");
    f();
    this.#state.flush();
    this.#new.exec("COMMIT");
  }
}

/** All places where an entry may still be found. */
class RecordSources {
  readonly #old: DatabaseSync;
  readonly #journal: Map<number, LogRecord>;
  readonly #dataDir: string;
  #withoutWal: DatabaseSync | undefined;
  #tried = false;

  constructor(old: DatabaseSync, options: RebuildOptions) {
    this.#old = old;
    this.#dataDir = options.dataDir;
    this.#journal = new Map(options.journal.map((record) => [record.seq, record]));
  }

  record(seq: number): LogRecord | undefined {
    const record = this.#journal.get(seq) ?? intactRecord(this.#old, seq);
    if (record) return record;
    const older = this.#openWithoutWal();
    return older && intactRecord(older, seq);
  }

  close(): void {
    this.#withoutWal?.close();
    removeDatabase(this.#copyPath());
  }

  /**
   * The database file alone: where a damaged write-ahead log covers newer pages with older ones,
   * the file has what the log's pages hide.
   */
  #openWithoutWal(): DatabaseSync | undefined {
    if (this.#tried) return this.#withoutWal;
    this.#tried = true;
    removeDatabase(this.#copyPath());
    copyFileSync(join(this.#dataDir, databaseFileName), this.#copyPath());
    try {
      this.#withoutWal = openForReading(this.#copyPath());
    } catch {
      // The write-ahead log is all that holds this file together.
    }
    return this.#withoutWal;
  }

  #copyPath(): string {
    return join(this.#dataDir, `${databaseFileName}.without-wal`);
  }
}
