import { createHash } from "node:crypto";
import type { Random } from "../../base/random.ts";

/** Hexadecimal digits after the prefix of an id. */
const digitCount = 17;

/** A new id: `rslvr-rr-` and 17 hexadecimal digits. */
export function drawResolverId(prefix: string, random: Random): string {
  let digits = "";
  while (digits.length < digitCount) digits += random.uint32().toString(16).padStart(8, "0");
  return `${prefix}-${digits.slice(0, digitCount)}`;
}

/** The id of something that each VPC has one of: it is always the same. */
export function idByVpc(prefix: string, vpcId: string): string {
  return `${prefix}-${createHash("sha256").update(vpcId).digest("hex").slice(0, digitCount)}`;
}

/** A Signpost has no regions. */
const region = "us-east-1";

/** What ARNs are made of: `arn:aws:route53resolver:us-east-1:123456789012:resolver-rule/rslvr-…` */
export type ResourceName = {
  /** `resolver-rule` */
  kind: string;
  id: string;
};

export function resolverArn(
  { settings }: { settings: { accountId: string } },
  { kind, id }: ResourceName,
): string {
  return `arn:aws:route53resolver:${region}:${settings.accountId}:${kind}/${id}`;
}

const arnForm = /^arn:[a-z-]+:route53resolver:[a-z0-9-]*:[0-9]*:([a-z-]+)\/([\w-]+)$/;

/** What an ARN names, whatever its region and account; `undefined` for what is no ARN of ours. */
export function readResolverArn(arn: string): ResourceName | undefined {
  const [, kind, id] = arnForm.exec(arn) ?? [];
  return kind === undefined || id === undefined ? undefined : { kind, id };
}

/** A text of AWS's form that tells a request's trace; it leads status messages. */
export function traced(requestId: string, message: string): string {
  return `[Trace id: ${requestId}] ${message}`;
}
