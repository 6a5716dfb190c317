import type { DatabaseSync } from "node:sqlite";
import type { StoredMutation } from "../model/mutation.ts";
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

/**
 * Whether an entry that holds these replaces everything its zone had: it ends a quarantine, and
 * what was lost before it no longer matters.
 */
export function replacesZone(mutations: readonly StoredMutation[]): boolean {
  return mutations.some((mutation) => "adoptImport" in mutation || "dropRRsets" in mutation);
}

export function endQuarantine(db: DatabaseSync, zoneId: string): void {
  db.prepare("DELETE FROM quarantine WHERE zoneId = ?").run(zoneId);
}

/** Log entries that are gone; a damage report of its own says what that means for a zone. */
export function missingEntries(missing: ReadonlyMap<number, string | undefined>): Damage[] {
  const damage: Damage[] = [];
  const unknown: number[] = [];
  for (const [seq, subject] of missing) {
    if (subject === undefined) unknown.push(seq);
    else damage.push(missingEntry(seq, subject));
  }
  if (unknown.length > 0) {
    const what = `Log entries ${ranges(unknown)} are damaged; nothing tells whose they were`;
    damage.push({ seq: unknown[0] as number, what, repaired: true });
  }
  return damage;
}

function missingEntry(seq: number, subject: string): Damage {
  const zoneId = zoneIdOfSubject(subject);
  const what = `Log entry ${seq} of ${subject} is damaged; the history has a hole there`;
  return zoneId === undefined
    ? { seq, what, repaired: true }
    : { zoneId, seq, what, repaired: true };
}

/** `3 to 5, 9` for 3, 4, 5 and 9. */
export function ranges(numbers: readonly number[]): string {
  const found: { first: number; last: number }[] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const current = found.at(-1);
    if (current?.last === number - 1) current.last = number;
    else found.push({ first: number, last: number });
  }
  const texts = found.map(({ first, last }) =>
    first === last ? `${first}` : `${first} to ${last}`,
  );
  return texts.join(", ");
}
