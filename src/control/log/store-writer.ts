import type { DatabaseSync } from "node:sqlite";
import { AssertionError } from "../../base/assert.ts";
import type { Clock } from "../../base/clock.ts";
import { journalSizeMax, logEntrySizeMax } from "../../base/limits.ts";
import type { Committed } from "../model/committed.ts";
import type { LogEntry, Mutation, StoredMutation } from "../model/mutation.ts";
import { importSubject, zoneIdOfSubject } from "../model/mutation.ts";
import { hashText, StateWriter } from "../state/state-writer.ts";
import { StoreError } from "./change-log.ts";
import type { Appended, Staged } from "./change-log.ts";
import type { Journal } from "./journal.ts";
import { entryOfRecord, makeRecord } from "./log-record.ts";
import type { LogRecord, SubjectHead } from "./log-record.ts";
import { LogTable } from "./log-table.ts";
import { endQuarantine, replacesZone } from "./quarantine.ts";
import { storeErrorOf } from "./store-errors.ts";

export type AppendRequest = {
  subject: string;
  /** `undefined`: whatever the head is (entries of the store itself). */
  expectedHead: number | undefined;
  action: string;
  /** Mutations as JSON. */
  json: string;
};

/** What became of one request. */
export type AppendOutcome = Appended | "conflict" | StoreError;

export type GroupResult = { outcomes: AppendOutcome[]; committed: Committed[] };

export type StoreWriterOptions = {
  db: DatabaseSync;
  journal: Journal;
  clock: Clock;
  dataDir: string;
  /** Zones that take no entries but such as replace all they have, by id, with the reason. */
  quarantined: ReadonlyMap<string, string>;
};

/**
 * Writes groups of entries: compares, appends, applies, journals, commits, in this order. What
 * `commitGroup` reports as appended is on stable storage and visible to readers.
 */
export class StoreWriter {
  readonly #options: StoreWriterOptions;
  readonly #db: DatabaseSync;
  readonly #journal: Journal;
  readonly #log: LogTable;
  readonly #state: StateWriter;
  readonly #quarantined: Map<string, string>;
  #lastSeq: number;

