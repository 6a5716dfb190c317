export type Members = Record<string, unknown>;

export const endpoints = {
  one: { Type: "value", Value: "192.0.2.1" },
  two: { Type: "value", Value: "192.0.2.2" },
};

/** A document of one rule, `start`, unless told otherwise. */
export function documentOf(rule: Members, more: Members = {}): string {
  return JSON.stringify({
    AWSPolicyFormatVersion: "2015-10-01",
    RecordType: "A",
    StartRule: "start",
    Endpoints: endpoints,
    Rules: { start: rule },
    ...more,
  });
}

export const newest = { AWSPolicyFormatVersion: "2023-05-09" };
export const ours = { AWSPolicyFormatVersion: "2026-11-22" };
export const one = { EndpointReference: "one" };
export const two = { EndpointReference: "two" };
