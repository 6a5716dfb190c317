import type { ResourceRecordSet } from "@aws-sdk/client-route-53";
import type { ServiceError } from "../../src/api/protocol/service-error.ts";
import type { Route53 } from "./route53-context.ts";
import { addZone } from "./route53-context.ts";

export type Step = readonly [
  action: "CREATE" | "DELETE" | "UPSERT",
  set: Partial<ResourceRecordSet> & { Name: string },
];

/** A set of type `A` with one address and a TTL of 300, unless told otherwise. */
export function set(Name: string, more: Partial<ResourceRecordSet> = {}): Step[1] {
  return { Name, ...more };
}

export function values(...texts: string[]): { ResourceRecords: { Value: string }[] } {
  return { ResourceRecords: texts.map((Value) => ({ Value })) };
}

export function alias(zone: string, DNSName: string): Partial<ResourceRecordSet> {
  return { AliasTarget: { HostedZoneId: zone, DNSName, EvaluateTargetHealth: false } };
}

/** What a step's set is when nothing is left to its defaults. */
export function filled(given: Step[1]): ResourceRecordSet {
  const plain = given.AliasTarget ? {} : { TTL: 300, ...values("192.0.2.1") };
  return { Type: "A", ...plain, ...given };
}

function input(zone: string, steps: readonly Step[]): never {
  const Changes = steps.map(([Action, given]) => ({ Action, ResourceRecordSet: filled(given) }));
  // What the decoder lets pass has its required members; the cast is for the SDK's `| undefined`.
  return { HostedZoneId: zone, ChangeBatch: { Changes } } as never;
}

export function change(route53: Route53, zone: string, ...steps: Step[]) {
  return route53.call("ChangeResourceRecordSets", input(zone, steps));
}

export function refusal(route53: Route53, zone: string, ...steps: Step[]): Promise<ServiceError> {
  return route53.refusal("ChangeResourceRecordSets", input(zone, steps));
}

/** All sets of a zone but NS and SOA. */
export async function listSets(route53: Route53, zone: string): Promise<ResourceRecordSet[]> {
  const { ResourceRecordSets } = await route53.call("ListResourceRecordSets", {
    HostedZoneId: zone,
  });
  return (ResourceRecordSets ?? []).filter(({ Type }) => Type !== "NS" && Type !== "SOA");
}

let zones = 0;

/** A new zone: its id and its name without the trailing dot. */
export async function freshZone(route53: Route53): Promise<{ id: string; n: string }> {
  const n = `zone${zones++}.test`;
  return { id: await addZone(route53, n), n };
}
