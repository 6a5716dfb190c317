import { commitEntry, TooManyConflictsError } from "../commit/commit-entry.ts";
import type { Planned } from "../commit/commit-entry.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ResolverContext } from "./resolver-context.ts";

/**
 * Validates and appends one entry.
 * @throws ServiceError of the plan; ServiceUnavailable where the store refuses, or others always
 *   are faster
 */
export async function commit<T>(
  context: ResolverContext,
  proposal: { action: string; plan(): Planned<T> },
): Promise<T> {
  try {
    return (await commitEntry(context, proposal)).result;
  } catch (error) {
    if (!(error instanceof TooManyConflictsError)) throw error;
    throw new ServiceError("ServiceUnavailable", error.message);
  }
}
