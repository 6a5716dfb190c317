import { resolverPageMax } from "../../base/limits.ts";
import { partsOf, tokenOf } from "../protocol/page-token.ts";
import { ServiceError } from "../protocol/service-error.ts";
import { plainName } from "./resolver-filters.ts";
import type { PageRequest } from "./resolver-pages.ts";

/** By name as in the API, the text of an item that it can be sorted by. */
export type SortTexts<T> = Readonly<Record<string, (item: T) => string>>;

type SortRequest = {
  SortBy?: string | undefined;
  SortOrder?: "ASCENDING" | "DESCENDING" | undefined;
};

/**
 * The items by one of their texts, or in their own order. Names may also be written as they first
 * were: `CREATION_TIME`.
 * @throws ServiceError InvalidParameterException for a name that is not in `texts`
 */
export function sorted<T>(
  items: readonly T[],
  { SortBy, SortOrder }: SortRequest,
  texts: SortTexts<T>,
): T[] {
  if (SortBy === undefined) return [...items];
  const textOf = Object.entries(texts).find(([name]) => plainName(name) === plainName(SortBy))?.[1];
  if (!textOf) {
    const message = `The sort key '${SortBy}' is none of ${Object.keys(texts).join(", ")}`;
    throw new ServiceError("InvalidParameterException", message, { FieldName: "SortBy" });
  }
  const sign = SortOrder === "DESCENDING" ? -1 : 1;
  const { compare } = new Intl.Collator("en", { numeric: true });
  return items.toSorted((a, b) => sign * compare(textOf(a), textOf(b)));
}

/**
 * One page of items in any order: the token names the last item of the page before, and its place,
 * should that item be gone.
 * @param code of the error for a token that is none
 */
export function pageOf<T extends { id: string }>(
  items: readonly T[],
  { MaxResults = resolverPageMax, NextToken }: PageRequest,
  code: string,
): { page: T[]; next: { NextToken?: string } } {
  const start = NextToken === undefined ? 0 : placeAfter(items, NextToken);
  if (start === undefined) throw new ServiceError(code, "The specified NextToken is not valid.");
  const end = start + MaxResults;
  const page = items.slice(start, end);
  const last = end < items.length ? page.at(-1) : undefined;
  return { page, next: last ? { NextToken: tokenOf([end, last.id]) } : {} };
}

function placeAfter(items: readonly { id: string }[], token: string): number | undefined {
  const [place, id] = partsOf(token);
  if (!Number.isSafeInteger(place) || typeof id !== "string") return undefined;
  const found = items.findIndex((item) => item.id === id);
  return found < 0 ? Math.max(0, place as number) : found + 1;
}
