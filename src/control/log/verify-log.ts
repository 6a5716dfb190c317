import type { DatabaseSync } from "node:sqlite";
import { unreadableEntryCountMax } from "../../base/limits.ts";
import { chainOf, noHead } from "./log-record.ts";
import type { LogRecord, SubjectHead } from "./log-record.ts";
import { isIntact, logRows } from "./log-table.ts";
import type { LogRow } from "./log-table.ts";

export type LogCheck = {
  /** The end of each subject's chain, as far as the log shows it. */
  heads: Map<string, SubjectHead>;
  /** Entries that are missing or not intact → their subject, where a later entry tells it. */
  damaged: Map<number, string | undefined>;
  /** The highest sequence number seen. */
  lastSeq: number;
};

/** Reads the whole log: every checksum, no gap, every subject's chain. */
export function verifyLog(db: DatabaseSync, onIntact?: (record: LogRecord) => void): LogCheck {
  const check: LogCheck = { heads: new Map(), damaged: new Map(), lastSeq: 0 };
  let next = 1;
  for (let failures = 0; failures <= unreadableEntryCountMax; failures++) {
    try {
      for (const row of logRows(db, next)) {
        if (verifyRow(check, row)) onIntact?.(row.record);
        next = check.lastSeq + 1;
      }
      break;
    } catch {
      // The page of this entry cannot be read; those behind it perhaps can.
      next++;
    }
  }
  return check;
}

function verifyRow(check: LogCheck, row: LogRow): boolean {
  // The number of a row that is not intact is not to be trusted: it takes the next place.
  const intact = isIntact(row) && row.record.seq > check.lastSeq;
  const seq = intact ? row.record.seq : check.lastSeq + 1;
  while (++check.lastSeq < seq) check.damaged.set(check.lastSeq, undefined);
  if (intact && continuesChain(check, row.record)) return true;
  check.damaged.set(seq, intact ? row.record.subject : undefined);
  return false;
}

/** Whether the entry follows its subject's last one; names that one where it is missing. */
function continuesChain(check: LogCheck, record: LogRecord): boolean {
  const { subject, prev, seq, chain } = record;
  const head = check.heads.get(subject) ?? noHead;
  check.heads.set(subject, { seq, chain });
  if (prev !== head.seq) {
    if (!check.damaged.has(prev)) return false;
    check.damaged.set(prev, subject);
    return true;
  }
  return Buffer.compare(chainOf(record, head.chain), chain) === 0;
}
