import { chmodSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { StatementSync } from "node:sqlite";
import { healthEventCountMax } from "../../base/limits.ts";
import type { HealthEvent } from "../../control/model/health-event.ts";
import type { EventQuery } from "../../control/model/health-report.ts";
import type { Verdict } from "../checker/verdict-table.ts";
import type { ListMark } from "./check-lists.ts";
import type { LastStatus } from "./health-statuses.ts";

const fileName = "health.db";
const schemaVersion = 1;

/*
 *   status     the last status of every check, so that a restart changes none
 *   location   every location that was heard of, so that a start can wait for them
 *   event      the newest events, JSON as the API tells them
 *   mark       version and digest of the lists of checks
 */
const tables = `
CREATE TABLE status (
  healthCheckId TEXT PRIMARY KEY, found INTEGER NOT NULL, healthy INTEGER NOT NULL,
  changedAtMs INTEGER
) WITHOUT ROWID;
CREATE TABLE location (
  name TEXT PRIMARY KEY, region TEXT, seenAtMs INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE event (id TEXT PRIMARY KEY, healthCheckId TEXT, json TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX eventByCheck ON event (healthCheckId, id);
CREATE TABLE mark (id INTEGER PRIMARY KEY, version INTEGER NOT NULL, digest TEXT NOT NULL);
PRAGMA user_version = ${schemaVersion};
`;

/** Events are counted, and the oldest deleted, once in so many. */
const trimEvery = 1_000;

export type KnownLocation = { name: string; region: string | null; seenAtMs: number };

/**
 * What is known of health and must outlive a restart: a small SQLite file in the data directory.
 * It is no part of the change log. Nothing in it is lost by a crash of Signpost; a power cut can
 * cost the last moments.
 */
export class HealthDatabase {
  readonly #db: DatabaseSync;
  readonly #statements: Record<keyof typeof sql, StatementSync>;
  #sinceTrim = 0;

  private constructor(db: DatabaseSync) {
    this.#db = db;
    const entries = Object.entries(sql).map(([name, text]) => [name, db.prepare(text)] as const);
    this.#statements = Object.fromEntries(entries) as Record<keyof typeof sql, StatementSync>;
  }

  /**
   * Opens or makes the file. One that is damaged is put aside, and health is found out anew; where
   * there can be none, on a full disk for instance, all is kept in memory until the next start.
   */
  static open(dataDir: string, onProblem: (what: string) => void): HealthDatabase {
    const path = join(dataDir, fileName);
    try {
      try {
        return HealthDatabase.#openAt(path);
      } catch (error) {
        if (!isDamage(error)) throw error;
        onProblem(`${fileName} is damaged and put aside as ${fileName}.damaged: ${String(error)}`);
        renameSync(path, `${path}.damaged`);
        for (const suffix of ["-wal", "-shm"]) rmSync(path + suffix, { force: true });
        return HealthDatabase.#openAt(path);
      }
    } catch (error) {
      onProblem(`Cannot use ${fileName}, statuses are kept in memory only: ${String(error)}`);
      return HealthDatabase.#openAt(":memory:");
    }
  }

  static #openAt(path: string): HealthDatabase {
    const db = new DatabaseSync(path);
    try {
      if (path !== ":memory:") chmodSync(path, 0o600);
      db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
      const version = db.prepare("PRAGMA user_version").get()?.["user_version"];
      if (version === 0) db.exec(`BEGIN; ${tables} COMMIT`);
      else if (version !== schemaVersion) throw new Error(`its version is ${String(version)}`);
      return new HealthDatabase(db);
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** Runs `f` as one transaction. */
  write(f: () => void): void {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      f();
      this.#db.exec("COMMIT");
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw error;
    }
  }

  statuses(): Map<string, LastStatus> {
    const rows = this.#statements.statuses.all() as StatusRow[];
    return new Map(
      rows.map(({ healthCheckId, found, healthy, changedAtMs }) => [
        healthCheckId,
        { found, healthy: healthy === 1, changedAtMs: changedAtMs ?? undefined },
      ]),
    );
  }

  putStatus(healthCheckId: string, { found, healthy, changedAtMs }: LastStatus): void {
    this.#statements.putStatus.run(healthCheckId, found, healthy ? 1 : 0, changedAtMs ?? null);
  }

  removeStatus(healthCheckId: string): void {
    this.#statements.removeStatus.run(healthCheckId);
  }

  locations(): KnownLocation[] {
    return this.#statements.locations.all() as KnownLocation[];
  }

  putLocation({ name, region, seenAtMs }: KnownLocation): void {
    this.#statements.putLocation.run(name, region, seenAtMs);
  }

  removeLocation(name: string): void {
    this.#statements.removeLocation.run(name);
  }

  listMark(): ListMark | undefined {
    return this.#statements.mark.get() as ListMark | undefined;
  }

  putListMark({ version, digest }: ListMark): void {
    this.#statements.putMark.run(version, digest);
  }

  lastEventId(): string | undefined {
    return this.#statements.lastEventId.get()?.["id"] as string | undefined;
  }

  addEvent(event: HealthEvent, json: string): void {
    const healthCheckId = "healthCheckId" in event ? event.healthCheckId : null;
    this.#statements.addEvent.run(event.id, healthCheckId, json);
    if (++this.#sinceTrim < trimEvery) return;
    this.#sinceTrim = 0;
    this.#statements.trimEvents.run(healthEventCountMax);
  }

  /** As JSON, oldest first. */
  events({ healthCheckId, afterId, limit }: EventQuery): string[] {
    const after = afterId ?? "";
    const order = afterId === undefined ? "newest" : "later";
    const rows =
      healthCheckId === undefined
        ? this.#statements[`${order}Events`].all(after, limit)
        : this.#statements[`${order}EventsOf`].all(healthCheckId, after, limit);
    const texts = rows.map((row) => row["json"] as string);
    return afterId === undefined ? texts.toReversed() : texts;
  }

  close(): void {
    this.#db.close();
  }
}

/** SQLITE_ERROR (a table is not as it should be), SQLITE_CORRUPT, SQLITE_NOTADB. */
const damageCodes: readonly unknown[] = [1, 11, 26];

function isDamage(error: unknown): boolean {
  return damageCodes.includes((error as { errcode?: unknown }).errcode);
}

type StatusRow = {
  healthCheckId: string;
  found: Verdict;
  healthy: number;
  changedAtMs: number | null;
};

const sql = {
  statuses: "SELECT healthCheckId, found, healthy, changedAtMs FROM status",
  putStatus: "INSERT OR REPLACE INTO status VALUES (?, ?, ?, ?)",
  removeStatus: "DELETE FROM status WHERE healthCheckId = ?",
  locations: "SELECT name, region, seenAtMs FROM location ORDER BY name",
  putLocation: "INSERT OR REPLACE INTO location VALUES (?, ?, ?)",
  removeLocation: "DELETE FROM location WHERE name = ?",
  mark: "SELECT version, digest FROM mark WHERE id = 1",
  putMark: "INSERT OR REPLACE INTO mark VALUES (1, ?, ?)",
  lastEventId: "SELECT max(id) AS id FROM event",
  addEvent: "INSERT OR REPLACE INTO event VALUES (?, ?, ?)",
  trimEvents: `DELETE FROM event
    WHERE id <= (SELECT id FROM event ORDER BY id DESC LIMIT 1 OFFSET ?)`,
  newestEvents: "SELECT json FROM event WHERE id > ? ORDER BY id DESC LIMIT ?",
  laterEvents: "SELECT json FROM event WHERE id > ? ORDER BY id LIMIT ?",
  newestEventsOf: `SELECT json FROM event WHERE healthCheckId = ? AND id > ?
    ORDER BY id DESC LIMIT ?`,
  laterEventsOf: "SELECT json FROM event WHERE healthCheckId = ? AND id > ? ORDER BY id LIMIT ?",
} as const;
