import { ServiceError } from "../protocol/service-error.ts";
import { commitEntry, TooManyConflictsError } from "./commit-entry.ts";
import type { CommitContext, Proposal } from "./commit-entry.ts";

/**
 * Validates and appends one entry, for the services that have no error of their own for a store
 * where others always are faster.
 * @returns the plan's result
 * @throws ServiceError of the plan; ServiceUnavailable where the store refuses, or others always
 *   are faster
 */
export async function commit<T>(context: CommitContext, proposal: Proposal<T>): Promise<T> {
  try {
    return (await commitEntry(context, proposal)).result;
  } catch (error) {
    if (!(error instanceof TooManyConflictsError)) throw error;
    throw new ServiceError("ServiceUnavailable", error.message);
  }
}
