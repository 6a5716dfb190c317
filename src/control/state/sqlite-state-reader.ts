import { join } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { nameSortKey } from "../model/name-sort-key.ts";
import type { ResourceRecordSet } from "../model/resource-record-set.ts";
import type { TableKey, TableName } from "../model/tables.ts";
import { decodeKey, encodeKey, keyRangeEnd } from "./key-codec.ts";
import type { RowSet } from "./row-set.ts";
import { multisetAdd, rrsetOfRow, rrsetRowCrc, rrsetRowText } from "./rrset-row.ts";
import { databaseFileName, openForReading } from "./schema.ts";
import { ZoneDamagedError } from "./state-reader.ts";
import type {
  Damage,
  ListOptions,
  RRsetPosition,
  StateReader,
  ZoneDigest,
} from "./state-reader.ts";
import { documentCrc, hashText } from "./state-writer.ts";

const rrsetColumns = "sortKey, type, setIdentifier, value, crc";
/** SQLite's way to say: no limit. */
const unlimited = -1;

/** Opens a reader for the calling thread; the store must be open in this process. */
export function openStateReader(dataDir: string): StateReader {
  return new SqliteStateReader(openForReading(join(dataDir, databaseFileName)));
}

class SqliteStateReader implements StateReader {
  readonly #db: DatabaseSync;
  readonly #damaged = new Map<string, Damage>();
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #head: StatementSync;
  readonly #counter: StatementSync;
  readonly #document: StatementSync;
  readonly #documents: StatementSync;
  readonly #documentCount: StatementSync;
  readonly #tableCount: StatementSync;
  readonly #zone: StatementSync;
  readonly #rrset: StatementSync;
  readonly #rrsetsAt: StatementSync;
  readonly #rrsets: StatementSync;
  /** Statements of `eachRRset` that nobody walks at the moment. */
  readonly #walks: StatementSync[] = [];
  #depth = 0;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#begin = db.prepare("BEGIN DEFERRED");
    this.#commit = db.prepare("COMMIT");
    this.#head = db.prepare("SELECT seq FROM subject WHERE subject = ?");
    this.#counter = db.prepare("SELECT value FROM counter WHERE name = ?");
    this.#document = db.prepare("SELECT value, crc FROM document WHERE tbl = ? AND key = ?");
    this.#documents = db.prepare(
      `SELECT key, value, crc FROM document WHERE tbl = ? AND key >= ? AND key > ? AND key < ?
       ORDER BY key LIMIT ?`,
    );
    this.#documentCount = db.prepare(
      "SELECT count(*) AS count FROM document WHERE tbl = ? AND key >= ? AND key < ?",
    );
    this.#tableCount = db.prepare("SELECT count FROM summary WHERE tbl = ?");
    this.#zone = db.prepare("SELECT zoneKey, count, hash, head FROM zone WHERE id = ?");
    this.#rrset = db.prepare(
      `SELECT value, crc FROM rrset
       WHERE zoneKey = ? AND sortKey = ? AND type = ? AND setIdentifier = ?`,
    );
    this.#rrsetsAt = db.prepare(
      `SELECT ${rrsetColumns} FROM rrset WHERE zoneKey = ? AND sortKey = ?
       ORDER BY type, setIdentifier`,
    );
    this.#rrsetsAt.setReturnArrays(true);
    this.#rrsets = db.prepare(rrsetsFromSql);
    this.#rrsets.setReturnArrays(true);
    this.#loadDamaged();
  }

  head(subject: string): number {
    return (this.#head.get(subject)?.["seq"] as number | undefined) ?? 0;
  }

  lastSeq(): number {
    return (this.#counter.get("lastSeq")?.["value"] as number | undefined) ?? 0;
  }

  get<T>(table: TableName, key: TableKey): T | undefined {
    const encoded = encodeKey(key);
    const row = this.#document.get(table, encoded) as { value: string; crc: number } | undefined;
    return row && (decodeDocument(table, { key: encoded, ...row }) as T);
  }

  list<T>(table: TableName, options: ListOptions = {}): { key: string[]; value: T }[] {
    const { prefix = [], from = [], after, limit = unlimited } = options;
    const first = prefix.length > 0 ? encodeKey(prefix) : "";
    const beyond = after ? encodeKey(after) : "";
    // SQLite looks for `start` alone and reads on from there: as far along as it can be.
    const start = [encodeKey(from), beyond].reduce((a, b) => (b > a ? b : a), first);
    const rows = this.#documents.all(table, start, beyond, rangeEnd(prefix), limit);
    return (rows as unknown as DocumentRow[]).map((row) => ({
      key: decodeKey(row.key),
      value: decodeDocument(table, row) as T,
    }));
  }

  count(table: TableName, prefix: TableKey = []): number {
    // That of a whole table is kept beside it: a million zones are not counted for each new one.
    const row =
      prefix.length === 0
        ? this.#tableCount.get(table)
        : this.#documentCount.get(table, encodeKey(prefix), rangeEnd(prefix));
    return (row?.["count"] as number | undefined) ?? 0;
  }

  rrset(
    zoneId: string,
    name: string,
    type: string,
    setIdentifier = "",
  ): ResourceRecordSet | undefined {
    const zone = this.#zoneOf(zoneId);
    if (!zone) return undefined;
    const sortKey = nameSortKey(name);
    const row = this.#rrset.get(zone.zoneKey, sortKey, type, setIdentifier);
    if (!row) return undefined;
    const { value, crc } = row as { value: string; crc: number };
    return decodeRRset([sortKey, type, setIdentifier, value, crc], { zone, zoneId });
  }

  rrsetsAt(zoneId: string, name: string): ResourceRecordSet[] {
    const zone = this.#zoneOf(zoneId);
    if (!zone) return [];
    const rows = this.#rrsetsAt.all(zone.zoneKey, nameSortKey(name));
    return decodeRRsets(rows, { zone, zoneId });
  }

  rrsets(zoneId: string, from: RRsetPosition | undefined, limit: number): ResourceRecordSet[] {
    const zone = this.#zoneOf(zoneId);
    if (!zone) return [];
    const { name, type = "", setIdentifier = "" } = from ?? { name: "" };
    const sortKey = from ? nameSortKey(name) : "";
    const rows = this.#rrsets.all(zone.zoneKey, sortKey, type, setIdentifier, limit);
    return decodeRRsets(rows, { zone, zoneId });
  }

  *eachRRset(zoneId: string): Generator<ResourceRecordSet> {
    const zone = this.#zoneOf(zoneId);
    if (!zone) return;
    // A statement of its own: others may be in use while the caller walks this one.
    const statement = this.#walks.pop() ?? this.#db.prepare(rrsetsFromSql);
    statement.setReturnArrays(true);
    const rows = statement.iterate(zone.zoneKey, "", "", "", unlimited);
    const of = { zone, zoneId };
    let count = 0;
    let hash = 0;
    try {
      for (const row of rows as unknown as Iterable<RRsetColumns>) {
        count++;
        hash = multisetAdd(hash, row[4]);
        yield decodeRRset(row, of);
      }
    } finally {
      this.#walks.push(statement);
    }
    if (count !== zone.count || hash !== zone.hash) {
      throw new ZoneDamagedError(zoneId, `it has ${count} sets, and should have ${zone.count}`);
    }
  }

  rrsetCount(zoneId: string): number {
    return this.#zoneOf(zoneId)?.count ?? 0;
  }

  zoneDigest(zoneId: string): ZoneDigest | undefined {
    const zone = this.#zoneOf(zoneId);
    return zone && { head: zone.head, count: zone.count, hash: hashText(zone) };
  }

  damagedZones(): Damage[] {
    this.#loadDamaged();
    return [...this.#damaged.values()];
  }

  read<T>(f: () => T): T {
    if (this.#depth > 0) return f();
    this.#begin.run();
    this.#depth++;
    try {
      return f();
    } finally {
      this.#depth--;
      this.#commit.run();
    }
  }

  close(): void {
    this.#db.close();
  }

  #zoneOf(zoneId: string): RowSet | undefined {
    const damage = this.#damageOf(zoneId);
    if (damage) throw new ZoneDamagedError(zoneId, damage.what);
    return this.#zone.get(zoneId) as RowSet | undefined;
  }

  /** Zones can leave quarantine while the reader lives, none joins. */
  #damageOf(zoneId: string): Damage | undefined {
    if (!this.#damaged.has(zoneId)) return undefined;
    this.#loadDamaged();
    return this.#damaged.get(zoneId);
  }

  #loadDamaged(): void {
    this.#damaged.clear();
    const rows = this.#db.prepare("SELECT zoneId, seq, what FROM quarantine").all();
    for (const row of rows) {
      const { zoneId, seq, what } = row as { zoneId: string; seq: number; what: string };
      if (zoneId !== "") this.#damaged.set(zoneId, { zoneId, seq, what, repaired: false });
    }
  }
}

const rrsetsFromSql = `
  SELECT ${rrsetColumns} FROM rrset
  WHERE zoneKey = ? AND (sortKey, type, setIdentifier) >= (?, ?, ?)
  ORDER BY sortKey, type, setIdentifier LIMIT ?`;

type DocumentRow = { key: string; value: string; crc: number };
/** As `rrsetColumns` names them. */
type RRsetColumns = [string, string, string, string, number];
type OfZone = { zone: RowSet; zoneId: string };

/** Above every key there is: U+10FFFF never begins a component. */
function rangeEnd(prefix: TableKey): string {
  return prefix.length > 0 ? keyRangeEnd(prefix) : "\u{10ffff}";
}

function decodeDocument(table: string, row: DocumentRow): unknown {
  if (documentCrc(table, row.key, row.value) !== row.crc) {
    throw new Error(`Cannot read table ${table}: a row is damaged`);
  }
  return JSON.parse(row.value);
}

function decodeRRsets(rows: unknown[], of: OfZone): ResourceRecordSet[] {
  return (rows as RRsetColumns[]).map((row) => decodeRRset(row, of));
}

function decodeRRset(columns: RRsetColumns, of: OfZone): ResourceRecordSet {
  const [sortKey, type, setIdentifier, value, crc] = columns;
  const row = { sortKey, type, setIdentifier, value };
  if (rrsetRowCrc(of.zone.zoneKey, rrsetRowText(row)) !== crc) {
    throw new ZoneDamagedError(of.zoneId, `the ${type} set under ${sortKey} is damaged`);
  }
  return rrsetOfRow(row);
}
