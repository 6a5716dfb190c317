import { namespaceTypes } from "../../control/model/cloud-map.ts";
import type { CloudMapNamespace } from "../../control/model/cloud-map.ts";
import { arnOf } from "./arns.ts";
import type { CloudMapContext } from "./cloudmap-context.ts";
import type { HandlerFamily, InputOf } from "./cloudmap-handler.ts";
import { fits, readFilters } from "./list-filters.ts";
import type { FilterRules } from "./list-filters.ts";
import { filteredPage } from "./list-page.ts";
import { requireNamespace } from "./namespace-rows.ts";

export const namespaces: HandlerFamily<"GetNamespace" | "ListNamespaces"> = (context) => ({
  GetNamespace: ({ Id }) =>
    context.route53.state.read(() => {
      const namespace = requireNamespace(context, Id);
      const { creatorRequestId } = namespace;
      return {
        Namespace: {
          ...namespaceView(context, namespace),
          ...(creatorRequestId === undefined ? {} : { CreatorRequestId: creatorRequestId }),
        },
      };
    }),

  ListNamespaces: (input) => context.route53.state.read(() => list(context, input)),
});

const filterRules: FilterRules = {
  TYPE: { conditions: ["EQ", "BEGINS_WITH"], values: namespaceTypes },
  NAME: { conditions: ["EQ", "BEGINS_WITH"] },
  HTTP_NAME: { conditions: ["EQ", "BEGINS_WITH"] },
  RESOURCE_OWNER: { conditions: ["EQ"], values: ["SELF", "OTHER_ACCOUNTS"] },
};

function list(context: CloudMapContext, input: InputOf<"ListNamespaces">) {
  const filters = readFilters(input.Filters, filterRules);
  const { page, next } = filteredPage<CloudMapNamespace>(context, input, {
    table: "cloudMapNamespace",
    keySize: 1,
    matches: ({ type, name, httpName }) =>
      fits(filters, { TYPE: type, NAME: name, HTTP_NAME: httpName, RESOURCE_OWNER: "SELF" }),
  });
  return {
    Namespaces: page.map((namespace) => namespaceView(context, namespace)),
    ...next,
  };
}

function namespaceView(context: CloudMapContext, namespace: CloudMapNamespace) {
  const { id, name, type, httpName, description, createdAt, dns } = namespace;
  const { state, settings } = context.route53;
  return {
    Id: id,
    Arn: arnOf(context, "namespace", id),
    ResourceOwner: settings.accountId,
    Name: name,
    Type: type,
    ...(description === undefined ? {} : { Description: description }),
    ServiceCount: state.count("cloudMapServiceByName", [id]),
    Properties: {
      DnsProperties: dns
        ? { HostedZoneId: dns.hostedZoneId, SOA: { TTL: dns.soaTtl } }
        : { SOA: undefined },
      HttpProperties: { HttpName: httpName },
    },
    CreateDate: new Date(createdAt),
  };
}
