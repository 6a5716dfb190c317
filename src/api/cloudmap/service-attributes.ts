import { serviceAttributeCountMax } from "../../base/limits.ts";
import { checkServiceAttribute } from "../../control/model/cloud-map-attributes.ts";
import { ServiceError } from "../protocol/service-error.ts";
import { arnOf } from "./arns.ts";
import type { CloudMapContext } from "./cloudmap-context.ts";
import type { HandlerFamily } from "./cloudmap-handler.ts";
import { commit, subjectOf } from "./commit.ts";
import { checked, invalidInput } from "./refusals.ts";
import { requirePlaced, requireService } from "./service-rows.ts";

type Attributes = Record<string, string>;

/** What is true of a service as a whole: DNS and DiscoverInstances do not show it. */
export const serviceAttributes: HandlerFamily<
  "GetServiceAttributes" | "UpdateServiceAttributes" | "DeleteServiceAttributes"
> = (context) => ({
  GetServiceAttributes: ({ ServiceId }) =>
    context.route53.state.read(() => {
      const { id } = requireService(context, ServiceId);
      return {
        ServiceAttributes: {
          ServiceArn: arnOf(context, "service", id),
          ResourceOwner: context.route53.settings.accountId,
          Attributes: attributesOf(context, id),
        },
      };
    }),

  async UpdateServiceAttributes({ ServiceId, Attributes: given }) {
    const entries = Object.entries(given);
    if (entries.length === 0) throw invalidInput("Attributes: at least one is required");
    for (const [key, value] of entries) checked(() => checkServiceAttribute(key, value));
    await change(context, ServiceId, (before) => {
      const after = new Map([...Object.entries(before), ...entries]);
      if (after.size <= serviceAttributeCountMax) return Object.fromEntries(after);
      throw new ServiceError(
        "ServiceAttributesLimitExceededException",
        `Cannot add attributes: ${after.size} attributes, limit ${serviceAttributeCountMax}`,
      );
    });
    return {};
  },

  async DeleteServiceAttributes({ ServiceId, Attributes: keys }) {
    await change(context, ServiceId, (before) =>
      Object.fromEntries(Object.entries(before).filter(([key]) => !keys.includes(key))),
    );
    return {};
  },
});

async function change(
  context: CloudMapContext,
  serviceId: string,
  changed: (before: Attributes) => Attributes,
): Promise<void> {
  await commit(context, {
    action: "cloudmap:ChangeServiceAttributes",
    ...subjectOf(requirePlaced(context, serviceId).namespace),
    plan() {
      const { id } = requireService(context, serviceId);
      const value = changed(attributesOf(context, id));
      return {
        mutations: [{ put: "cloudMapServiceAttributes", key: [id], value }],
        result: undefined,
      };
    },
  });
}

function attributesOf({ route53 }: CloudMapContext, serviceId: string): Attributes {
  return route53.state.get<Attributes>("cloudMapServiceAttributes", [serviceId]) ?? {};
}