  constructor(options: StoreWriterOptions) {
    this.#options = options;
    this.#db = options.db;
    this.#journal = options.journal;
    this.#log = new LogTable(options.db);
    this.#state = new StateWriter(options.db);
    this.#quarantined = new Map(options.quarantined);
    this.#lastSeq = this.#state.counter("lastSeq");
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  get journalIsLong(): boolean {
    return this.#journal.size > journalSizeMax;
  }

  /** Whether entries can be appended before the next checkpoint. */
  get journalIsTrusted(): boolean {
    return this.#journal.trusted;
  }

  /** Appends in one transaction what can be appended; the requests do not depend on each other. */
  commitGroup(requests: readonly AppendRequest[]): GroupResult {
    const group: Group = { outcomes: [], records: [], committed: [], healed: [] };
    try {
      if (!this.#journal.trusted) this.checkpoint();
      this.#db.exec("BEGIN IMMEDIATE");
      for (const request of requests) group.outcomes.push(this.#append(request, group));
      if (group.records.length === 0) this.#rollback();
      else this.#commit(group);
      return group;
    } catch (error) {
      this.#rollback();
      if (error instanceof AssertionError) throw error;
      const failure = storeErrorOf(error, this.#options.dataDir);
      // A conflict stands: it says that the head was another one before this group.
      return { outcomes: requests.map(() => failure), committed: [] };
    }
  }

  /** What an import holds so far. */
  staged(importId: string): Staged {
    const set = this.#state.staged(importId);
    this.#state.forget();
    return set ? { count: set.count, hash: hashText(set) } : { count: 0, hash: "0".repeat(12) };
  }

  /** Drops imports that nobody can finish any more; called before anyone else can write. */
  discardImports(): void {
    const requests = this.#state.importIds().map((id) => discardRequest(id));
    if (requests.length > 0) this.commitGroup(requests);
  }

  /** Deletes rows that nothing refers to. @returns whether there may be more */
  purge(): boolean {
    try {
      this.#db.exec("BEGIN IMMEDIATE");
      const more = this.#state.purge();
      this.#db.exec("COMMIT");
      return more;
    } catch {
      // Nothing depends on it: a full or failing disk is reported by the next append.
      this.#rollback();
      return false;
    }
  }

  /**
   * Makes the database file complete on stable storage and starts a new journal.
   * @returns false where a reader held an old snapshot for too long: try again later
   * @throws StoreError where the disk does not take it; nothing is lost
   */
  checkpoint(): boolean {
    try {
      // The bulk is moved without waiting for anyone, then the rest and the cut to zero.
      this.#db.prepare("PRAGMA wal_checkpoint(PASSIVE)").get();
      const result = this.#db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get();
      if (result?.["busy"] !== 0) return false;
      this.#journal.restart(this.#lastSeq);
      return true;
    } catch (error) {
      throw storeErrorOf(error, this.#options.dataDir);
    }
  }

  /** Applies an entry of the journal that the database has lost. The caller owns the commit. */
  redo(record: LogRecord): void {
    this.#log.append(record);
    this.#state.apply(entryOfRecord(record));
    this.#state.setCounter("lastSeq", record.seq);
    this.#state.flush();
    this.#lastSeq = record.seq;
  }

  head(subject: string): SubjectHead {
    return this.#log.head(subject);
  }

  #append(request: AppendRequest, group: Group): AppendOutcome {
    const { subject, expectedHead, action, json } = request;
    if (json.length > logEntrySizeMax) {
      const text = `Cannot append change: ${json.length} characters, limit ${logEntrySizeMax}`;
      return new StoreError(text);
    }
    const head = this.#log.head(subject);
    if (expectedHead !== undefined && head.seq !== expectedHead) return "conflict";
    const mutations = JSON.parse(json) as StoredMutation[];
    const refusal = this.#refusal(subject, mutations);
    if (refusal !== undefined) return new StoreError(`Cannot append change: ${refusal}`);
    const seq = this.#lastSeq + group.records.length + 1;
    const at = new Date(this.#options.clock.nowMs()).toISOString();
    const record = makeRecord({ seq, subject, action, at, json }, head);
    this.#log.append(record);
    group.records.push(record);
    this.#leaveQuarantine(subject, group);
    const entry: LogEntry = { seq, subject, action, at, mutations };
    group.committed.push(this.#state.apply(entry));
    return { seq, at };
  }

  #refusal(subject: string, mutations: StoredMutation[]): string | undefined {
    const zoneId = zoneIdOfSubject(subject);
    const quarantined = zoneId === undefined ? undefined : this.#quarantined.get(zoneId);
    if (quarantined !== undefined && !replacesZone(mutations)) return quarantined;
    return this.#state.refusal(subject, mutations as Mutation[]);
  }

  /** An entry that gets past `#refusal` makes its zone whole. */
  #leaveQuarantine(subject: string, group: Group): void {
    const zoneId = zoneIdOfSubject(subject);
    if (zoneId === undefined || !this.#quarantined.has(zoneId)) return;
    endQuarantine(this.#db, zoneId);
    group.healed.push(zoneId);
  }

  /** Journal first, synced; only then the commit that makes the entries visible. */
  #commit(group: Group): void {
    const lastSeq = this.#lastSeq + group.records.length;
    this.#state.setCounter("lastSeq", lastSeq);
    this.#state.flush();
    this.#journal.append(group.records);
    try {
      this.#db.exec("COMMIT");
    } catch (error) {
      this.#journal.undoAppend();
      throw error;
    }
    this.#lastSeq = lastSeq;
    for (const zoneId of group.healed) this.#quarantined.delete(zoneId);
  }

  #rollback(): void {
    this.#state.forget();
    try {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
    } catch {
      // SQLite has rolled back by itself.
    }
  }
}

type Group = GroupResult & { records: LogRecord[]; healed: string[] };

export function stageRequest(importId: string, rrsetsJson: string): AppendRequest {
  const json = `[{"stage":${JSON.stringify(importId)},"rrsets":${rrsetsJson}}]`;
  return { subject: importSubject(importId), expectedHead: undefined, action: "Stage", json };
}

export function discardRequest(importId: string): AppendRequest {
  const json = JSON.stringify([{ discardImport: importId }]);
  return { subject: importSubject(importId), expectedHead: undefined, action: "Discard", json };
}
