import type { DatabaseSync, StatementSync } from "node:sqlite";
import {
  alarmHistoryAgeMaxMs,
  alarmHistoryCountMax,
  alarmHistoryTotalMax,
} from "../../base/limits.ts";
import type { AlarmState } from "../../control/model/alarm.ts";
import type {
  AlarmHistoryItem,
  AlarmHistoryPage,
  AlarmHistoryQuery,
  AlarmStatus,
} from "../metrics-desk.ts";
import { MetricsFileError, inTransaction, isDamage, parseStored, textCrc } from "./schema.ts";

/** What is kept of an alarm over a restart. */
export type SavedAlarm = {
  kind: "metric" | "composite";
  /** `updatedAt` of the row that was seen last. */
  configuredAt: string;
  status: Omit<AlarmStatus, "suppressed">;
  /** The state that actions were taken for last. */
  actedState: AlarmState;
};

export type NewHistoryItem = Omit<AlarmHistoryItem, "id">;

/** States and history of alarms, and states of the copies that health checks keep of them. */
export class AlarmTable {
  readonly #db: DatabaseSync;
  readonly #onProblem: (error: unknown) => void;
  readonly #saveAlarm: StatementSync;
  readonly #removeAlarm: StatementSync;
  readonly #saveCheck: StatementSync;
  readonly #removeCheck: StatementSync;
  readonly #append: StatementSync;
  readonly #prune: StatementSync;

  /** `onProblem` is told what could not be written. */
  constructor(db: DatabaseSync, onProblem: (error: unknown) => void) {
    this.#db = db;
    this.#onProblem = onProblem;
    this.#saveAlarm = db.prepare("INSERT OR REPLACE INTO alarmState VALUES (?, ?, ?)");
    this.#removeAlarm = db.prepare("DELETE FROM alarmState WHERE name = ?");
    this.#saveCheck = db.prepare("INSERT OR REPLACE INTO checkState VALUES (?, ?)");
    this.#removeCheck = db.prepare("DELETE FROM checkState WHERE id = ?");
    this.#append = db.prepare(
      `INSERT INTO alarmHistory (at, name, kind, type, summary, data) VALUES (?, ?, ?, ?, ?, ?)`,
    );
    this.#prune = db.prepare(
      `DELETE FROM alarmHistory WHERE name = ?1 AND id <= (
         SELECT id FROM alarmHistory WHERE name = ?1 ORDER BY id DESC
         LIMIT 1 OFFSET ${alarmHistoryCountMax})`,
    );
  }

  /**
   * Runs `f` in a transaction. What cannot be written, on a full disk for one, is lost at the next
   * start: alarms go on without.
   * @throws Error of SQLite where the file is damaged
   */
  write(f: () => void): void {
    try {
      inTransaction(this.#db, f);
    } catch (error) {
      if (isDamage(error)) throw error;
      this.#onProblem(error);
    }
  }

  alarms(): Map<string, SavedAlarm> {
    const alarms = new Map<string, SavedAlarm>();
    for (const row of this.#db.prepare("SELECT name, value, crc FROM alarmState").all()) {
      const { name, value, crc } = row;
      alarms.set(String(name), parseStored(value, crc) as SavedAlarm);
    }
    return alarms;
  }

  saveAlarm(name: string, saved: SavedAlarm): void {
    const text = JSON.stringify(saved);
    this.#saveAlarm.run(name, text, textCrc(text));
  }

  removeAlarm(name: string): void {
    this.#removeAlarm.run(name);
  }

  /** States by health check id. */
  checks(): Map<string, AlarmState> {
    const states = new Map<string, AlarmState>();
    for (const { id, value } of this.#db.prepare("SELECT id, value FROM checkState").all()) {
      if (!isAlarmState(value)) throw new MetricsFileError("a state in it is none");
      states.set(String(id), value);
    }
    return states;
  }

  saveCheck(id: string, state: AlarmState): void {
    this.#saveCheck.run(id, state);
  }

  removeCheck(id: string): void {
    this.#removeCheck.run(id);
  }

  append({ atMs, name, kind, type, summary, data }: NewHistoryItem): void {
    this.#append.run(atMs, name, kind, type, summary, data);
    this.#prune.run(name);
  }

  /** Forgets what is too old, or too much. */
  prune(nowMs: number): void {
    this.#db.prepare("DELETE FROM alarmHistory WHERE at < ?").run(nowMs - alarmHistoryAgeMaxMs);
    this.#db
      .prepare("DELETE FROM alarmHistory WHERE id <= (SELECT max(id) FROM alarmHistory) - ?")
      .run(alarmHistoryTotalMax);
  }

  history(query: AlarmHistoryQuery): AlarmHistoryPage {
    const { name, kinds, itemType, startMs, endMs, order, from, limit } = query;
    const isNewestFirst = order === "newest first";
    const conditions: [string, string | number | undefined][] = [
      ["name = ?", name],
      ["type = ?", itemType],
      ["at >= ?", startMs],
      ["at < ?", endMs],
      [isNewestFirst ? "id <= ?" : "id >= ?", from],
    ];
    const given = conditions.filter(([, value]) => value !== undefined);
    const kindMarks = kinds.map(() => "?").join(", ");
    const where = [`kind IN (${kindMarks})`, ...given.map(([text]) => text)].join(" AND ");
    const values = [...kinds, ...given.map(([, value]) => value as string | number)];
    const rows = this.#db
      .prepare(
        `SELECT id, at AS atMs, name, kind, type, summary, data FROM alarmHistory
         WHERE ${where} ORDER BY id ${isNewestFirst ? "DESC" : "ASC"} LIMIT ?`,
      )
      .all(...values, limit + 1);
    const items = rows.map((row) => ({ ...row }) as unknown as AlarmHistoryItem);
    const more = items.length > limit ? items.pop() : undefined;
    return more ? { items, next: more.id } : { items };
  }
}

function isAlarmState(value: unknown): value is AlarmState {
  return value === "OK" || value === "ALARM" || value === "INSUFFICIENT_DATA";
}
