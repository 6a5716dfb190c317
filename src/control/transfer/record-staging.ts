import { DatabaseSync } from "node:sqlite";
import type { StatementSync } from "node:sqlite";

/** One record of a master file. */
export type StagedRecord = {
  /** Where it stands in the file. */
  line: number;
  type: number;
  ttl: number;
  rdata: Uint8Array;
};

/** All records of one owner name, by type, in file order within a type. */
export type StagedName = { sortKey: string; records: StagedRecord[] };

type Row = [sortKey: string, type: number, line: number, ttl: number, rdata: Uint8Array];

/**
 * Brings records that stand scattered over a master file together by owner name, in bounded
 * memory: a private SQLite database that spills into an unlinked temporary file, so that nothing
 * is left behind whatever happens to the process.
 */
export class RecordStaging {
  readonly #db = new DatabaseSync("");
  readonly #insert: StatementSync;

  constructor() {
    this.#db.exec(`
      PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -32768;
      CREATE TABLE record (
        sortKey TEXT NOT NULL, type INTEGER NOT NULL, line INTEGER NOT NULL,
        ttl INTEGER NOT NULL, rdata BLOB NOT NULL
      );
      BEGIN;`);
    this.#insert = this.#db.prepare("INSERT INTO record VALUES (?, ?, ?, ?, ?)");
  }

  /** @param sortKey `nameSortKey` of the owner's name */
  add(sortKey: string, record: StagedRecord): void {
    this.#insert.run(sortKey, record.type, record.line, record.ttl, record.rdata);
  }

  /** Every name in the order of its key. Nothing may be added after this. */
  *names(): Generator<StagedName> {
    this.#db.exec("COMMIT");
    const select = this.#db.prepare(
      "SELECT sortKey, type, line, ttl, rdata FROM record ORDER BY sortKey, type, rowid",
    );
    select.setReturnArrays(true);
    let name: StagedName | undefined;
    for (const row of select.iterate() as Iterable<unknown>) {
      const [sortKey, type, line, ttl, rdata] = row as Row;
      if (name?.sortKey !== sortKey) {
        if (name) yield name;
        name = { sortKey, records: [] };
      }
      name.records.push({ line, type, ttl, rdata });
    }
    if (name) yield name;
  }

  close(): void {
    this.#db.close();
  }
}
