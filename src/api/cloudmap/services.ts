import type { CloudMapService } from "../../control/model/cloud-map.ts";
import { arnOf, idOf } from "./arns.ts";
import type { CloudMapContext } from "./cloudmap-context.ts";
import type { HandlerFamily, InputOf } from "./cloudmap-handler.ts";
import { commit, subjectOf } from "./commit.ts";
import { fits, readFilters } from "./list-filters.ts";
import type { FilterRules } from "./list-filters.ts";
import { filteredPage } from "./list-page.ts";
import { inUse } from "./refusals.ts";
import { countsOf, removeService, requirePlaced, requireService } from "./service-rows.ts";
import { removalOfTags } from "./tags.ts";

export const services: HandlerFamily<"GetService" | "ListServices" | "DeleteService"> = (
  context,
) => ({
  GetService: ({ Id }) =>
    context.route53.state.read(() => ({
      Service: serviceView(context, requireService(context, Id)),
    })),

  ListServices: (input) => context.route53.state.read(() => list(context, input)),

  async DeleteService({ Id }) {
    await commit(context, {
      action: "cloudmap:DeleteService",
      ...subjectOf(requirePlaced(context, Id).namespace),
      alsoAccount: true,
      plan() {
        const service = requireService(context, Id);
        const { instances } = countsOf(context, service.id);
        if (instances > 0) {
          throw inUse(`Cannot delete service ${service.id}: it has ${instances} instances`);
        }
        const mutations = [...removeService(service), removalOfTags(service.id)];
        return { mutations, result: undefined };
      },
    });
    return {};
  },
});

const filterRules: FilterRules = {
  NAMESPACE_ID: { conditions: ["EQ"] },
  RESOURCE_OWNER: { conditions: ["EQ"], values: ["SELF", "OTHER_ACCOUNTS"] },
};

function list(context: CloudMapContext, input: InputOf<"ListServices">) {
  const filters = readFilters(input.Filters, filterRules);
  const [wanted] = filters.filter(({ name }) => name === "NAMESPACE_ID");
  const others = filters.filter((filter) => filter !== wanted);
  const values = (id: string) => ({ NAMESPACE_ID: id, RESOURCE_OWNER: "SELF" });
  if (wanted === undefined) {
    const { page, next } = filteredPage<CloudMapService>(context, input, {
      table: "cloudMapService",
      keySize: 1,
      matches: ({ namespaceId }) => fits(others, values(namespaceId)),
    });
    return { Services: page.map((service) => summaryView(context, service)), ...next };
  }
  const namespaceId = idOf("namespace", wanted.values[0] ?? "");
  const { page, next } = filteredPage<string>(context, input, {
    table: "cloudMapServiceByName",
    prefix: [namespaceId],
    keySize: 3,
    matches: () => fits(others, values(namespaceId)),
  });
  const services = page.map((id) => requireService(context, id));
  return { Services: services.map((service) => summaryView(context, service)), ...next };
}

function summaryView(context: CloudMapContext, service: CloudMapService) {
  const { id, name, description, dns, healthCheck, customHealth, createdAt } = service;
  const { accountId } = context.route53.settings;
  return {
    Id: id,
    Arn: arnOf(context, "service", id),
    ResourceOwner: accountId,
    Name: name,
    Type: dns ? ("DNS_HTTP" as const) : ("HTTP" as const),
    ...(description === undefined ? {} : { Description: description }),
    InstanceCount: countsOf(context, id).instances,
    ...(dns && { DnsConfig: dnsView(service, dns) }),
    ...(healthCheck && {
      HealthCheckConfig: {
        Type: healthCheck.type,
        ...(healthCheck.resourcePath === undefined
          ? {}
          : { ResourcePath: healthCheck.resourcePath }),
        FailureThreshold: healthCheck.failureThreshold,
      },
    }),
    ...(customHealth ? { HealthCheckCustomConfig: { FailureThreshold: 1 } } : {}),
    CreateDate: new Date(createdAt),
    CreatedByAccount: accountId,
  };
}

function dnsView(service: CloudMapService, dns: NonNullable<CloudMapService["dns"]>) {
  return {
    NamespaceId: service.namespaceId,
    RoutingPolicy: dns.routingPolicy,
    DnsRecords: dns.records.map(({ type, ttl }) => ({ Type: type, TTL: ttl })),
  };
}

/** A service as answers have it. */
export function serviceView(context: CloudMapContext, service: CloudMapService) {
  const { namespaceId, creatorRequestId } = service;
  return {
    ...summaryView(context, service),
    NamespaceId: namespaceId,
    ...(creatorRequestId === undefined ? {} : { CreatorRequestId: creatorRequestId }),
  };
}
