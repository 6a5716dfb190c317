import { crc32 } from "node:zlib";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { assert } from "../../base/assert.ts";
import { purgeCountMax } from "../../base/limits.ts";
import type { ChangedZone, Committed } from "../model/committed.ts";
import type { LogEntry, Mutation, StoredMutation } from "../model/mutation.ts";
import { zoneIdOfSubject } from "../model/mutation.ts";
import { nameSortKey } from "../model/name-sort-key.ts";
import type { ResourceRecordSet } from "../model/resource-record-set.ts";
import type { TableKey, TableName } from "../model/tables.ts";
import { encodeKey } from "./key-codec.ts";
import { addRow, removeRow, replaceRow, RowSetCache } from "./row-set.ts";
import type { RowSet } from "./row-set.ts";
import { rrsetRow, rrsetRowCrc, rrsetRowText } from "./rrset-row.ts";

export function documentCrc(table: string, key: string, value: string): number {
  return crc32(`${table}\0${key}\0${value}`);
}

export function counterCrc(name: string, value: number): number {
  return crc32(`${name}\0${value}`);
}

export function quarantineCrc(zoneId: string, seq: number, what: string): number {
  return crc32(`${zoneId}\0${seq}\0${what}`);
}

/** What an import holds, as `adoptImport` must repeat it. */
export function hashText(set: RowSet): string {
  return set.hash.toString(16).padStart(12, "0");
}

/**
 * Applies log entries to the tables. Deterministic: no clock, no randomness, no I/O but the
 * tables. The caller owns the transaction: `flush` before COMMIT, `forget` after ROLLBACK.
 */
