import type { HostedZone } from "../../control/model/hosted-zone.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "./api-context.ts";
import { commitChange } from "./commit.ts";
import { isFull } from "./quotas.ts";
import { bareId } from "./resource-ids.ts";
import type { HandlerFamily } from "./route53-handler.ts";
import { conflictingVpc, isForeign, requireVpc, requireZone, zoneInVpc } from "./zones.ts";

export const vpcAssociations: HandlerFamily<
  "AssociateVPCWithHostedZone" | "DisassociateVPCFromHostedZone"
> = (context) => ({
  async AssociateVPCWithHostedZone(input) {
    const { changeInfo } = await commitChange(context, {
      action: "AssociateVPCWithHostedZone",
      zoneId: bareId(input.HostedZoneId),
      alsoAccount: true,
      comment: input.Comment,
      plan() {
        const zone = requireZone(context, input.HostedZoneId);
        const { owner, ...vpc } = requireVpc(context, input.VPC);
        if (!zone.private) {
          const message = `Attempting to associate public zone: ${zone.id} with vpc: ${vpc.id}`;
          throw new ServiceError("PublicZoneVPCAssociation", message);
        }
        requireAuthorization(context, zone, { id: vpc.id, ...(owner ? { owner } : {}) });
        const conflict = zoneInVpc(context, vpc.id, zone.name);
        if (conflict) throw conflictingVpc(vpc, conflict);
        if (isFull(context, "MAX_VPCS_ASSOCIATED_BY_ZONE", zone.vpcs.length)) {
          throw new ServiceError(
            "LimitsExceeded",
            "Limits Exceeded: MAX_VPCS_ASSOCIATED_BY_ZONE - Cannot associate more VPCs.",
          );
        }
        const index: Mutation = { put: "zoneByVpc", key: [vpc.id, zone.id], value: true };
        return withVpcs(zone, [...zone.vpcs, vpc], index);
      },
    });
    return { ChangeInfo: changeInfo };
  },

  async DisassociateVPCFromHostedZone(input) {
    const { changeInfo } = await commitChange(context, {
      action: "DisassociateVPCFromHostedZone",
      zoneId: bareId(input.HostedZoneId),
      alsoAccount: true,
      comment: input.Comment,
      plan() {
        const zone = requireZone(context, input.HostedZoneId);
        const vpc = requireVpc(context, input.VPC);
        const rest = zone.vpcs.filter(({ id }) => id !== vpc.id);
        if (rest.length === zone.vpcs.length) {
          throw new ServiceError(
            "VPCAssociationNotFound",
            `The VPC: ${vpc.id} and hosted zone: ${zone.id} are not currently associated.`,
          );
        }
        if (rest.length === 0) throw lastAssociation();
        return withVpcs(zone, rest, { remove: "zoneByVpc", key: [vpc.id, zone.id] });
      },
    });
    return { ChangeInfo: changeInfo };
  },
});

function withVpcs(zone: HostedZone, vpcs: HostedZone["vpcs"], index: Mutation) {
  const put: Mutation = { put: "hostedZone", key: [zone.id], value: { ...zone, vpcs } };
  return { mutations: [put, index], result: undefined };
}

/** Another account's VPC must have been allowed in by the zone's owner. */
function requireAuthorization(
  context: ApiContext,
  zone: HostedZone,
  vpc: { id: string; owner?: string },
): void {
  if (!isForeign(context, vpc)) return;
  if (context.state.get("vpcAuthorization", [zone.id, vpc.id]) !== undefined) return;
  throw new ServiceError(
    "NotAuthorizedException",
    `The VPC: ${vpc.id} has not authorized to associate with your hosted zone.`,
  );
}

function lastAssociation(): ServiceError {
  return new ServiceError(
    "LastVPCAssociation",
    "The VPC that you're trying to disassociate from the private hosted zone is the last VPC " +
      "that is associated with the hosted zone. Disassociating it is not supported.",
  );
}
