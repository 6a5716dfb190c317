import type { RRType } from "@aws-sdk/client-route-53";
import type { TrafficPolicy, TrafficPolicyVersion } from "../../control/model/traffic-policy.ts";
import { policyVersionKey } from "../../control/model/traffic-policy.ts";
import { ServiceError } from "../protocol/service-error.ts";
import { cutPage, pageSize } from "./pages.ts";
import type { HandlerFamily } from "./route53-handler.ts";
import { requirePolicy } from "./traffic-policy-rows.ts";
import { policyView } from "./traffic-policy-view.ts";

const pageSizeMax = 100;

export const listTrafficPolicies: HandlerFamily<
  "ListTrafficPolicies" | "ListTrafficPolicyVersions"
> = (context) => ({
  /** In the order in which they were made: their ids begin with the time. */
  ListTrafficPolicies(input) {
    const size = pageSize(input.MaxItems, pageSizeMax);
    const rows = context.state.list<TrafficPolicy>("trafficPolicy", {
      ...(input.TrafficPolicyIdMarker === undefined ? {} : { from: [input.TrafficPolicyIdMarker] }),
      limit: size + 1,
    });
    const { page, next } = cutPage(rows, size);
    return {
      TrafficPolicySummaries: page.map(({ value }) => ({
        Id: value.id,
        Name: value.name,
        Type: value.latestType as RRType,
        LatestVersion: value.latestVersion,
        TrafficPolicyCount: value.versionCount,
      })),
      IsTruncated: next !== undefined,
      TrafficPolicyIdMarker: next?.value.id ?? "",
      MaxItems: size,
    };
  },

  ListTrafficPolicyVersions: (input) =>
    context.state.read(() => {
      const policy = requirePolicy(context, input.Id);
      const size = pageSize(input.MaxItems, pageSizeMax);
      const marker = readMarker(input.TrafficPolicyVersionMarker);
      const rows = context.state.list<TrafficPolicyVersion>("trafficPolicyVersion", {
        prefix: [policy.id],
        ...(marker === undefined ? {} : { from: policyVersionKey(policy.id, marker) }),
        limit: size + 1,
      });
      const { page, next } = cutPage(rows, size);
      return {
        TrafficPolicies: page.map(({ value }) => policyView(context, policy, value)),
        IsTruncated: next !== undefined,
        TrafficPolicyVersionMarker: next === undefined ? "" : String(next.value.version),
        MaxItems: size,
      };
    }),
});

function readMarker(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  const message = `The value of TrafficPolicyVersionMarker is not valid: ${text}`;
  throw new ServiceError("InvalidInput", message);
}
