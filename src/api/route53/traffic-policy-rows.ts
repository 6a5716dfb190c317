import { policyVersionKey } from "../../control/model/traffic-policy.ts";
import type { TrafficPolicy, TrafficPolicyVersion } from "../../control/model/traffic-policy.ts";
import type { PolicyDocument } from "../../control/model/traffic-policy-document.ts";
import {
  InvalidPolicyDocumentError,
  parsePolicyDocument,
} from "../../control/model/traffic-policy-parser.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "./api-context.ts";

/** The document of a version that is there, as the client wrote it. */
export function documentText(
  context: ApiContext,
  { id, version }: Pick<TrafficPolicyVersion, "id" | "version">,
): string {
  const text = context.state.get<string>("trafficPolicyDocument", policyVersionKey(id, version));
  if (text === undefined) throw new Error(`Traffic policy ${id} ${version} has no document`);
  return text;
}

/** The document of a version that is there. */
export function documentOf(
  context: ApiContext,
  version: Pick<TrafficPolicyVersion, "id" | "version">,
): PolicyDocument {
  return parsePolicyDocument(documentText(context, version));
}

/**
 * A document that a client gives.
 * @throws ServiceError InvalidTrafficPolicyDocument
 */
export function requireDocument(text: string): PolicyDocument {
  try {
    return parsePolicyDocument(text);
  } catch (error) {
    if (!(error instanceof InvalidPolicyDocumentError)) throw error;
    throw new ServiceError("InvalidTrafficPolicyDocument", error.message);
  }
}

/**
 * A policy.
 * @throws ServiceError NoSuchTrafficPolicy
 */
export function requirePolicy(context: ApiContext, id: string): TrafficPolicy {
  const policy = context.state.get<TrafficPolicy>("trafficPolicy", [id]);
  if (policy) return policy;
  throw new ServiceError("NoSuchTrafficPolicy", `No traffic policy found with ID: ${id}`);
}

/**
 * A version of a policy.
 * @throws ServiceError NoSuchTrafficPolicy
 */
export function requireVersion(
  context: ApiContext,
  id: string,
  version: number,
): { policy: TrafficPolicy; version: TrafficPolicyVersion } {
  const policy = requirePolicy(context, id);
  const key = policyVersionKey(id, version);
  const row = context.state.get<TrafficPolicyVersion>("trafficPolicyVersion", key);
  if (row) return { policy, version: row };
  const message = `No traffic policy found with ID: ${id} and version: ${version}`;
  throw new ServiceError("NoSuchTrafficPolicy", message);
}
