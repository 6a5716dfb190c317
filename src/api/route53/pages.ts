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

/** An opaque token that stands for the key to go on from. */
export function pageToken(key: readonly string[]): string {
  return Buffer.from(JSON.stringify(key)).toString("base64url");
}

/**
 * The key that a token stands for.
 * @param size components of a key
 * @throws ServiceError with the given code for anything that is no such token
 */
export function pageKey(
  token: string,
  size: number,
  code: "InvalidPaginationToken" | "InvalidInput" = "InvalidPaginationToken",
): string[] {
  try {
    const key = JSON.parse(Buffer.from(token, "base64url").toString()) as unknown;
    if (isTexts(key) && key.length === size) return key;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new ServiceError(
    code,
    "Route 53 can't get the next page because the specified value for NextToken is invalid.",
  );
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((part) => typeof part === "string");
}
