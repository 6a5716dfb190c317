import type { HostedZone, Vpc } from "../../control/model/hosted-zone.ts";
import { nameSortKey } from "../../control/model/name-sort-key.ts";
import { InvalidNameError, normaliseName } from "../../control/model/route53-name.ts";
import type { VpcRow } from "../../control/model/vpc.ts";
import { isVpcId } from "../../control/model/vpc-input.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "./api-context.ts";
import { bareId } from "./resource-ids.ts";

/**
 * The hosted zone with this id, with or without its prefix.
 * @throws ServiceError NoSuchHostedZone
 */
export function requireZone(context: ApiContext, id: string): HostedZone {
  const zone = context.state.get<HostedZone>("hostedZone", [bareId(id)]);
  if (zone) return zone;
  throw new ServiceError("NoSuchHostedZone", `No hosted zone found with ID: ${bareId(id)}`);
}

/**
 * A name normalised.
 * @throws ServiceError with the given code
 */
export function requireName(text: string, code: "InvalidDomainName" | "InvalidInput"): string {
  try {
    return normaliseName(text);
  } catch (error) {
    if (error instanceof InvalidNameError) throw new ServiceError(code, error.message);
    throw error;
  }
}

/**
 * The VPC a request names: one that was made known to Signpost, or by the settings any that could
 * be one and has a region.
 * @throws ServiceError InvalidVPCId
 */
export function requireVpc(
  context: ApiContext,
  vpc: { VPCId?: string | undefined; VPCRegion?: string | undefined } | undefined,
): Vpc & { owner?: string } {
  const id = vpc?.VPCId;
  const known = id === undefined ? undefined : context.state.get<VpcRow>("vpc", [id]);
  const row = known ?? unknownVpc(context, vpc);
  if (id === undefined || !row || (vpc?.VPCRegion ?? row.region) !== row.region) {
    throw new ServiceError("InvalidVPCId", "The VPC ID is invalid.");
  }
  return { id, region: row.region, ...(row.owner === undefined ? {} : { owner: row.owner }) };
}

function unknownVpc(
  { settings }: ApiContext,
  vpc: { VPCId?: string | undefined; VPCRegion?: string | undefined } | undefined,
): Pick<VpcRow, "region" | "owner"> | undefined {
  const { VPCId: id, VPCRegion: region } = vpc ?? {};
  if (!settings.acceptUnknownVpcs || !isVpcId(id ?? "") || region === undefined) return undefined;
  return { region };
}

/** Whether a VPC is another account's. */
export function isForeign(context: ApiContext, vpc: { owner?: string }): boolean {
  return vpc.owner !== undefined && vpc.owner !== context.settings.accountId;
}

/** A private zone of this name that the VPC sees already. */
export function zoneInVpc(
  context: ApiContext,
  vpcId: string,
  name: string,
): HostedZone | undefined {
  const { state } = context;
  // A VPC may see thousands of zones, but few have the same name.
  const named = state.list("zoneByName", { prefix: [nameSortKey(name)] });
  for (const { key } of named) {
    const id = key[1] as string;
    if (state.get("zoneByVpc", [vpcId, id]) === undefined) continue;
    return state.get<HostedZone>("hostedZone", [id]);
  }
  return undefined;
}

/** Says that a VPC sees a zone of this name already. */
export function conflictingVpc(vpc: Vpc, zone: HostedZone): ServiceError {
  return new ServiceError(
    "ConflictingDomainExists",
    `The VPC ${vpc.id} in region ${vpc.region} has already been associated with ` +
      `the hosted zone ${zone.id} with the same domain name.`,
  );
}
