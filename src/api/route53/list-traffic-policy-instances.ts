import type { RRType } from "@aws-sdk/client-route-53";
import { nameOfSortKey, nameSortKey } from "../../control/model/name-sort-key.ts";
import { policyVersionKey } from "../../control/model/traffic-policy.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "./api-context.ts";
import { cutPage, pageSize } from "./pages.ts";
import { bareId } from "./resource-ids.ts";
import type { HandlerFamily } from "./route53-handler.ts";
import { requireInstance } from "./traffic-policy-instances.ts";
import { requireVersion } from "./traffic-policy-rows.ts";
import { instanceView } from "./traffic-policy-view.ts";
import { requireName, requireZone } from "./zones.ts";

const pageSizeMax = 100;

/** All three list by hosted zone, name and type, and go on from the instance their markers name. */
export const listTrafficPolicyInstances: HandlerFamily<
  | "ListTrafficPolicyInstances"
  | "ListTrafficPolicyInstancesByHostedZone"
  | "ListTrafficPolicyInstancesByPolicy"
> = (context) => ({
  ListTrafficPolicyInstances: (input) =>
    context.state.read(() => {
      const from = readMarkers(input, input.HostedZoneIdMarker);
      const list: List = { table: "trafficPolicyInstanceByZone", prefix: [], from };
      const { instances, next, ...rest } = listPage(context, input.MaxItems, list);
      return { TrafficPolicyInstances: instances, ...next, ...rest };
    }),

  ListTrafficPolicyInstancesByHostedZone: (input) =>
    context.state.read(() => {
      const zone = requireZone(context, input.HostedZoneId);
      const from = readMarkers(input, zone.id).slice(1);
      const list: List = { table: "trafficPolicyInstanceByZone", prefix: [zone.id], from };
      const { instances, next, ...rest } = listPage(context, input.MaxItems, list);
      const { HostedZoneIdMarker: _zone, ...markers } = next ?? {};
      return { TrafficPolicyInstances: instances, ...markers, ...rest };
    }),

  ListTrafficPolicyInstancesByPolicy: (input) =>
    context.state.read(() => {
      const { TrafficPolicyId, TrafficPolicyVersion } = input;
      requireVersion(context, TrafficPolicyId, TrafficPolicyVersion);
      const from = readMarkers(input, input.HostedZoneIdMarker);
      const prefix = policyVersionKey(TrafficPolicyId, TrafficPolicyVersion);
      const list: List = { table: "trafficPolicyInstanceByPolicy", prefix, from };
      const { instances, next, ...rest } = listPage(context, input.MaxItems, list);
      return { TrafficPolicyInstances: instances, ...next, ...rest };
    }),
});

type List = {
  table: "trafficPolicyInstanceByZone" | "trafficPolicyInstanceByPolicy";
  prefix: readonly string[];
  /** Further components of the key to begin at. */
  from: readonly string[];
};

function listPage(context: ApiContext, maxItems: number | undefined, list: List) {
  const { table, prefix, from } = list;
  const size = pageSize(maxItems, pageSizeMax);
  const rows = context.state.list<string>(table, {
    ...(prefix.length > 0 ? { prefix } : {}),
    ...(from.length > 0 ? { from: [...prefix, ...from] } : {}),
    limit: size + 1,
  });
  const { page, next } = cutPage(rows, size);
  return {
    instances: page.map(({ value }) => instanceView(context, requireInstance(context, value))),
    next: next && markersOf(next.key),
    IsTruncated: next !== undefined,
    MaxItems: size,
  };
}

/** The markers that stand for a key, which ends in zone, name and type. */
function markersOf(key: readonly string[]) {
  const [zoneId = "", sortKey = "", type = ""] = key.slice(-3);
  return {
    HostedZoneIdMarker: zoneId,
    TrafficPolicyInstanceNameMarker: nameOfSortKey(sortKey),
    TrafficPolicyInstanceTypeMarker: type as RRType,
  };
}

type Markers = {
  TrafficPolicyInstanceNameMarker?: string | undefined;
  TrafficPolicyInstanceTypeMarker?: string | undefined;
};

/** The key that markers stand for: zone, reversed name and type, as far as they are given. */
function readMarkers(input: Markers, zoneId: string | undefined): string[] {
  const { TrafficPolicyInstanceNameMarker: name, TrafficPolicyInstanceTypeMarker: type } = input;
  if ((name !== undefined && zoneId === undefined) || (type !== undefined && name === undefined)) {
    const message =
      "The markers of a hosted zone, of a name and of a type are only valid in this order";
    throw new ServiceError("InvalidInput", message);
  }
  const key: string[] = [];
  if (zoneId !== undefined) key.push(bareId(zoneId));
  if (name !== undefined) key.push(nameSortKey(requireName(name, "InvalidInput")));
  if (type !== undefined) key.push(type);
  return key;
}
