import type { ServiceError } from "../protocol/service-error.ts";

/** What a list operation is asked for. */
type PageWanted = {
  MaxResults?: number | undefined;
  NextToken?: string | undefined;
};

/** AWS's, where a request does not say. */
const pageSizeDefault = 100;

/**
 * One page of `items`; the token names the last item of the page before, and its place, should that
 * item be gone meanwhile.
 * @param refuse the error for a token that is none
 */
export function pageOf<T>(
  items: readonly T[],
  wanted: PageWanted,
  { idOf, refuse }: { idOf(item: T): string; refuse(message: string): ServiceError },
): { page: T[]; next: { NextToken?: string } } {
  const start = wanted.NextToken === undefined ? 0 : startAfter(items, wanted.NextToken);
  if (start === undefined) throw refuse("The value that you specified for NextToken isn't valid.");
  const end = start + (wanted.MaxResults ?? pageSizeDefault);
  const page = items.slice(start, end);
  const last = page.at(-1);
  const next = last !== undefined && end < items.length;
  return { page, next: next ? { NextToken: tokenOf([end, idOf(last)]) } : {} };

  function startAfter(all: readonly T[], token: string): number | undefined {
    const [place, id] = partsOf(token);
    if (typeof place !== "number" || typeof id !== "string") return undefined;
    const found = all.findIndex((item) => idOf(item) === id);
    return found < 0 ? place : found + 1;
  }
}

/** An opaque text that stands for where the next page begins. */
export function tokenOf(parts: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(parts)).toString("base64url");
}

/** The parts of a token that tokenOf() made; none of any other text. */
export function partsOf(token: string): unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, "base64url").toString());
    return Array.isArray(parts) ? parts : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
