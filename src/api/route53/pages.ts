import { partsOf } from "../protocol/page-token.ts";
import { ServiceError } from "../protocol/service-error.ts";

/** Cuts one more than a page of items into the page and the first item of the next. */
export function cutPage<T>(items: readonly T[], size: number): { page: T[]; next: T | undefined } {
  return { page: items.slice(0, size), next: items[size] };
}

/**
 * How many items a page has: what was asked for, at most `max`.
 * @throws ServiceError InvalidInput for a number below 1
 */
export function pageSize(asked: number | undefined, max: number, member = "MaxItems"): number {
  if (asked === undefined) return max;
  if (Number.isInteger(asked) && asked >= 1) return Math.min(asked, max);
  throw new ServiceError(
    "InvalidInput",
    `The value of ${member} is not valid: ${asked}, a whole number from 1 to ${max} is expected`,
  );
}

/**
 * Where a listing goes on: at the key that a token stands for, else at its begin.
 * @param key of the table: the components that all of the list have, and how many there are
 * @throws ServiceError for anything that is no token of this list
 */
export function pageStart(
  token: string | undefined,
  key: { prefix?: readonly string[]; size: number },
  code: "InvalidPaginationToken" | "InvalidInput" = "InvalidPaginationToken",
): { prefix?: readonly string[]; from?: readonly string[] } {
  const { prefix = [], size } = key;
  const within = prefix.length > 0 ? { prefix } : {};
  if (token === undefined) return within;
  const from = partsOf(token);
  if (isTexts(from) && from.length === size && prefix.every((part, i) => part === from[i])) {
    return { ...within, from };
  }
  throw new ServiceError(
    code,
    "Route 53 can't get the next page because the specified value for NextToken is invalid.",
  );
}

function isTexts(parts: unknown[]): parts is string[] {
  return parts.every((part) => typeof part === "string");
}
