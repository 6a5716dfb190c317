import { crc32 } from "node:zlib";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { multisetAdd, multisetSubtract } from "./rrset-row.ts";

/**
 * What is known of a set of rows without reading them: how many there are and their multiset
 * hash. `zoneKey` and `head` are 0 for a small table.
 */
export type RowSet = { zoneKey: number; count: number; hash: number; head: number };

export type RowSetTable = "zone" | "import" | "summary";

/** The checksum of one row of `zone`, `import` or `summary`. */
export function rowSetCrc(id: string, set: RowSet): number {
  return crc32(`${id}\0${set.zoneKey}\0${set.count}\0${set.hash}\0${set.head}`);
}

export function addRow(set: RowSet, rowCrc: number): void {
  set.count++;
  set.hash = multisetAdd(set.hash, rowCrc);
}

export function removeRow(set: RowSet, rowCrc: number): void {
  set.count--;
  set.hash = multisetSubtract(set.hash, rowCrc);
}

export function replaceRow(set: RowSet, oldCrc: number, rowCrc: number): void {
  set.hash = multisetAdd(multisetSubtract(set.hash, oldCrc), rowCrc);
}

/** The rows of one bookkeeping table as a write-back cache that lives for one transaction. */
export class RowSetCache {
  readonly #select: StatementSync;
  readonly #upsert: StatementSync;
  readonly #delete: StatementSync;
  readonly #changed = new Map<string, RowSet | undefined>();
  readonly #hasZoneKey: boolean;

  constructor(db: DatabaseSync, table: RowSetTable) {
    this.#hasZoneKey = table !== "summary";
    const id = this.#hasZoneKey ? "id" : "tbl";
    const columns = this.#hasZoneKey ? "zoneKey, count, hash, head" : "count, hash";
    const places = this.#hasZoneKey ? "?, ?, ?, ?, ?, ?" : "?, ?, ?, ?";
    this.#select = db.prepare(`SELECT ${columns} FROM ${table} WHERE ${id} = ?`);
    this.#upsert = db.prepare(
      `INSERT OR REPLACE INTO ${table} (${id}, ${columns}, crc) VALUES (${places})`,
    );
    this.#delete = db.prepare(`DELETE FROM ${table} WHERE ${id} = ?`);
  }

  /** The row, which the caller may change in place; it is written by `flush`. */
  get(id: string): RowSet | undefined {
    if (this.#changed.has(id)) return this.#changed.get(id);
    const row = this.#select.get(id) as Partial<RowSet> | undefined;
    const set = row && { zoneKey: 0, head: 0, count: 0, hash: 0, ...row };
    this.#changed.set(id, set);
    return set;
  }

  set(id: string, set: RowSet | undefined): void {
    this.#changed.set(id, set);
  }

  flush(): void {
    for (const [id, set] of this.#changed) {
      if (!set) this.#delete.run(id);
      else if (!this.#hasZoneKey) this.#upsert.run(id, set.count, set.hash, rowSetCrc(id, set));
      else {
        const { zoneKey, count, hash, head } = set;
        this.#upsert.run(id, zoneKey, count, hash, head, rowSetCrc(id, set));
      }
    }
    this.#changed.clear();
  }

  forget(): void {
    this.#changed.clear();
  }
}
