import type { Random } from "../../base/random.ts";
import type { ResolverContext } from "./resolver-context.ts";

/** Where the resources are said to be: a Signpost has no regions. */
const region = "us-east-1";

/** A new id: the prefix and hexadecimal digits, 64 to 68 bits of them. */
export function drawResolverId(prefix: string, digitCount: 16 | 17, random: Random): string {
  let digits = "";
  while (digits.length < digitCount) digits += random.uint32().toString(16).padStart(8, "0");
  return prefix + digits.slice(0, digitCount);
}

/** `arn:aws:route53resolver:us-east-1:000000000000:firewall-rule-group/rslvr-frg-…` */
export function resolverArn(
  { settings }: Pick<ResolverContext, "settings">,
  { type, id }: { type: string; id: string },
): string {
  return `arn:aws:route53resolver:${region}:${settings.accountId}:${type}/${id}`;
}

const arnForm = /^arn:aws[a-z-]*:route53resolver:[a-z0-9-]*:\d{12}:([a-z0-9-]+)\/([a-z0-9-]+)$/;

/** Type and id of the resource that an ARN is of, whatever its region and account. */
export function resourceOfArn(arn: string): { type: string; id: string } | undefined {
  const [, type, id] = arnForm.exec(arn) ?? [];
  return type !== undefined && id !== undefined ? { type, id } : undefined;
}
