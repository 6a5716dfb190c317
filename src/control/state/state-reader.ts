import type { ResourceRecordSet } from "../model/resource-record-set.ts";
import type { TableKey, TableName } from "../model/tables.ts";

/**
 * Synchronous reads of the state on a connection of the calling thread. Each call sees the
 * newest committed state; calls inside one `read()` all see the same state.
 */
export type StateReader = {
  /** Sequence number of the last entry of this subject, 0 where there is none. */
  head(subject: string): number;
  /** Sequence number of the last entry of all. */
  lastSeq(): number;
  get<T>(table: TableName, key: TableKey): T | undefined;
  /** Rows in key order. */
  list<T>(table: TableName, options?: ListOptions): { key: string[]; value: T }[];
  count(table: TableName, prefix?: TableKey): number;
  /** One set by its full identity. */
  rrset(
    zoneId: string,
    name: string,
    type: string,
    setIdentifier?: string,
  ): ResourceRecordSet | undefined;
  /** Every set at one name: all types and set identifiers, in list order. */
  rrsetsAt(zoneId: string, name: string): ResourceRecordSet[];
  /** Sets in list order (`nameSortKey`, type, set identifier) from `from`, itself included. */
  rrsets(zoneId: string, from: RRsetPosition | undefined, limit: number): ResourceRecordSet[];
  /** Every set of the zone in list order, streamed; use inside `read()` or to the end at once. */
  eachRRset(zoneId: string): Iterable<ResourceRecordSet>;
  rrsetCount(zoneId: string): number;
  /** What tells a zone's content; `undefined` where it never had any. */
  zoneDigest(zoneId: string): ZoneDigest | undefined;
  /** Zones whose records cannot be trusted: never served, and API calls on them fail. */
  damagedZones(): Damage[];
  /** Runs `f` on one snapshot. Calls may nest. `f` must not be async. */
  read<T>(f: () => T): T;
  close(): void;
};

/** `from` is inclusive, `after` exclusive; both within `prefix` where that is given. */
export type ListOptions = {
  prefix?: TableKey;
  from?: TableKey;
  after?: TableKey;
  limit?: number;
};

/** The last entry of the log on a zone, the number of its sets, and the hash over them. */
export type ZoneDigest = { head: number; count: number; hash: string };

export type RRsetPosition = { name: string; type?: string; setIdentifier?: string };

/** One finding of the check at start. */
export type Damage = {
  /** The hosted zone concerned, where one is. */
  zoneId?: string;
  /** The log entry concerned, where one is. */
  seq?: number;
  /** What was found, and what was done about it; one sentence. */
  what: string;
  /** True where nothing acknowledged is lost; false keeps the zone from being served. */
  repaired: boolean;
};

/** Records of a hosted zone cannot be trusted: they are not read, not served, not changed. */
export class ZoneDamagedError extends Error {
  override name = "ZoneDamagedError";
  readonly zoneId: string;

  constructor(zoneId: string, what: string) {
    super(`Cannot read hosted zone ${zoneId}: ${what}`);
    this.zoneId = zoneId;
  }
}
