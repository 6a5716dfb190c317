import { appendAttemptCountMax } from "../../base/limits.ts";
import { StoreError } from "../../control/log/change-log.ts";
import type { Appended, ChangeLog } from "../../control/log/change-log.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { accountSubject, zoneSubject } from "../../control/model/mutation.ts";
import type { StateReader } from "../../control/state/state-reader.ts";
import { ServiceError } from "../protocol/service-error.ts";
import { SubjectLock } from "./subject-lock.ts";

/** What committing needs of an API's context. */
export type CommitContext = { readonly state: StateReader; readonly log: ChangeLog };

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

/** Other writers were faster every time. */
export class TooManyConflictsError extends Error {
  override readonly name = "TooManyConflictsError";
}

const locks = new WeakMap<ChangeLog, SubjectLock>();

function lockOf({ log }: CommitContext): SubjectLock {
  const lock = locks.get(log) ?? new SubjectLock();
  locks.set(log, lock);
  return lock;
}

/**
 * Validates and appends one entry, again where another writer was faster.
 * @throws ServiceError of the plan, and ServiceUnavailable where the store refuses
 * @throws TooManyConflictsError
 */
export async function commitEntry<T>(
  context: CommitContext,
  proposal: Proposal<T>,
): Promise<Appended & { result: T }> {
  const { zoneId } = proposal;
  const subject = zoneId === undefined ? accountSubject : zoneSubject(zoneId);
  const subjects = proposal.alsoAccount ? [accountSubject, subject] : [subject];
  return lockOf(context).run([...new Set(subjects)], () => attempts(context, subject, proposal));
}

async function attempts<T>(
  context: CommitContext,
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
  const message = `Cannot commit ${proposal.action}: others were faster ${appendAttemptCountMax} times`;
  throw new TooManyConflictsError(message);
}

async function append(
  context: CommitContext,
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
