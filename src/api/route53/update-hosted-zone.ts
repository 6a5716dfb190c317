import type { HostedZone } from "../../control/model/hosted-zone.ts";
import { ServiceError } from "../protocol/service-error.ts";
import { commit } from "./commit.ts";
import { hostedZoneView } from "./hosted-zone-view.ts";
import { bareId } from "./resource-ids.ts";
import type { HandlerFamily } from "./route53-handler.ts";
import { requireZone } from "./zones.ts";

export const updateHostedZone: HandlerFamily<
  "UpdateHostedZoneComment" | "UpdateHostedZoneFeatures"
> = (context) => ({
  async UpdateHostedZoneComment(input) {
    const { result } = await commit(context, {
      action: "UpdateHostedZoneComment",
      zoneId: bareId(input.Id),
      plan() {
        const { comment: _, ...rest } = requireZone(context, input.Id);
        const zone: HostedZone =
          input.Comment === undefined ? rest : { ...rest, comment: input.Comment };
        return { mutations: [{ put: "hostedZone", key: [zone.id], value: zone }], result: zone };
      },
    });
    return { HostedZone: hostedZoneView(context, result) };
  },

  /**
   * Accelerated recovery lets records be changed while one AWS region is away. Nothing here hangs
   * on an AWS region, so the feature is in force as soon as it is asked for.
   */
  async UpdateHostedZoneFeatures(input) {
    const { EnableAcceleratedRecovery } = input;
    await commit(context, {
      action: "UpdateHostedZoneFeatures",
      zoneId: bareId(input.HostedZoneId),
      plan() {
        const zone = requireZone(context, input.HostedZoneId);
        if (zone.private) {
          const message = "Accelerated recovery is for public hosted zones only";
          throw new ServiceError("InvalidInput", message);
        }
        const acceleratedRecovery = EnableAcceleratedRecovery ?? zone.acceleratedRecovery ?? false;
        const value = { ...zone, acceleratedRecovery };
        const key = [zone.id];
        return { mutations: [{ put: "hostedZone", key, value }], result: undefined };
      },
    });
    return {};
  },
});
