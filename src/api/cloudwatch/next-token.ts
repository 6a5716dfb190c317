import { partsOf } from "../protocol/page-token.ts";
import { ServiceError } from "../protocol/service-error.ts";

type TokenPart = string | number;

/**
 * The parts of a token that tokenOf() made.
 * @param kinds of its parts, in their order
 * @throws ServiceError InvalidNextToken for anything else
 */
export function readToken(token: string, kinds: readonly ("string" | "number")[]): TokenPart[] {
  const parts = partsOf(token);
  if (parts.length === kinds.length && parts.every((part, i) => typeof part === kinds[i])) {
    return parts as TokenPart[];
  }
  throw invalidToken();
}

export function invalidToken(): ServiceError {
  return new ServiceError("InvalidNextToken", "The next token specified is invalid.");
}
