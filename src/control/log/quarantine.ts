import type { DatabaseSync } from "node:sqlite";
import { zoneIdOfSubject } from "../model/mutation.ts";
import type { Damage } from "../state/state-reader.ts";
import { quarantineCrc } from "../state/state-writer.ts";

/** A zone that is not served, and the lost entry that is the reason. `zoneId` "": the account. */
export type Quarantine = { zoneId: string; seq: number; what: string };

export function quarantine(db: DatabaseSync, row: Quarantine): void {
  const { zoneId, seq, what } = row;
  const sql = "INSERT OR REPLACE INTO quarantine (zoneId, seq, what, crc) VALUES (?, ?, ?, ?)";
  db.prepare(sql).run(zoneId, seq, what, quarantineCrc(zoneId, seq, what));
}

export function readQuarantine(db: DatabaseSync): Quarantine[] {
  const rows = db.prepare("SELECT zoneId, seq, what FROM quarantine").all();
  return rows as unknown as Quarantine[];
}

export function quarantineDamage(row: Quarantine): Damage {
  const { zoneId, seq, what } = row;
  return zoneId === "" ? { seq, what, repaired: false } : { zoneId, seq, what, repaired: false };
}

/** A log entry that is gone while the tables, which hold its effect, are whole. */
export function missingEntry(seq: number, subject: string | undefined): Damage {
  const zoneId = subject === undefined ? undefined : zoneIdOfSubject(subject);
  const whose = subject === undefined ? "" : ` of ${subject}`;
  const what = `Log entry ${seq}${whose} is damaged; the history has a hole there`;
  return zoneId === undefined ? { seq, what, repaired: true } : { zoneId, seq, what, repaired: true };
}
