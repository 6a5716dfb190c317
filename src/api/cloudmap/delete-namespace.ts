import type { NamespaceRequest } from "../../control/model/cloud-map.ts";
import type { HostedZone } from "../../control/model/hosted-zone.ts";
import { removalOf } from "../route53/delete-hosted-zone.ts";
import { arnOf } from "./arns.ts";
import type { HandlerFamily } from "./cloudmap-handler.ts";
import { commitOperation, subjectOf } from "./commit.ts";
import { namespaceMutations, requireNamespace } from "./namespace-rows.ts";
import { inUse } from "./refusals.ts";
import { removalOfTags } from "./tags.ts";

/** A namespace goes with its hosted zone, once it has no services. */
export const deleteNamespace: HandlerFamily<"DeleteNamespace"> = (context) => ({
  async DeleteNamespace({ Id }) {
    const { state } = context.route53;
    const named = requireNamespace(context, Id);
    const OperationId = await commitOperation(context, {
      action: "cloudmap:DeleteNamespace",
      type: "DELETE_NAMESPACE",
      ...subjectOf(named),
      alsoAccount: true,
      targets: { NAMESPACE: named.id },
      plan() {
        const namespace = requireNamespace(context, Id);
        const { id, dns, creatorRequestId: request } = namespace;
        if (state.list("cloudMapServiceByName", { prefix: [id], limit: 1 }).length > 0) {
          throw inUse(
            `Cannot delete namespace ${arnOf(context, "namespace", id)}: it has services`,
          );
        }
        const zone = dns && state.get<HostedZone>("hostedZone", [dns.hostedZoneId]);
        const mutations = [
          ...namespaceMutations("remove", namespace),
          removalOfTags(id),
          ...(zone ? removalOf(context.route53, zone) : []),
        ];
        const made =
          request === undefined
            ? undefined
            : state.get<NamespaceRequest>("cloudMapNamespaceByRequest", [request]);
        if (request !== undefined && made?.namespaceId === id) {
          mutations.push({ remove: "cloudMapNamespaceByRequest", key: [request] });
        }
        return { mutations };
      },
    });
    return { OperationId };
  },
});
