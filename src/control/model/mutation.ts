import type { ResourceRecordSet } from "./resource-record-set.ts";
import type { TableKey, TableName } from "./tables.ts";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * One step of a log entry. Applying it is generic and deterministic: it needs nothing but the
 * tables, and the same log gives the same tables on every node.
 */
export type Mutation =
  /** Inserts or replaces a row. With `stamp`, `seq` and `at` of the entry join the object. */
  | { put: TableName; key: TableKey; value: Json; stamp?: true }
  | { remove: TableName; key: TableKey }
  /** Inserts or replaces one set of the zone with this id. */
  | { putRRset: string; rrset: ResourceRecordSet }
  | { removeRRset: string; name: string; type: string; setIdentifier?: string }
  /** Drops every set of the zone with this id (the zone is deleted). O(1). */
  | { dropRRsets: string }
  /** The staged sets become the sets of the zone with this id, in place of all it had. O(1). */
  | { adoptImport: string; importId: string; count: number; hash: string };

/** Steps that the log writes for `stageRRsets` and `discardImport`; never part of an append. */
export type ImportMutation =
  | { stage: string; rrsets: readonly ResourceRecordSet[] }
  | { discardImport: string };

export type StoredMutation = Mutation | ImportMutation;

/** One entry of the change log: all of its mutations take effect, or none. */
export type LogEntry = {
  seq: number;
  /** `zone/<zoneId>` for anything on one hosted zone, `import/<importId>`, else `account`. */
  subject: string;
  /** The API action or command that made it. */
  action: string;
  /** ISO 8601, UTC, milliseconds. */
  at: string;
  mutations: StoredMutation[];
};

export function zoneSubject(zoneId: string): string {
  return `zone/${zoneId}`;
}

export function importSubject(importId: string): string {
  return `import/${importId}`;
}

/** The id of the hosted zone whose subject this is. */
export function zoneIdOfSubject(subject: string): string | undefined {
  return subject.startsWith("zone/") ? subject.slice("zone/".length) : undefined;
}

export const accountSubject = "account";
