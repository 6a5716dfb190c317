import type { HostedZone, Vpc } from "../../control/model/hosted-zone.ts";
import { tokenOf } from "../protocol/page-token.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "./api-context.ts";
import { commit } from "./commit.ts";
import { vpcView } from "./hosted-zone-view.ts";
import { cutPage, pageSize, pageStart } from "./pages.ts";
import { isFull } from "./quotas.ts";
import { bareId } from "./resource-ids.ts";
import type { HandlerFamily } from "./route53-handler.ts";
import { requireVpc, requireZone } from "./zones.ts";

const pageSizeMax = 50;

export const vpcAssociationAuthorizations: HandlerFamily<
  | "CreateVPCAssociationAuthorization"
  | "DeleteVPCAssociationAuthorization"
  | "ListVPCAssociationAuthorizations"
> = (context) => ({
  async CreateVPCAssociationAuthorization(input) {
    const { result } = await commit(context, {
      action: "CreateVPCAssociationAuthorization",
      zoneId: bareId(input.HostedZoneId),
      plan() {
        const zone = requirePrivateZone(context, input.HostedZoneId);
        const { id, region } = requireVpc(context, input.VPC);
        const value: Vpc = { id, region };
        refuseFull(context, zone, value);
        const key = [zone.id, id];
        const result = { HostedZoneId: zone.id, VPC: vpcView(value) };
        return { mutations: [{ put: "vpcAuthorization", key, value }], result };
      },
    });
    return result;
  },

  async DeleteVPCAssociationAuthorization(input) {
    await commit(context, {
      action: "DeleteVPCAssociationAuthorization",
      zoneId: bareId(input.HostedZoneId),
      plan() {
        const zone = requireZone(context, input.HostedZoneId);
        const vpc = requireVpc(context, input.VPC);
        const key = [zone.id, vpc.id];
        if (context.state.get("vpcAuthorization", key) === undefined) {
          throw new ServiceError(
            "VPCAssociationAuthorizationNotFound",
            "The VPC that you specified is not authorized to be associated with the hosted zone.",
          );
        }
        return { mutations: [{ remove: "vpcAuthorization", key }], result: undefined };
      },
    });
    return {};
  },

  ListVPCAssociationAuthorizations: (input) =>
    context.state.read(() => {
      const zone = requireZone(context, input.HostedZoneId);
      const size = pageSize(input.MaxResults, pageSizeMax, "MaxResults");
      const rows = context.state.list<Vpc>("vpcAuthorization", {
        ...pageStart(input.NextToken, { prefix: [zone.id], size: 2 }),
        limit: size + 1,
      });
      const { page, next } = cutPage(rows, size);
      return {
        HostedZoneId: zone.id,
        VPCs: page.map(({ value }) => vpcView(value)),
        ...(next ? { NextToken: tokenOf(next.key) } : {}),
      };
    }),
});

function requirePrivateZone(context: ApiContext, id: string): HostedZone {
  const zone = requireZone(context, id);
  if (zone.private) return zone;
  const message = `The hosted zone ${zone.id} is public: VPCs cannot be associated with it`;
  throw new ServiceError("InvalidInput", message);
}

function refuseFull(context: ApiContext, zone: HostedZone, vpc: Vpc): void {
  const { state } = context;
  if (state.get("vpcAuthorization", [zone.id, vpc.id]) !== undefined) return;
  const count = state.count("vpcAuthorization", [zone.id]);
  if (!isFull(context, "MAX_VPC_AUTHORIZATIONS_BY_ZONE", count)) return;
  throw new ServiceError(
    "TooManyVPCAssociationAuthorizations",
    "You've created the maximum number of authorizations that can be created for the zone.",
  );
}
