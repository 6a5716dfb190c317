import { batchRecordCountMax, batchValueSizeMax } from "../../base/limits.ts";
import { ChangeBatchPlan } from "../../control/model/change-batch.ts";
import type { BatchFacts, Change } from "../../control/model/change-batch.ts";
import type { HostedZone } from "../../control/model/hosted-zone.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { nameSortKey } from "../../control/model/name-sort-key.ts";
import { valueMessages } from "../../control/model/change-batch-values.ts";
import type { ResourceRecordSet } from "../../control/model/resource-record-set.ts";
import { InvalidNameError } from "../../control/model/route53-name.ts";
import type { TrafficPolicyInstance } from "../../control/model/traffic-policy.ts";
import { inSlices } from "../commit/in-slices.ts";
import { ServiceError, invalidChangeBatch } from "../protocol/service-error.ts";
import type { ApiContext } from "./api-context.ts";
import { cidrLocationFact } from "./cidr-collection.ts";
import { commitChange } from "./commit.ts";
import { requireHealthCheck } from "./health-check-rows.ts";
import { refuseLinked } from "./linked-service.ts";
import { isFull } from "./quotas.ts";
import { bareId } from "./resource-ids.ts";
import type { HandlerFamily } from "./route53-handler.ts";
import { readRRset } from "./rrset-input.ts";
import type { ChangeInput } from "./rrset-input.ts";
import { requireZone } from "./zones.ts";

export const changeResourceRecordSets: HandlerFamily<"ChangeResourceRecordSets"> = (context) => ({
  async ChangeResourceRecordSets(input) {
    const zoneId = bareId(input.HostedZoneId);
    requireZone(context, zoneId);
    const { Changes, Comment } = input.ChangeBatch;
    refuseTooMuch(Changes);
    const changes = await readChanges(context, zoneId, Changes);
    const { changeInfo } = await commitChange(context, {
      action: "ChangeResourceRecordSets",
      zoneId,
      comment: Comment,
      alsoAccount: changes.some(({ rrset }) => rrset.cidrRoutingConfig !== undefined),
      async plan() {
        const mutations = await planChanges(context, zoneId, changes);
        return { mutations, result: undefined };
      },
    });
    return { ChangeInfo: changeInfo };
  },
});

/** Counts as Route 53 does: an alias is one record, and an UPSERT is a DELETE and a CREATE. */
function refuseTooMuch(changes: readonly ChangeInput[]): void {
  let records = 0;
  let characters = 0;
  for (const { Action, ResourceRecordSet } of changes) {
    const factor = Action === "UPSERT" ? 2 : 1;
    const values = ResourceRecordSet.ResourceRecords ?? [];
    records += factor * Math.max(1, values.length);
    for (const { Value } of values) characters += factor * Value.length;
  }
  if (records > batchRecordCountMax) {
    throw invalidChangeBatch([`Number of records limit of ${batchRecordCountMax} exceeded.`]);
  }
  if (characters > batchValueSizeMax) {
    throw invalidChangeBatch([`Number of characters limit of ${batchValueSizeMax} exceeded.`]);
  }
}

/**
 * The changes in the form of the state.
 * @throws ServiceError InvalidInput, NoSuchHealthCheck; InvalidChangeBatch with every name and
 *   value that is wrong
 */
async function readChanges(
  context: ApiContext,
  zoneId: string,
  inputs: readonly ChangeInput[],
): Promise<Change[]> {
  const changes: Change[] = [];
  const messages: string[] = [];
  await inSlices(inputs, (input) => {
    try {
      const rrset = readRRset(input);
      if (input.Action !== "DELETE") {
        refuseUnknown(context, zoneId, rrset);
        messages.push(...valueMessages(rrset));
      }
      changes.push({ action: input.Action, rrset });
    } catch (error) {
      if (!(error instanceof InvalidNameError)) throw error;
      messages.push(error.message);
    }
  });
  if (messages.length > 0) throw invalidChangeBatch([...new Set(messages)]);
  return changes;
}

/** Sets may only name health checks there are, and the policy instance that is theirs. */
function refuseUnknown(context: ApiContext, zoneId: string, rrset: ResourceRecordSet): void {
  const { healthCheckId, trafficPolicyInstanceId: instanceId } = rrset;
  if (healthCheckId !== undefined) requireHealthCheck(context, healthCheckId);
  if (instanceId === undefined) return;
  const instance = context.state.get<TrafficPolicyInstance>("trafficPolicyInstance", [instanceId]);
  const isOfSet =
    instance?.zoneId === zoneId && instance.name === rrset.name && instance.type === rrset.type;
  if (isOfSet && instance.applied) return;
  const message = `No traffic policy instance found with ID: ${instanceId}`;
  throw new ServiceError("InvalidInput", message);
}

async function planChanges(
  context: ApiContext,
  zoneId: string,
  changes: readonly Change[],
): Promise<Mutation[]> {
  const zone = requireZone(context, zoneId);
  refuseLinked("hostedzone", zone);
  const plan = new ChangeBatchPlan(factsOf(context, zone));
  // One snapshot a slice; commit() sees to it that all slices saw the same zone.
  const inSnapshot = (slice: () => void): void => context.state.read(slice);
  await inSlices(changes, (change) => plan.apply(change), inSnapshot);
  const outcome = context.state.read(() => plan.finish());
  if ("messages" in outcome) throw invalidChangeBatch(outcome.messages);
  refuseFull(context, zone, outcome.mutations);
  return outcome.mutations;
}

function factsOf(context: ApiContext, zone: HostedZone): BatchFacts {
  const { state } = context;
  const hasProtections = state.count("rrsetProtection", [zone.id]) > 0;
  return {
    zone,
    rrsetsAt: (name) => state.rrsetsAt(zone.id, name),
    protection(name, type) {
      if (!hasProtections) return undefined;
      const key = [zone.id, nameSortKey(name), type];
      const row = state.get<{ comment?: string }>("rrsetProtection", key);
      return row && (row.comment ?? "");
    },
    cidrLocation: (collectionId, location) => cidrLocationFact(state, collectionId, location),
  };
}

function refuseFull(context: ApiContext, zone: HostedZone, mutations: readonly Mutation[]): void {
  if (context.settings.limits.MAX_RRSETS_BY_ZONE === undefined) return;
  let more = 0;
  for (const mutation of mutations) {
    if ("removeRRset" in mutation) more--;
    if ("putRRset" in mutation && !isThere(context, mutation)) more++;
  }
  const count = context.state.rrsetCount(zone.id);
  if (more > 0 && isFull(context, "MAX_RRSETS_BY_ZONE", count, more)) {
    const message = "Limits Exceeded: MAX_RRSETS_BY_ZONE - Cannot create more record sets.";
    throw invalidChangeBatch([message]);
  }
}

function isThere(context: ApiContext, put: Extract<Mutation, { putRRset: string }>): boolean {
  const { name, type, setIdentifier } = put.rrset;
  return context.state.rrset(put.putRRset, name, type, setIdentifier) !== undefined;
}
