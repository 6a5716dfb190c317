import type { CloudMapContext } from "./cloudmap-context.ts";

/** A Signpost has no regions; this one stands where one must. */
export const standInRegion = "us-east-1";

type Kind = "namespace" | "service";

export function arnOf({ route53 }: CloudMapContext, kind: Kind, id: string): string {
  return `arn:aws:servicediscovery:${standInRegion}:${route53.settings.accountId}:${kind}/${id}`;
}

const arnPattern = /^arn:[^:]*:servicediscovery:[^:]*:[^:]*:(namespace|service)\/(.+)$/;

/** The id that a client gave as it is or in an ARN, whatever its region and account. */
export function idOf(kind: Kind, idOrArn: string): string {
  const match = arnPattern.exec(idOrArn);
  return match?.[1] === kind ? (match[2] ?? "") : idOrArn;
}

/** What an ARN is of; `undefined` for the ARN of anything else. */
export function resourceOfArn(arn: string): { kind: Kind; id: string } | undefined {
  const match = arnPattern.exec(arn);
  return match ? { kind: match[1] as Kind, id: match[2] ?? "" } : undefined;
}
