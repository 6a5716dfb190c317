import type { Committed } from "../model/committed.ts";
import type { Mutation } from "../model/mutation.ts";
import type { ResourceRecordSet } from "../model/resource-record-set.ts";

/**
 * The append-only log of every change of configuration. Small on purpose: SQLite is behind it on
 * one machine, a replicated log can be behind it on many.
 */
export type ChangeLog = {
  /**
   * Appends one entry if the last entry of `subject` is still `expectedHead` (0: none yet).
   * Resolves once the entry is on stable storage and visible to every state reader.
   * @throws StoreFullError where the data disk is full; later appends may succeed
   * @throws StoreError where the entry cannot be applied, or the store is stopping or broken
   */
  append(subject: string, expectedHead: number, entry: NewEntry): Promise<Appended | "conflict">;
  /**
   * Adds sets to an import; nothing shows until `adoptImport`. Resolves, when they are on stable
   * storage, with what has been staged so far, which is what `adoptImport` must repeat.
   */
  stageRRsets(importId: string, rrsets: readonly ResourceRecordSet[]): Promise<Staged>;
  discardImport(importId: string): Promise<void>;
  /** Called for every committed entry, in order. */
  onCommitted(listener: (committed: Committed) => void): void;
  applied: Applied;
};

export type NewEntry = { action: string; mutations: Mutation[] };
export type Appended = { seq: number; at: string };
export type Staged = { count: number; hash: string };

/** How far every live answering worker serves the log: what INSYNC means. */
export type Applied = {
  /** Resolves when every live worker serves entry `seq`. */
  waitFor(seq: number): Promise<void>;
  upTo(): number;
  /** Called by the role that publishes images; never goes back. */
  set(seq: number): void;
};

/** The store refused or failed; nothing of the entry took effect. */
export class StoreError extends Error {
  override name = "StoreError";
}

/** The data disk is full: writes are refused, reads and answers go on. */
export class StoreFullError extends StoreError {
  override name = "StoreFullError";
}
