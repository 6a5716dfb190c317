import { appendAttemptCountMax, changeAgeMaxMs } from "../../base/limits.ts";
import { StoreError } from "../../control/log/change-log.ts";
import type { Appended } from "../../control/log/change-log.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { accountSubject, zoneSubject } from "../../control/model/mutation.ts";
import type { ChangeRow } from "../../control/model/hosted-zone.ts";
import { drawChangeId } from "../../control/model/resource-id.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "./api-context.ts";
import { SubjectLock } from "./subject-lock.ts";

/** What a change comes to: an entry for the log (none if empty), and what the answer is made of. */
export type Planned<T> = { mutations: Mutation[]; result: T };

export type Proposal<T> = {
  /** The API action. */
  action: string;
  /** The hosted zone it is about; absent: the account. */
  zoneId?: string;
  /** Held with the subject where the plan reads rows of more than its zone. */
  alsoAccount?: boolean;
  /**
   * Reads the state, validates and says what to write; called again after a conflict.
   * @throws ServiceError
   */
  plan(): Planned<T> | Promise<Planned<T>>;
};

const locks = new WeakMap<ApiContext, SubjectLock>();

function lockOf(context: ApiContext): SubjectLock {
  const lock = locks.get(context) ?? new SubjectLock();
  locks.set(context, lock);
  return lock;
}

/**
 * Validates and appends one entry, again where another writer was faster.
 * @throws ServiceError of the plan; PriorRequestNotComplete where others always are faster;
 *   ServiceUnavailable where the store refuses
 */
export async function commit<T>(
  context: ApiContext,
  proposal: Proposal<T>,
): Promise<Appended & { result: T }> {
  const { zoneId } = proposal;
  const subject = zoneId === undefined ? accountSubject : zoneSubject(zoneId);
  const subjects = proposal.alsoAccount ? [accountSubject, subject] : [subject];
  return lockOf(context).run([...new Set(subjects)], () => attempts(context, subject, proposal));
}

async function attempts<T>(
  context: ApiContext,
  subject: string,
  proposal: Proposal<T>,
): Promise<Appended & { result: T }> {
  for (let attempt = 0; attempt < appendAttemptCountMax; attempt++) {
    const head = context.state.head(subject);
    let planned: Planned<T>;
    try {
      planned = await proposal.plan();
    } catch (error) {
      // A refusal of a plan that saw two states is no refusal.
      if (error instanceof ServiceError && context.state.head(subject) !== head) continue;
      throw error;
    }
    const { mutations, result } = planned;
    if (mutations.length === 0) return { seq: head, at: "", result };
    const appended = await append(context, subject, head, { action: proposal.action, mutations });
    if (appended !== "conflict") return { ...appended, result };
  }
  const reason = "Route 53 was still processing a prior request.";
  throw new ServiceError("PriorRequestNotComplete", `The request was rejected because ${reason}`);
}

async function append(
  context: ApiContext,
  subject: string,
  head: number,
  entry: { action: string; mutations: Mutation[] },
): Promise<Appended | "conflict"> {
  try {
    return await context.log.append(subject, head, entry);
  } catch (error) {
    if (error instanceof StoreError) throw new ServiceError("ServiceUnavailable", error.message);
    throw error;
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
