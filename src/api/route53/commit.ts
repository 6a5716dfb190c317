import { changeAgeMaxMs } from "../../base/limits.ts";
import type { Appended } from "../../control/log/change-log.ts";
import type { ChangeRow } from "../../control/model/hosted-zone.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { drawChangeId } from "../../control/model/resource-id.ts";
import { commitEntry, TooManyConflictsError } from "../commit/commit-entry.ts";
import type { Proposal } from "../commit/commit-entry.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "./api-context.ts";

export type { Planned, Proposal } from "../commit/commit-entry.ts";

/**
 * Validates and appends one entry, again where another writer was faster.
 * @throws ServiceError of the plan; PriorRequestNotComplete where others always are faster;
 *   ServiceUnavailable where the store refuses
 */
export async function commit<T>(
  context: ApiContext,
  proposal: Proposal<T>,
): Promise<Appended & { result: T }> {
  try {
    return await commitEntry(context, proposal);
  } catch (error) {
    if (!(error instanceof TooManyConflictsError)) throw error;
    const reason = "Route 53 was still processing a prior request.";
    throw new ServiceError("PriorRequestNotComplete", `The request was rejected because ${reason}`);
  }
}

/** ChangeInfo of the SDK. */
export type ChangeInfo = {
  Id: string;
  Status: "PENDING" | "INSYNC";
  SubmittedAt: Date;
  Comment?: string;
};

/**
 * Commits a change that DNS answers show, so that clients can follow it by its id.
 * @returns the plan's result and the change's ChangeInfo
 */
export async function commitChange<T>(
  context: ApiContext,
  proposal: Proposal<T> & { comment?: string | undefined },
): Promise<{ result: T; changeInfo: ChangeInfo }> {
  const id = drawChangeId(context.clock.nowMs(), context.random);
  const { comment, zoneId } = proposal;
  const value = {
    ...(zoneId === undefined ? {} : { zoneId }),
    ...(comment === undefined ? {} : { comment }),
  };
  const done = await commit(context, {
    ...proposal,
    async plan() {
      const { mutations, result } = await proposal.plan();
      const row: Mutation = { put: "change", key: [id], value, stamp: true };
      return { mutations: [...mutations, row, ...forgetOld(context)], result };
    },
  });
  const changeInfo: ChangeInfo = {
    Id: `/change/${id}`,
    Status: "PENDING",
    SubmittedAt: new Date(done.at),
    ...(comment === undefined ? {} : { Comment: comment }),
  };
  return { result: done.result, changeInfo };
}

/** Removes up to two changes past their age: more than come in, so that the table stays small. */
function forgetOld(context: ApiContext): Mutation[] {
  const limit = new Date(context.clock.nowMs() - changeAgeMaxMs).toISOString();
  return context.state
    .list<ChangeRow>("change", { limit: 2 })
    .filter(({ value }) => value.at < limit)
    .map(({ key }) => ({ remove: "change", key }));
}
