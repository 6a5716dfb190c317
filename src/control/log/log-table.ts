import { crc32 } from "node:zlib";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { noHead, recordCrc } from "./log-record.ts";
import type { Encoding, LogRecord, SubjectHead } from "./log-record.ts";

export function subjectCrc(subject: string, head: SubjectHead): number {
  return crc32(head.chain, crc32(`${subject}\0${head.seq}\0`));
}

/** A row of the `log` table as it was read, not yet checked. */
export type LogRow = { record: LogRecord; crc: number };

/** The `log` and `subject` tables, written by the one connection that writes. */
export class LogTable {
  readonly #insert: StatementSync;
  readonly #selectHead: StatementSync;
  readonly #upsertHead: StatementSync;

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare(
      `INSERT OR REPLACE INTO log (seq, prev, subject, action, at, encoding, bytes, chain, crc)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#selectHead = db.prepare("SELECT seq, chain FROM subject WHERE subject = ?");
    this.#upsertHead = db.prepare(
      "INSERT OR REPLACE INTO subject (subject, seq, chain, crc) VALUES (?, ?, ?, ?)",
    );
  }

  head(subject: string): SubjectHead {
    return (this.#selectHead.get(subject) as SubjectHead | undefined) ?? noHead;
  }

  /** Stores the record and makes it the head of its subject. */
  append(record: LogRecord): void {
    this.put(record);
    const { subject, seq, chain } = record;
    this.#upsertHead.run(subject, seq, chain, subjectCrc(subject, { seq, chain }));
  }

  put(record: LogRecord): void {
    const { seq, prev, subject, action, at, encoding, bytes, chain } = record;
    const crc = recordCrc(record);
    this.#insert.run(seq, prev, subject, action, at, encoding, bytes, chain, crc);
  }
}

const logColumns = "seq, prev, subject, action, at, encoding, bytes, chain, crc";

/** Rows from `from` on, in order. May throw anywhere where the file is damaged. */
export function* logRows(db: DatabaseSync, from = 0): Generator<LogRow> {
  const statement = db.prepare(`SELECT ${logColumns} FROM log WHERE seq >= ? ORDER BY seq`);
  statement.setReturnArrays(true);
  const rows = statement.iterate(from) as unknown as Iterable<LogColumns>;
  for (const row of rows) yield logRow(row);
}

/** One entry by its number, where it is there and intact; never throws for damage. */
export function intactRecord(db: DatabaseSync, seq: number): LogRecord | undefined {
  try {
    for (const row of logRows(db, seq)) {
      return row.record.seq === seq && isIntact(row) ? row.record : undefined;
    }
  } catch {
    // Not readable, not intact.
  }
  return undefined;
}

function logRow(row: LogColumns): LogRow {
  const [seq, prev, subject, action, at, encoding, bytes, chain, crc] = row;
  return { record: { seq, prev, subject, action, at, encoding, bytes, chain }, crc };
}

type LogColumns = [
  number,
  number,
  string,
  string,
  string,
  Encoding,
  Uint8Array,
  Uint8Array,
  number,
];

/** Whether the row is exactly what was stored. Damage may have put any type into any column. */
export function isIntact(row: LogRow): boolean {
  const { record, crc } = row;
  if (!(record.bytes instanceof Uint8Array) || !(record.chain instanceof Uint8Array)) return false;
  return recordCrc(record) === crc;
}
