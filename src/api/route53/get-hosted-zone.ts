import { delegationSetOf, hostedZoneView, vpcView } from "./hosted-zone-view.ts";
import type { HandlerFamily } from "./route53-handler.ts";
import { requireZone } from "./zones.ts";

export const getHostedZone: HandlerFamily<"GetHostedZone" | "GetHostedZoneCount"> = (context) => ({
  GetHostedZone: (input) =>
    context.state.read(() => {
      const zone = requireZone(context, input.Id);
      const HostedZone = hostedZoneView(context, zone);
      if (zone.private) return { HostedZone, VPCs: zone.vpcs.map(vpcView) };
      return { HostedZone, DelegationSet: delegationSetOf(context, zone) };
    }),
  GetHostedZoneCount: () => ({ HostedZoneCount: context.state.count("hostedZone") }),
});
