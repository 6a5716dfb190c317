import { resolverPageMax, resolverScanRowCount } from "../../base/limits.ts";
import type { TableKey, TableName } from "../../control/model/tables.ts";
import type { StateReader } from "../../control/state/state-reader.ts";
import { partsOf, tokenOf } from "../protocol/page-token.ts";
import { ServiceError } from "../protocol/service-error.ts";

type Row<T> = { key: string[]; value: T };

export type Listing<T> = {
  /** None: the automatic rows are all there are. */
  table?: TableName;
  prefix?: TableKey;
  /** Number of components of a key. */
  keySize: number;
  /** Rows that no table has, in order; all of them before those of the table. */
  automatic?: readonly Row<T>[];
  /** Which rows are wanted; default: all. */
  keep?(row: Row<T>): boolean;
  /** Code of the error for a token that is none; default: InvalidNextTokenException. */
  tokenError?: "ValidationException";
};

export type PageRequest = {
  MaxResults?: number | undefined;
  NextToken?: string | undefined;
};

/** `NextToken` is a member only where there is more. */
export type Page<T> = { values: T[]; NextToken?: string };

/**
 * One page of a table, in the order of its keys.
 * @throws ServiceError for a token that is none
 */
export function listPage<T>(state: StateReader, listing: Listing<T>, asked: PageRequest): Page<T> {
  const { values, ...next } = listRows(state, listing, asked);
  return { values: values.map(({ value }) => value), ...next };
}

/**
 * As listPage(), with the key of each row.
 * @throws ServiceError for a token that is none
 */
export function listRows<T>(
  state: StateReader,
  listing: Listing<T>,
  asked: PageRequest,
): Page<Row<T>> {
  const after = asked.NextToken === undefined ? undefined : readToken(asked.NextToken, listing);
  const size = asked.MaxResults ?? resolverPageMax;
  const rows = wantedRows(state, listing, { after, count: size + 1 });
  const values = rows.slice(0, size);
  const last = rows.length > size ? values.at(-1) : undefined;
  return last ? { values, NextToken: tokenOf(last.key) } : { values };
}

function wantedRows<T>(
  state: StateReader,
  { table, prefix, automatic = [], keep = () => true }: Listing<T>,
  { after, count }: { after: string[] | undefined; count: number },
): Row<T>[] {
  const isLater = ({ key }: Row<T>): boolean => after === undefined || isAfter(key, after);
  const rows = automatic.filter((row) => isLater(row) && keep(row)).slice(0, count);
  let from = after;
  while (table && rows.length < count) {
    const read = state.list<T>(table, {
      ...(prefix ? { prefix } : {}),
      ...(from ? { after: from } : {}),
      limit: resolverScanRowCount,
    });
    rows.push(...read.filter(keep).slice(0, count - rows.length));
    if (read.length < resolverScanRowCount) break;
    from = read.at(-1)?.key;
  }
  return rows;
}

function isAfter(key: readonly string[], other: readonly string[]): boolean {
  const index = key.findIndex((part, i) => part !== other[i]);
  return index >= 0 && (key[index] ?? "") > (other[index] ?? "");
}

function readToken<T>(token: string, { prefix = [], keySize, tokenError }: Listing<T>): string[] {
  const key = partsOf(token);
  const isPart = (part: unknown, i: number): boolean =>
    typeof part === "string" && isWithin(part, prefix[i]);
  if (key.length === keySize && key.every(isPart)) return key as string[];
  const code = tokenError ?? "InvalidNextTokenException";
  throw new ServiceError(code, "The specified NextToken is not valid.");
}

function isWithin(part: string, prefix: string | undefined): boolean {
  return prefix === undefined || part === prefix;
}
