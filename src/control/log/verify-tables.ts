import type { DatabaseSync } from "node:sqlite";
import { zoneSubject } from "../model/mutation.ts";
import { addRow, rowSetCrc } from "../state/row-set.ts";
import type { RowSet } from "../state/row-set.ts";
import { rrsetRowCrc } from "../state/rrset-row.ts";
import { counterCrc, documentCrc, quarantineCrc } from "../state/state-writer.ts";
import { subjectCrc } from "./log-table.ts";
import type { LogCheck } from "./verify-log.ts";

export type TableFinding = { what: string; zoneId?: string };

export type TablesCheck = {
  findings: TableFinding[];
  /** Zones whose sets are proven to be all there, as of their last log entry. */
  wholeZones: Set<string>;
  /** Whether every row of every small table is proven to be there. */
  documentsWhole: boolean;
  quarantineWhole: boolean;
  /** Last entry of each subject, from intact rows of the `subject` table. */
  subjects: Map<string, number>;
  /** What the `counter` table says; 0 where it cannot be read. */
  lastSeq: number;
};

/** Checks every table against its checksums, counts and hashes, and against the log. */
export function verifyTables(db: DatabaseSync, log: LogCheck): TablesCheck {
  const check = new TablesVerifier(db, log);
  return check.run();
}

class TablesVerifier {
  readonly #db: DatabaseSync;
  readonly #log: LogCheck;
  readonly #findings: TableFinding[] = [];
  readonly #wholeZones = new Set<string>();
  readonly #subjectSeqs = new Map<string, number>();
  #lastSeq = 0;
  #nextZoneKey = 1;

  constructor(db: DatabaseSync, log: LogCheck) {
    this.#db = db;
    this.#log = log;
  }

  run(): TablesCheck {
    this.#isWhole("structure", () => this.#structure());
    this.#isWhole("counter", () => this.#counters());
    this.#isWhole("subject", () => this.#subjects());
    const quarantineWhole = this.#isWhole("quarantine", () => this.#quarantine());
    const documentsWhole = this.#isWhole("document", () => this.#documents());
    this.#isWhole("rrset", () => this.#rrsets());
    return {
      findings: this.#findings,
      wholeZones: this.#wholeZones,
      documentsWhole,
      quarantineWhole,
      subjects: this.#subjectSeqs,
      lastSeq: this.#lastSeq,
    };
  }

