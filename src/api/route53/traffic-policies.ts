import { policyVersionCountMax } from "../../base/limits.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { drawTimeUuid } from "../../control/model/resource-id.ts";
import { policyVersionKey } from "../../control/model/traffic-policy.ts";
import type { TrafficPolicy, TrafficPolicyVersion } from "../../control/model/traffic-policy.ts";
import { loadMetricsOf } from "../../control/model/traffic-policy-document.ts";
import type { PolicyDocument } from "../../control/model/traffic-policy-document.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "./api-context.ts";
import { commit } from "./commit.ts";
import { releaseLoadSlots, takeLoadSlots } from "./load-slots.ts";
import { isFull } from "./quotas.ts";
import { locationOf } from "./resource-ids.ts";
import type { HandlerFamily } from "./route53-handler.ts";
import {
  documentOf,
  requireDocument,
  requirePolicy,
  requireVersion,
} from "./traffic-policy-rows.ts";
import { policyView } from "./traffic-policy-view.ts";

export const trafficPolicies: HandlerFamily<
  | "CreateTrafficPolicy"
  | "CreateTrafficPolicyVersion"
  | "GetTrafficPolicy"
  | "UpdateTrafficPolicyComment"
  | "DeleteTrafficPolicy"
> = (context) => ({
  async CreateTrafficPolicy(input) {
    const document = requireDocument(input.Document);
    const { result } = await commit(context, {
      action: "CreateTrafficPolicy",
      plan() {
        refuseReuse(context, input.Name);
        const id = drawTimeUuid(context.clock.nowMs(), context.random);
        const policy = { id, name: input.Name, nextVersion: 1, versionCount: 0 };
        const planned = addVersion(context, policy, { ...input, document });
        const byName: Mutation = { put: "trafficPolicyByName", key: [input.Name], value: id };
        return { mutations: [...planned.mutations, byName], result: planned.result };
      },
    });
    return created(context, result);
  },

  async CreateTrafficPolicyVersion(input) {
    const document = requireDocument(input.Document);
    const { result } = await commit(context, {
      action: "CreateTrafficPolicyVersion",
      plan: () => addVersion(context, requirePolicy(context, input.Id), { ...input, document }),
    });
    return created(context, result);
  },

  GetTrafficPolicy: (input) =>
    context.state.read(() => {
      const { policy, version } = requireVersion(context, input.Id, input.Version);
      return { TrafficPolicy: policyView(context, policy, version) };
    }),

  async UpdateTrafficPolicyComment(input) {
    const { result } = await commit(context, {
      action: "UpdateTrafficPolicyComment",
      plan() {
        const { policy, version } = requireVersion(context, input.Id, input.Version);
        const value = { ...version, comment: input.Comment };
        const key = policyVersionKey(policy.id, version.version);
        const mutations: Mutation[] = [{ put: "trafficPolicyVersion", key, value }];
        return { mutations, result: { policy, version: value } };
      },
    });
    return { TrafficPolicy: policyView(context, result.policy, result.version) };
  },

  async DeleteTrafficPolicy(input) {
    await commit(context, {
      action: "DeleteTrafficPolicy",
      plan() {
        const { policy, version } = requireVersion(context, input.Id, input.Version);
        refuseInUse(context, version);
        return { mutations: removal(context, policy, version), result: undefined };
      },
    });
    return {};
  },
});

type Created = { policy: TrafficPolicy; version: TrafficPolicyVersion };

function created(context: ApiContext, { policy, version }: Created) {
  const path = `/trafficpolicy/${policy.id}/${version.version}`;
  return {
    TrafficPolicy: policyView(context, policy, version),
    Location: locationOf(path),
  };
}

function refuseReuse(context: ApiContext, name: string): void {
  const { state } = context;
  if (name === "") {
    throw new ServiceError("InvalidInput", "The name of a traffic policy must not be empty");
  }
  if (state.get("trafficPolicyByName", [name]) !== undefined) {
    const message = `A traffic policy that has the name ${name} already exists.`;
    throw new ServiceError("TrafficPolicyAlreadyExists", message);
  }
  if (!isFull(context, "MAX_TRAFFIC_POLICIES_BY_OWNER", state.count("trafficPolicy"))) return;
  const message =
    "Limits Exceeded: MAX_TRAFFIC_POLICIES_BY_OWNER - Cannot create more traffic policies.";
  throw new ServiceError("TooManyTrafficPolicies", message);
}

type NewVersion = { Document: string; Comment?: string | undefined; document: PolicyDocument };

function addVersion(
  context: ApiContext,
  policy: Pick<TrafficPolicy, "id" | "name" | "nextVersion" | "versionCount">,
  { Document, Comment, document }: NewVersion,
): { mutations: Mutation[]; result: Created } {
  const { id, nextVersion } = policy;
  if (nextVersion > policyVersionCountMax) {
    throw new ServiceError(
      "TooManyTrafficPolicyVersionsForCurrentPolicy",
      `This traffic policy version can't be created because you've reached the limit of ` +
        `${policyVersionCountMax} on the number of versions that you can create for the current ` +
        "traffic policy.",
    );
  }
  const version: TrafficPolicyVersion = {
    id,
    version: nextVersion,
    type: document.recordType,
    ...(Comment === undefined ? {} : { comment: Comment }),
  };
  const after: TrafficPolicy = {
    ...policy,
    nextVersion: nextVersion + 1,
    versionCount: policy.versionCount + 1,
    latestVersion: nextVersion,
    latestType: version.type,
  };
  const key = policyVersionKey(id, nextVersion);
  const mutations: Mutation[] = [
    { put: "trafficPolicy", key: [id], value: after },
    { put: "trafficPolicyVersion", key, value: version },
    { put: "trafficPolicyDocument", key, value: Document },
    ...takeLoadSlots(
      context,
      { user: key, metrics: loadMetricsOf(document) },
      "InvalidTrafficPolicyDocument",
    ),
  ];
  return { mutations, result: { policy: after, version } };
}

function refuseInUse(context: ApiContext, { id, version }: TrafficPolicyVersion): void {
  const prefix = policyVersionKey(id, version);
  const uses = context.state.list("trafficPolicyInstanceByPolicy", { prefix, limit: 1 });
  if (uses.length === 0) return;
  throw new ServiceError(
    "TrafficPolicyInUse",
    "One or more traffic policy instances were created by using the specified traffic policy.",
  );
}

function removal(
  context: ApiContext,
  policy: TrafficPolicy,
  version: TrafficPolicyVersion,
): Mutation[] {
  const { id } = policy;
  const key = policyVersionKey(id, version.version);
  const mutations: Mutation[] = [
    { remove: "trafficPolicyVersion", key },
    { remove: "trafficPolicyDocument", key },
    ...releaseLoadSlots(context, {
      user: key,
      metrics: loadMetricsOf(documentOf(context, version)),
    }),
  ];
  const latest = context.state
    .list<TrafficPolicyVersion>("trafficPolicyVersion", { prefix: [id] })
    .map(({ value }) => value)
    .findLast((other) => other.version !== version.version);
  if (!latest) {
    mutations.push({ remove: "trafficPolicy", key: [id] });
    mutations.push({ remove: "trafficPolicyByName", key: [policy.name] });
    return mutations;
  }
  const value: TrafficPolicy = {
    ...policy,
    versionCount: policy.versionCount - 1,
    latestVersion: latest.version,
    latestType: latest.type,
  };
  return [...mutations, { put: "trafficPolicy", key: [id], value }];
}
