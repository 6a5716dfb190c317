import { cloudMapScanCountMax } from "../../base/limits.ts";
import type { TableName } from "../../control/model/tables.ts";
import { tokenOf } from "../protocol/page-token.ts";
import { pageStart } from "../route53/pages.ts";
import type { CloudMapContext } from "./cloudmap-context.ts";

type PageInput = { NextToken?: string | undefined; MaxResults?: number | undefined };

/** All lists of Cloud Map have pages of 1 to 100; the model sees to it. */
const pageSizeDefault = 100;

type Listing<T> = {
  table: TableName;
  prefix?: readonly string[];
  keySize: number;
  matches(value: T): boolean;
};

/**
 * A page of the rows that match. A page may be short, or empty, and yet not the last: so many rows
 * were looked at in vain. AWS says the same of its lists.
 * @throws ServiceError InvalidInput for a token that is none
 */
export function filteredPage<T>(
  { route53 }: CloudMapContext,
  { NextToken, MaxResults = pageSizeDefault }: PageInput,
  { table, prefix = [], keySize, matches }: Listing<T>,
): { page: T[]; next: { NextToken?: string } } {
  const start = pageStart(NextToken, { prefix, size: keySize }, "InvalidInput");
  const limit = cloudMapScanCountMax + 1;
  const rows = route53.state.list<T>(table, { ...start, limit });
  const page: T[] = [];
  for (const [index, { key, value }] of rows.entries()) {
    if (page.length === MaxResults || index === cloudMapScanCountMax) {
      return { page, next: { NextToken: tokenOf(key) } };
    }
    if (matches(value)) page.push(value);
  }
  return { page, next: {} };
}
