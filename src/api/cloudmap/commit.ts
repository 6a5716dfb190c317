import type { CloudMapNamespace, CloudMapOperation } from "../../control/model/cloud-map.ts";
import type { OperationTargets, OperationType } from "../../control/model/cloud-map.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { drawOperationId } from "../../control/model/resource-id.ts";
import { operationAgeMaxMs, operationEntryCountMax } from "../../base/limits.ts";
import type { Planned, Proposal } from "../commit/commit-entry.ts";
import { commit as commitTo } from "../commit/commit.ts";
import type { CloudMapContext } from "./cloudmap-context.ts";

/**
 * Validates and appends one entry. What belongs to a DNS namespace is an entry of its hosted zone,
 * so that record sets and instances change together; all else is one of the account.
 * @throws ServiceError of the plan; ServiceUnavailable where the store refuses, or others always
 *   are faster
 */
export function commit<T>(context: CloudMapContext, proposal: Proposal<T>): Promise<T> {
  return commitTo(context.route53, proposal);
}

/** The subject that changes of a namespace are appended to, for a proposal. */
export function subjectOf({ dns }: Pick<CloudMapNamespace, "dns">): { zoneId?: string } {
  return dns ? { zoneId: dns.hostedZoneId } : {};
}

/** What fails after the request is taken: the operation says so, the request does not. */
export class OperationFailure extends Error {
  override name = "OperationFailure";
  readonly code: "CANNOT_CREATE_HOSTED_ZONE" | "INVALID_CHANGE_BATCH";

  constructor(code: OperationFailure["code"], message: string) {
    super(message);
    this.code = code;
  }
}

export type OperationProposal = Omit<Proposal<unknown>, "plan"> & {
  type: OperationType;
  /** Drawn by the caller where others must know it before the entry is written. */
  operationId?: string;
  /**
   * @param operationId of the operation that does it
   * @returns what to write, or the operation that did it already
   * @throws ServiceError for what is refused, OperationFailure for what fails
   */
  plan(operationId: string): OperationPlan | Promise<OperationPlan>;
  /** Where the plan fails. */
  targets: OperationTargets;
};

type OperationPlan = { mutations: Mutation[]; targets?: OperationTargets } | { before: string };

/**
 * Does what an asynchronous request asks for, in one entry with its operation.
 * @returns the operation's id
 */
export async function commitOperation(
  context: CloudMapContext,
  proposal: OperationProposal,
): Promise<string> {
  const { type, targets, operationId = newOperationId(context) } = proposal;
  return await commit(context, {
    ...proposal,
    async plan(): Promise<Planned<string>> {
      const row = { id: operationId, type, targets };
      try {
        const planned = await proposal.plan(operationId);
        if ("before" in planned) return { mutations: [], result: planned.before };
        const done = { ...row, targets: planned.targets ?? targets };
        return written(context, planned.mutations, done);
      } catch (error) {
        if (!(error instanceof OperationFailure)) throw error;
        return written(context, [], {
          ...row,
          failure: { code: error.code, message: error.message },
        });
      }
    },
  });
}

export function newOperationId({ route53 }: CloudMapContext): string {
  return drawOperationId(route53.clock.nowMs(), route53.random);
}

function written(
  context: CloudMapContext,
  mutations: Mutation[],
  row: Omit<CloudMapOperation, "seq" | "at">,
): Planned<string> {
  const put: Mutation = { put: "cloudMapOperation", key: [row.id], value: row, stamp: true };
  return { mutations: [...mutations, put, ...forgetOld(context)], result: row.id };
}

/** Removes up to two operations past their age: more than come in, so the table stays bounded. */
function forgetOld({ route53 }: CloudMapContext): Mutation[] {
  const { state, clock } = route53;
  const oldest = new Date(clock.nowMs() - operationAgeMaxMs).toISOString();
  const firstSeq = state.lastSeq() - operationEntryCountMax;
  return state
    .list<CloudMapOperation>("cloudMapOperation", { limit: 2 })
    .filter(({ value }) => value.at < oldest || value.seq < firstSeq)
    .map(({ key }) => ({ remove: "cloudMapOperation", key }));
}
