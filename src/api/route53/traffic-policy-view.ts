import type {
  RRType,
  TrafficPolicy as AwsPolicy,
  TrafficPolicyInstance as AwsInstance,
} from "@aws-sdk/client-route-53";
import type {
  TrafficPolicy,
  TrafficPolicyInstance,
  TrafficPolicyVersion,
} from "../../control/model/traffic-policy.ts";
import type { ApiContext } from "./api-context.ts";
import { documentText } from "./traffic-policy-rows.ts";

/** A version of a policy as answers have it. */
export function policyView(
  context: ApiContext,
  policy: TrafficPolicy,
  version: TrafficPolicyVersion,
): AwsPolicy {
  return {
    Id: policy.id,
    Version: version.version,
    Name: policy.name,
    Type: version.type as RRType,
    Document: documentText(context, version),
    ...(version.comment === undefined ? {} : { Comment: version.comment }),
  };
}

/** An instance as answers have it; its TTL and policy are those asked for last. */
export function instanceView(context: ApiContext, instance: TrafficPolicyInstance): AwsInstance {
  const { wanted } = instance;
  return {
    Id: instance.id,
    HostedZoneId: instance.zoneId,
    Name: instance.name,
    TTL: wanted.ttl,
    State: stateOf(context, instance),
    Message: instance.failure ?? "",
    TrafficPolicyId: wanted.policyId,
    TrafficPolicyVersion: wanted.policyVersion,
    TrafficPolicyType: instance.type as RRType,
  };
}

/** What was asked for is applied when every name server answers it. */
function stateOf(context: ApiContext, { failure, seq, updated }: TrafficPolicyInstance): string {
  if (failure !== undefined) return "Failed";
  if (seq !== undefined && context.log.applied.upTo() >= seq) return "Applied";
  return updated ? "Updating" : "Creating";
}