export class StateWriter {
  readonly #db: DatabaseSync;
  readonly #zones: RowSetCache;
  readonly #imports: RowSetCache;
  readonly #summaries: RowSetCache;
  readonly #statements = new Map<string, StatementSync>();
  #nextZoneKey = 0;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#zones = new RowSetCache(db, "zone");
    this.#imports = new RowSetCache(db, "import");
    this.#summaries = new RowSetCache(db, "summary");
  }

  /** Why the entry must not be applied; `undefined` where it may. Changes nothing. */
  refusal(subject: string, mutations: readonly Mutation[]): string | undefined {
    const zoneId = zoneIdOfSubject(subject);
    const adopted = new Set<string>();
    for (const mutation of mutations) {
      const ofZone = zoneOfMutation(mutation);
      if (ofZone !== undefined && ofZone !== zoneId) return `${subject} cannot change ${ofZone}`;
      if (!("adoptImport" in mutation)) continue;
      const { importId, count, hash } = mutation;
      const staged = this.#imports.get(importId);
      if (!staged || adopted.has(importId)) return `no import ${importId}`;
      if (staged.count !== count || hashText(staged) !== hash) {
        return `import ${importId} holds ${staged.count} sets (${hashText(staged)}), not ${count}`;
      }
      adopted.add(importId);
    }
    return undefined;
  }

  apply(entry: LogEntry): Committed {
    const changes = new ChangeSummary();
    for (const mutation of entry.mutations) this.#applyOne(mutation, entry, changes);
    const zoneId = zoneIdOfSubject(entry.subject);
    const zone = zoneId === undefined ? undefined : this.#zones.get(zoneId);
    if (zone) zone.head = entry.seq;
    const { seq, at, subject, action } = entry;
    return { seq, at, subject, action, zones: changes.zones(), tables: changes.tables() };
  }

  staged(importId: string): RowSet | undefined {
    return this.#imports.get(importId);
  }

  importIds(): string[] {
    return this.#run("SELECT id FROM import")
      .all()
      .map((row) => row["id"] as string);
  }

  flush(): void {
    this.#zones.flush();
    this.#imports.flush();
    this.#summaries.flush();
    if (this.#nextZoneKey > 0) this.setCounter("nextZoneKey", this.#nextZoneKey);
    this.#nextZoneKey = 0;
  }

  forget(): void {
    this.#zones.forget();
    this.#imports.forget();
    this.#summaries.forget();
    this.#nextZoneKey = 0;
  }

  counter(name: string): number {
    const row = this.#run("SELECT value FROM counter WHERE name = ?").get(name);
    return (row?.["value"] as number | undefined) ?? 0;
  }

  setCounter(name: string, value: number): void {
    const statement = this.#run(
      "INSERT OR REPLACE INTO counter (name, value, crc) VALUES (?, ?, ?)",
    );
    statement.run(name, value, counterCrc(name, value));
  }

  /**
   * Deletes some rows that nothing refers to any more; a transaction of its own, not in the log.
   * @returns whether there may be more
   */
  purge(): boolean {
    const zoneKey = this.#run("SELECT zoneKey FROM garbage LIMIT 1").get()?.["zoneKey"];
    if (zoneKey === undefined) return false;
    const key = zoneKey as number;
    const last = this.#run(
      `SELECT sortKey, type, setIdentifier FROM rrset WHERE zoneKey = ?
       ORDER BY sortKey, type, setIdentifier LIMIT 1 OFFSET ${purgeCountMax - 1}`,
    ).get(key) as { sortKey: string; type: string; setIdentifier: string } | undefined;
    if (last) {
      this.#run(
        `DELETE FROM rrset WHERE zoneKey = ? AND (sortKey, type, setIdentifier) <= (?, ?, ?)`,
      ).run(key, last.sortKey, last.type, last.setIdentifier);
      return true;
    }
    this.#run("DELETE FROM rrset WHERE zoneKey = ?").run(key);
    this.#run("DELETE FROM garbage WHERE zoneKey = ?").run(key);
    return true;
  }

  #applyOne(mutation: StoredMutation, entry: LogEntry, changes: ChangeSummary): void {
    if ("put" in mutation) {
      changes.table(mutation.put);
      this.#put(mutation, entry);
    } else if ("remove" in mutation) {
      changes.table(mutation.remove);
      this.#remove(mutation.remove, mutation.key);
    } else if ("putRRset" in mutation) {
      changes.name(mutation.putRRset, mutation.rrset.name);
      this.#putRRset(this.#zone(mutation.putRRset), mutation.rrset);
    } else if ("removeRRset" in mutation) {
      changes.name(mutation.removeRRset, mutation.name);
      this.#removeRRset(mutation);
    } else if ("dropRRsets" in mutation) {
      changes.all(mutation.dropRRsets);
      this.#discard(this.#zones, mutation.dropRRsets);
    } else if ("adoptImport" in mutation) {
      changes.all(mutation.adoptImport);
      this.#adopt(mutation.adoptImport, mutation.importId);
    } else if ("stage" in mutation) {
      const staged = this.#import(mutation.stage, entry.seq);
      for (const rrset of mutation.rrsets) this.#putRRset(staged, rrset);
    } else {
      this.#discard(this.#imports, mutation.discardImport);
    }
  }

  #put(mutation: Extract<Mutation, { put: TableName }>, entry: LogEntry): void {
    const { put: table, value, stamp } = mutation;
    const key = encodeKey(mutation.key);
    const { seq, at } = entry;
    const text = JSON.stringify(stamp ? { ...(value as object), seq, at } : value);
    const crc = documentCrc(table, key, text);
    const summary = this.#summary(table);
    const inserted = this.#run(
      "INSERT OR IGNORE INTO document (tbl, key, value, crc) VALUES (?, ?, ?, ?)",
    ).run(table, key, text, crc);
    if (inserted.changes === 1) return addRow(summary, crc);
    replaceRow(summary, this.#documentCrcOf(table, key) as number, crc);
    this.#run("UPDATE document SET value = ?, crc = ? WHERE tbl = ? AND key = ?").run(
      text,
      crc,
      table,
      key,
    );
  }

  #remove(table: TableName, keyTuple: TableKey): void {
    const key = encodeKey(keyTuple);
    const crc = this.#documentCrcOf(table, key);
    if (crc === undefined) return;
    this.#run("DELETE FROM document WHERE tbl = ? AND key = ?").run(table, key);
    removeRow(this.#summary(table), crc);
  }

  #documentCrcOf(table: string, key: string): number | undefined {
    const row = this.#run("SELECT crc FROM document WHERE tbl = ? AND key = ?").get(table, key);
    return row?.["crc"] as number | undefined;
  }

  #putRRset(set: RowSet, rrset: ResourceRecordSet): void {
    const row = rrsetRow(rrset);
    const { sortKey, type, setIdentifier, value } = row;
    const key = set.zoneKey;
    const crc = rrsetRowCrc(key, rrsetRowText(row));
    const inserted = this.#run(
      `INSERT OR IGNORE INTO rrset (zoneKey, sortKey, type, setIdentifier, value, crc)
       VALUES (?, ?, ?, ?, ?, ?)`,
    ).run(key, sortKey, type, setIdentifier, value, crc);
    if (inserted.changes === 1) return addRow(set, crc);
    replaceRow(set, this.#rrsetCrcOf(key, row) as number, crc);
    this.#run(
      `UPDATE rrset SET value = ?, crc = ?
       WHERE zoneKey = ? AND sortKey = ? AND type = ? AND setIdentifier = ?`,
    ).run(value, crc, key, sortKey, type, setIdentifier);
  }

  #removeRRset(mutation: Extract<Mutation, { removeRRset: string }>): void {
    const zone = this.#zones.get(mutation.removeRRset);
    if (!zone) return;
    const { name, type, setIdentifier = "" } = mutation;
    const row = { sortKey: nameSortKey(name), type, setIdentifier };
    const crc = this.#rrsetCrcOf(zone.zoneKey, row);
    if (crc === undefined) return;
    this.#run(
      "DELETE FROM rrset WHERE zoneKey = ? AND sortKey = ? AND type = ? AND setIdentifier = ?",
    ).run(zone.zoneKey, row.sortKey, type, setIdentifier);
    removeRow(zone, crc);
  }

  #rrsetCrcOf(
    zoneKey: number,
    row: { sortKey: string; type: string; setIdentifier: string },
  ): number | undefined {
    const found = this.#run(
      `SELECT crc FROM rrset
       WHERE zoneKey = ? AND sortKey = ? AND type = ? AND setIdentifier = ?`,
    ).get(zoneKey, row.sortKey, row.type, row.setIdentifier);
    return found?.["crc"] as number | undefined;
  }

  #adopt(zoneId: string, importId: string): void {
    const staged = this.#imports.get(importId);
    assert(staged, `Cannot apply entry: import ${importId} is gone`);
    this.#discard(this.#zones, zoneId);
    this.#imports.set(importId, undefined);
    this.#zones.set(zoneId, staged);
  }

  /** Forgets a set of rows at once; the rows themselves are purged later. */
  #discard(sets: RowSetCache, id: string): void {
    const set = sets.get(id);
    if (!set) return;
    this.#run("INSERT INTO garbage (zoneKey) VALUES (?)").run(set.zoneKey);
    sets.set(id, undefined);
  }

  #zone(zoneId: string): RowSet {
    return this.#zones.get(zoneId) ?? this.#newRowSet(this.#zones, zoneId);
  }

  #import(importId: string, seq: number): RowSet {
    const staged = this.#imports.get(importId) ?? this.#newRowSet(this.#imports, importId);
    staged.head = seq;
    return staged;
  }

  #summary(table: TableName): RowSet {
    const found = this.#summaries.get(table);
    if (found) return found;
    const summary = { zoneKey: 0, count: 0, hash: 0, head: 0 };
    this.#summaries.set(table, summary);
    return summary;
  }

  #newRowSet(sets: RowSetCache, id: string): RowSet {
    if (this.#nextZoneKey === 0) this.#nextZoneKey = this.counter("nextZoneKey") || 1;
    const set = { zoneKey: this.#nextZoneKey++, count: 0, hash: 0, head: 0 };
    sets.set(id, set);
    return set;
  }

  #run(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, (statement = this.#db.prepare(sql)));
    return statement;
  }
}

function zoneOfMutation(mutation: Mutation): string | undefined {
  if ("putRRset" in mutation) return mutation.putRRset;
  if ("removeRRset" in mutation) return mutation.removeRRset;
  if ("dropRRsets" in mutation) return mutation.dropRRsets;
  if ("adoptImport" in mutation) return mutation.adoptImport;
  return undefined;
}

/** Collects what one entry touched. */
class ChangeSummary {
  readonly #zones = new Map<string, Set<string> | "all">();
  readonly #tables = new Set<TableName>();

  table(table: TableName): void {
    this.#tables.add(table);
  }

  name(zoneId: string, name: string): void {
    const names = this.#zones.get(zoneId);
    if (names === undefined) this.#zones.set(zoneId, new Set([name]));
    else if (names !== "all") names.add(name);
  }

  all(zoneId: string): void {
    this.#zones.set(zoneId, "all");
  }

  zones(): ChangedZone[] {
    return Array.from(this.#zones, ([zoneId, names]) => ({
      zoneId,
      names: names === "all" ? names : [...names],
    }));
  }

  tables(): TableName[] {
    return [...this.#tables];
  }
}
