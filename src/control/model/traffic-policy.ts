/** A row of the table `trafficPolicy`: what all versions of a policy share. */
export type TrafficPolicy = {
  /** A UUID that begins with the time, so that policies list in the order they were made in. */
  id: string;
  name: string;
  /** The number of the version that is made next; numbers of deleted versions do not come again. */
  nextVersion: number;
  /** Of the versions there are. */
  versionCount: number;
  latestVersion: number;
  latestType: string;
};

/**
 * A row of the table `trafficPolicyVersion`; its document is a row of `trafficPolicyDocument`, as
 * the client wrote it. Only the comment ever changes.
 */
export type TrafficPolicyVersion = {
  id: string;
  version: number;
  /** The type of the record sets it stands for: `A`. */
  type: string;
  comment?: string;
};

/** What of a policy answers, and for how many seconds. */
export type AppliedPolicy = { policyId: string; policyVersion: number; ttl: number };

/** A row of the table `trafficPolicyInstance`: the record sets of one name made by a policy. */
export type TrafficPolicyInstance = {
  /** A UUID that begins with the time. */
  id: string;
  zoneId: string;
  /** Like `ResourceRecordSet.name`. */
  name: string;
  type: string;
  /** What was asked for last. */
  wanted: AppliedPolicy;
  /** What answers: `wanted`, or what was applied before it failed; absent: nothing ever was. */
  applied?: AppliedPolicy;
  /** Why `wanted` is not what answers. */
  failure?: string;
  /** Whether it was updated since it was made. */
  updated: boolean;
  /** Of the log entry that wrote the row, stamped by the store. */
  seq?: number;
};

/** The key of a version and of its document. */
export function policyVersionKey(policyId: string, version: number): [string, string] {
  return [policyId, String(version).padStart(4, "0")];
}