  #isWhole(part: string, verify: () => void): boolean {
    const before = this.#findings.length;
    try {
      verify();
    } catch (error) {
      this.#find(`Table ${part} cannot be read: ${(error as Error).message}`);
    }
    return this.#findings.length === before;
  }

  #find(what: string, zoneId?: string): void {
    this.#findings.push(zoneId === undefined ? { what } : { what, zoneId });
  }

  #structure(): void {
    for (const row of this.#rows("PRAGMA quick_check(5)")) {
      if (row[0] === "ok") continue;
      const text = String(row[0]).replace("*** in database main ***\n", "").replaceAll("\n", ", ");
      this.#find(`Database structure: ${text}`);
    }
  }

  #counters(): void {
    const names = new Set<string>();
    for (const row of this.#rows("SELECT name, value, crc FROM counter")) {
      const [name, value, crc] = row as [string, number, number];
      if (counterCrc(name, value) !== crc) this.#find(`Counter ${name} is damaged`);
      else if (name === "lastSeq") this.#lastSeq = value;
      else if (name === "nextZoneKey") this.#nextZoneKey = value;
      names.add(name);
    }
    const seen = this.#log.lastSeq;
    if (seen > 0 && !names.has("lastSeq")) this.#find("Counter lastSeq is missing");
    else if (this.#lastSeq < seen) this.#find(`Tables end at ${this.#lastSeq}, the log at ${seen}`);
    for (let seq = seen + 1; seq <= this.#lastSeq; seq++) this.#log.damaged.set(seq, undefined);
  }

  /** Also tells whose entry it is that is missing, where it was its subject's last. */
  #subjects(): void {
    const { heads, damaged } = this.#log;
    for (const row of this.#rows("SELECT subject, seq, chain, crc FROM subject")) {
      const [subject, seq, chain, crc] = row as [string, number, Uint8Array, number];
      if (subjectCrc(subject, { seq, chain }) !== crc) {
        this.#find(`Head of ${subject} is damaged`);
        continue;
      }
      this.#subjectSeqs.set(subject, seq);
      const head = heads.get(subject);
      if (head?.seq === seq && Buffer.compare(head.chain, chain) === 0) continue;
      if (damaged.has(seq) && (head?.seq ?? 0) <= seq) {
        damaged.set(seq, subject);
        heads.set(subject, { seq, chain });
      } else {
        this.#find(`Head of ${subject} is ${seq}, the log says ${head?.seq}`);
      }
    }
    for (const [subject, head] of heads) {
      if (!this.#subjectSeqs.has(subject)) {
        this.#find(`Head of ${subject} is missing, it is ${head.seq}`);
      }
    }
  }

  #quarantine(): void {
    for (const row of this.#rows("SELECT zoneId, seq, what, crc FROM quarantine")) {
      const [zoneId, seq, what, crc] = row as [string, number, string, number];
      if (quarantineCrc(zoneId, seq, what) !== crc) this.#find("The quarantine list is damaged");
    }
  }

  #documents(): void {
    const found = new Map<string, RowSet>();
    for (const row of this.#rows("SELECT tbl, key, value, crc FROM document")) {
      const [table, key, value, crc] = row as [string, string, string, number];
      if (documentCrc(table, key, value) !== crc) this.#find(`A row of table ${table} is damaged`);
      let set = found.get(table);
      if (!set) found.set(table, (set = { zoneKey: 0, count: 0, hash: 0, head: 0 }));
      addRow(set, crc);
    }
    for (const row of this.#rows("SELECT tbl, count, hash, crc FROM summary")) {
      const [table, count, hash, crc] = row as [string, number, number, number];
      const want = { zoneKey: 0, count, hash, head: 0 };
      if (rowSetCrc(table, want) !== crc) this.#find(`Summary of table ${table} is damaged`);
      if (!sameRows(want, found.get(table))) this.#find(`Table ${table} does not hold its rows`);
      found.delete(table);
    }
    for (const table of found.keys()) this.#find(`Table ${table} has no summary`);
  }

  #rrsets(): void {
    const found = this.#rrsetRows();
    let highest = 0;
    for (const zoneKey of found.keys()) highest = Math.max(highest, zoneKey);
    if (highest >= this.#nextZoneKey) this.#find(`Counter nextZoneKey is below ${highest}`);
    for (const row of this.#rows("SELECT zoneKey FROM garbage")) found.delete(row[0] as number);
    for (const [zoneId, zone] of this.#rowSets("zone")) {
      const head = this.#log.heads.get(zoneSubject(zoneId))?.seq;
      if (zone.head !== head) this.#find(`Zone ${zoneId} is at ${zone.head}, not ${head}`, zoneId);
      else if (isWhole(zone, found.get(zone.zoneKey))) this.#wholeZones.add(zoneId);
      else this.#find(`The records of zone ${zoneId} are damaged`, zoneId);
      found.delete(zone.zoneKey);
    }
    for (const [importId, set] of this.#rowSets("import")) {
      if (!isWhole(set, found.get(set.zoneKey))) this.#find(`Import ${importId} is damaged`);
      found.delete(set.zoneKey);
    }
    for (const zoneKey of found.keys()) this.#find(`Records under ${zoneKey} belong to no zone`);
  }

  /** Count and hash of the sets under each zone key, recomputed. */
  #rrsetRows(): Map<number, FoundRows> {
    const found = new Map<number, FoundRows>();
    let current: FoundRows = { zoneKey: NaN, count: 0, hash: 0, head: 0, damaged: 0 };
    const rows = this.#rows(
      `SELECT zoneKey, crc,
         sortKey || char(0) || type || char(0) || setIdentifier || char(0) || value
       FROM rrset`,
    );
    for (const row of rows) {
      const [zoneKey, crc, text] = row as [number, number, string];
      // Damage can turn any column into any type.
      if (typeof zoneKey !== "number" || typeof text !== "string") throw new Error("bad types");
      if (zoneKey !== current.zoneKey) {
        current = found.get(zoneKey) ?? { zoneKey, count: 0, hash: 0, head: 0, damaged: 0 };
        found.set(zoneKey, current);
      }
      addRow(current, crc);
      if (rrsetRowCrc(zoneKey, text) !== crc) current.damaged++;
    }
    return found;
  }

  *#rowSets(table: "zone" | "import"): Generator<[string, RowSet]> {
    for (const row of this.#rows(`SELECT id, zoneKey, count, hash, head, crc FROM ${table}`)) {
      const [id, zoneKey, count, hash, head, crc] = row as [string, ...number[]];
      const set = { zoneKey, count, hash, head } as RowSet;
      if (rowSetCrc(id, set) !== crc) this.#find(`Bookkeeping of ${table} ${id} is damaged`);
      else yield [id, set];
    }
  }

  #rows(sql: string): Iterable<unknown[]> {
    const statement = this.#db.prepare(sql);
    statement.setReturnArrays(true);
    return statement.iterate() as unknown as Iterable<unknown[]>;
  }
}

type FoundRows = RowSet & { damaged: number };

function isWhole(want: RowSet, found: FoundRows | undefined): boolean {
  return sameRows(want, found) && (found?.damaged ?? 0) === 0;
}

function sameRows(want: RowSet, found: RowSet | undefined): boolean {
  return want.count === (found?.count ?? 0) && want.hash === (found?.hash ?? 0);
}
