import { withNegativeTtl } from "../../control/model/hosted-zone.ts";
import type { CloudMapNamespace, NamespaceType } from "../../control/model/cloud-map.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import type { CloudMapContext } from "./cloudmap-context.ts";
import type { HandlerFamily } from "./cloudmap-handler.ts";
import { commitOperation, subjectOf } from "./commit.ts";
import { requireNamespace } from "./namespace-rows.ts";
import { invalidInput } from "./refusals.ts";

export const updateNamespace: HandlerFamily<
  "UpdateHttpNamespace" | "UpdatePublicDnsNamespace" | "UpdatePrivateDnsNamespace"
> = (context) => ({
  UpdateHttpNamespace: ({ Id, Namespace }) =>
    update(context, { id: Id, type: "HTTP", description: Namespace.Description }),

  UpdatePublicDnsNamespace: ({ Id, Namespace }) =>
    update(context, {
      id: Id,
      type: "DNS_PUBLIC",
      description: Namespace.Description,
      soaTtl: Namespace.Properties?.DnsProperties.SOA.TTL,
    }),

  UpdatePrivateDnsNamespace: ({ Id, Namespace }) =>
    update(context, {
      id: Id,
      type: "DNS_PRIVATE",
      description: Namespace.Description,
      soaTtl: Namespace.Properties?.DnsProperties.SOA.TTL,
    }),
});

type Update = {
  id: string;
  type: NamespaceType;
  description: string | undefined;
  soaTtl?: number | undefined;
};

async function update(
  context: CloudMapContext,
  { id, type, description, soaTtl }: Update,
): Promise<{ OperationId: string }> {
  const named = requireNamespace(context, id);
  if (named.type !== type) throw invalidInput(`The namespace ${named.id} is of type ${named.type}`);
  const OperationId = await commitOperation(context, {
    action: "cloudmap:UpdateNamespace",
    type: "UPDATE_NAMESPACE",
    ...subjectOf(named),
    targets: { NAMESPACE: named.id },
    plan() {
      const before = requireNamespace(context, id);
      const after: CloudMapNamespace = {
        ...before,
        ...(description === undefined ? {} : { description }),
        ...(before.dns && soaTtl !== undefined ? { dns: { ...before.dns, soaTtl } } : {}),
      };
      const mutations: Mutation[] = [
        { put: "cloudMapNamespace", key: [before.id], value: after },
        ...soaMutations(context, after),
      ];
      return { mutations };
    },
  });
  return { OperationId };
}

function soaMutations({ route53 }: CloudMapContext, { dns }: CloudMapNamespace): Mutation[] {
  if (!dns) return [];
  const { hostedZoneId, zoneName, soaTtl } = dns;
  const soa = route53.state.rrset(hostedZoneId, zoneName, "SOA");
  if (!soa || soa.ttl === soaTtl) return [];
  return [{ putRRset: hostedZoneId, rrset: withNegativeTtl(soa, soaTtl) }];
}
