import { ServiceError } from "../protocol/service-error.ts";

type TokenPart = string | number;

/** An opaque text that stands for where the next page begins. */
export function nextToken(parts: readonly TokenPart[]): string {
  return Buffer.from(JSON.stringify(parts)).toString("base64url");
}

/**
 * The parts of a token that `nextToken` made.
 * @param kinds of its parts, in their order
 * @throws ServiceError InvalidNextToken for anything else
 */
export function readToken(token: string, kinds: readonly ("string" | "number")[]): TokenPart[] {
  const parts = parse(token);
  const fits = Array.isArray(parts) && parts.length === kinds.length;
  if (fits && parts.every((part, i) => typeof part === kinds[i])) return parts as TokenPart[];
  throw invalidToken();
}

export function invalidToken(): ServiceError {
  return new ServiceError("InvalidNextToken", "The next token specified is invalid.");
}

function parse(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, "base64url").toString());
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
