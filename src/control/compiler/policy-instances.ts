import type { RoutingNode } from "../../dataplane/policy/routing-tree.ts";
import { typeFromText } from "../../dns/wire/registries.ts";
import type { ResourceRecordSet } from "../model/resource-record-set.ts";
import { policyVersionKey } from "../model/traffic-policy.ts";
import type { TrafficPolicyInstance } from "../model/traffic-policy.ts";
import { parsePolicyDocument } from "../model/traffic-policy-parser.ts";
import type { StateReader } from "../state/state-reader.ts";
import { CompileError } from "./compile-problem.ts";
import { policyRouting } from "./policy-routing.ts";
import type { RoutingSources } from "./routing-sources.ts";
import { parseRoute53Name } from "./route53-wire-name.ts";

/**
 * The routing tree of a set that stands for a traffic policy instance.
 * @throws CompileError for what did not come through the API's validation
 */
export function instanceRouting(
  state: StateReader,
  root: ResourceRecordSet,
  sources: Pick<RoutingSources, "healthSlot" | "loadSlot" | "cidrBlocks">,
): RoutingNode {
  const { name, type, trafficPolicyInstanceId = "" } = root;
  const fail = (reason: string): CompileError => new CompileError(reason, { owner: name, type });
  const key = [trafficPolicyInstanceId];
  const instance = state.get<TrafficPolicyInstance>("trafficPolicyInstance", key);
  if (!instance?.applied) throw fail(`there is no policy instance ${trafficPolicyInstanceId}`);
  const { policyId, policyVersion, ttl } = instance.applied;
  const text = state.get<string>(
    "trafficPolicyDocument",
    policyVersionKey(policyId, policyVersion),
  );
  const typeNumber = typeFromText(type);
  if (text === undefined || typeNumber === undefined) throw fail("its policy is not there");
  try {
    return policyRouting(parsePolicyDocument(text), {
      type: typeNumber,
      ttl,
      ...sources,
      parseName: parseRoute53Name,
    });
  } catch (error) {
    throw error instanceof Error ? fail(error.message) : error;
  }
}
