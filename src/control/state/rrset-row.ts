import { crc32OfText } from "../../base/crc32.ts";
import { nameOfSortKey, nameSortKey } from "../model/name-sort-key.ts";
import type { ResourceRecordSet } from "../model/resource-record-set.ts";

/**
 * A resource record set as the `rrset` table holds it. `value` is compact JSON: `[ttl, values]`
 * for a set that has nothing else, an object of all fields but name, type and set identifier
 * for any other.
 */
export type RRsetRow = {
  sortKey: string;
  type: string;
  /** Empty where the set has none. */
  setIdentifier: string;
  value: string;
};

export function rrsetRow(rrset: ResourceRecordSet): RRsetRow {
  const { name, type, setIdentifier = "", ...rest } = rrset;
  return { sortKey: nameSortKey(name), type, setIdentifier, value: encodeValue(rest) };
}

type Rest = Omit<ResourceRecordSet, "name" | "type" | "setIdentifier">;

function encodeValue(rest: Rest): string {
  const { ttl, resourceRecords, ...other } = rest;
  for (const field in other) {
    if (other[field as keyof typeof other] !== undefined) return JSON.stringify(rest);
  }
  return JSON.stringify([ttl, resourceRecords]);
}

export function rrsetOfRow(row: RRsetRow): ResourceRecordSet {
  const rrset: ResourceRecordSet = { name: nameOfSortKey(row.sortKey), type: row.type };
  if (row.setIdentifier !== "") rrset.setIdentifier = row.setIdentifier;
  const value = JSON.parse(row.value) as Rest | [ttl: number | null, values: string[] | null];
  if (!Array.isArray(value)) return Object.assign(rrset, value);
  if (value[0] !== null) rrset.ttl = value[0];
  if (value[1] !== null) rrset.resourceRecords = value[1];
  return rrset;
}

/** The text under a row's checksum; the verifier makes the same text in SQL. */
export function rrsetRowText(row: RRsetRow): string {
  return `${row.sortKey}\0${row.type}\0${row.setIdentifier}\0${row.value}`;
}

/** The zone key is the start value, so that a row that strays to another zone does not match. */
export function rrsetRowCrc(zoneKey: number, rowText: string): number {
  return crc32OfText(rowText, zoneKey);
}

/**
 * The hash of a multiset of rows: the sum of their checksums modulo 2^48. Rows can be added and
 * taken away in any order.
 */
export const multisetModulus = 2 ** 48;

export function multisetAdd(hash: number, rowCrc: number): number {
  return (hash + rowCrc) % multisetModulus;
}

export function multisetSubtract(hash: number, rowCrc: number): number {
  return (hash - rowCrc + multisetModulus) % multisetModulus;
}
