import type { CloudMapInstance } from "../../control/model/cloud-map.ts";
import type { CloudMapContext } from "./cloudmap-context.ts";
import type { HandlerFamily, InputOf } from "./cloudmap-handler.ts";
import { healthOf } from "./instance-health.ts";
import { requireInstance } from "./instance-rows.ts";
import { filteredPage } from "./list-page.ts";
import { requireService } from "./service-rows.ts";

export const instances: HandlerFamily<
  "GetInstance" | "ListInstances" | "GetInstancesHealthStatus"
> = (context) => ({
  GetInstance({ ServiceId, InstanceId }) {
    const { accountId } = context.route53.settings;
    const instance = requireInstance(context, requireService(context, ServiceId).id, InstanceId);
    const { creatorRequestId } = instance;
    return {
      ResourceOwner: accountId,
      Instance: {
        ...instanceView(context, instance),
        ...(creatorRequestId === undefined ? {} : { CreatorRequestId: creatorRequestId }),
      },
    };
  },

  ListInstances(input) {
    const { page, next } = pageOf(context, input);
    return {
      ResourceOwner: context.route53.settings.accountId,
      Instances: page.map((instance) => instanceView(context, instance)),
      ...next,
    };
  },

  async GetInstancesHealthStatus(input) {
    const { page, next } = context.route53.state.read(() =>
      input.Instances ? named(context, input, input.Instances) : pageOf(context, input),
    );
    const health = await healthOf(context, page);
    return {
      Status: Object.fromEntries(page.map(({ id }, index) => [id, health[index] ?? "UNKNOWN"])),
      ...next,
    };
  },
});

type PageInput = Pick<InputOf<"ListInstances">, "ServiceId" | "NextToken" | "MaxResults">;
type Page = { page: CloudMapInstance[]; next: { NextToken?: string } };

function pageOf(context: CloudMapContext, input: PageInput): Page {
  return filteredPage<CloudMapInstance>(context, input, {
    table: "cloudMapInstance",
    prefix: [requireService(context, input.ServiceId).id],
    keySize: 2,
    matches: () => true,
  });
}

/** Those that the request names: all of them on one page, whatever it says about pages. */
function named(context: CloudMapContext, input: PageInput, ids: readonly string[]): Page {
  const { id: serviceId } = requireService(context, input.ServiceId);
  const page = [...new Set(ids)].map((id) => requireInstance(context, serviceId, id));
  return { page, next: {} };
}

function instanceView({ route53 }: CloudMapContext, { id, attributes }: CloudMapInstance) {
  return { Id: id, Attributes: attributes, CreatedByAccount: route53.settings.accountId };
}
