import { cloudMapServiceCountMax } from "../../base/limits.ts";
import { serviceName } from "../../control/model/cloud-map-record-sets.ts";
import { checkServiceSettings } from "../../control/model/cloud-map-service-settings.ts";
import type { CloudMapNamespace, CloudMapService } from "../../control/model/cloud-map.ts";
import { drawCloudMapId } from "../../control/model/resource-id.ts";
import { ServiceError } from "../protocol/service-error.ts";
import { arnOf, idOf } from "./arns.ts";
import type { CloudMapContext } from "./cloudmap-context.ts";
import type { HandlerFamily, InputOf } from "./cloudmap-handler.ts";
import { commit, subjectOf } from "./commit.ts";
import { requireNamespace } from "./namespace-rows.ts";
import { checked, invalidInput, limitExceeded } from "./refusals.ts";
import { placeOf, putService, requireService } from "./service-rows.ts";
import { readDns, readHealthCheck } from "./service-settings-input.ts";
import { serviceView } from "./services.ts";
import { tagMutations } from "./tags.ts";

type Input = InputOf<"CreateService">;

export const createService: HandlerFamily<"CreateService"> = (context) => ({
  async CreateService(input) {
    const namespaceId = namespaceIdOf(input);
    const service = await commit(context, {
      action: "cloudmap:CreateService",
      ...subjectOf(requireNamespace(context, namespaceId)),
      plan: () =>
        context.route53.state.read(() => {
          const namespace = requireNamespace(context, namespaceId);
          const service = newService(context, namespace, input);
          const same = sameService(context, namespace, service);
          if (same) return { mutations: [], result: same };
          refuseFull(context, namespace);
          refuseAnsweredName(context, namespace, service);
          const mutations = [...putService(service), ...tagMutations(service.id, input.Tags)];
          return { mutations, result: service };
        }),
    });
    return { Service: serviceView(context, service) };
  },
});

/** @throws ServiceError InvalidInput where the namespace is not named, or two are */
function namespaceIdOf({ NamespaceId, DnsConfig }: Input): string {
  const older = DnsConfig?.NamespaceId;
  const id = NamespaceId ?? older;
  if (id === undefined) throw invalidInput("NamespaceId is required");
  if (older !== undefined && idOf("namespace", older) !== idOf("namespace", id)) {
    throw invalidInput("NamespaceId and DnsConfig.NamespaceId are different");
  }
  return id;
}

function newService(
  context: CloudMapContext,
  namespace: CloudMapNamespace,
  input: Input,
): CloudMapService {
  const { random, clock } = context.route53;
  const dns = readDns(input.DnsConfig);
  const healthCheck = readHealthCheck(input.HealthCheckConfig);
  if (input.Type === "HTTP" && dns) {
    throw invalidInput("DnsConfig: a service of the type HTTP cannot have DNS records");
  }
  const service: CloudMapService = {
    id: drawCloudMapId("srv", random),
    namespaceId: namespace.id,
    name: input.Name,
    ...(input.Description === undefined ? {} : { description: input.Description }),
    ...(dns && { dns }),
    ...(healthCheck && { healthCheck }),
    customHealth: input.HealthCheckCustomConfig !== undefined,
    ...(input.CreatorRequestId === undefined ? {} : { creatorRequestId: input.CreatorRequestId }),
    createdAt: new Date(clock.nowMs()).toISOString(),
  };
  checked(() => checkServiceSettings(service, namespace.type));
  const place = placeOf({ namespace, service });
  if (place) checked(() => serviceName(place));
  return service;
}

/**
 * The service that the same request has made before.
 * @throws ServiceError ServiceAlreadyExists where another has the name
 */
function sameService(
  context: CloudMapContext,
  namespace: CloudMapNamespace,
  service: CloudMapService,
): CloudMapService | undefined {
  const { state } = context.route53;
  const lower = service.name.toLowerCase();
  const named = state.list<string>("cloudMapServiceByName", { prefix: [namespace.id, lower] });
  // In DNS there is no case; a namespace of the API alone tells names apart by it.
  const taken = named.find(({ key }) => namespace.dns || key[2] === service.name);
  if (!taken) return undefined;
  const other = requireService(context, taken.value);
  const isRetry =
    service.creatorRequestId !== undefined && comparable(other) === comparable(service);
  if (isRetry) return other;
  const message = `There is a service named ${other.name} in the namespace already`;
  throw new ServiceError("ServiceAlreadyExists", message, {
    ServiceId: other.id,
    ServiceArn: arnOf(context, "service", other.id),
    ...(other.creatorRequestId === undefined ? {} : { CreatorRequestId: other.creatorRequestId }),
  });
}

function comparable({ id: _id, createdAt: _createdAt, ...rest }: CloudMapService): string {
  return JSON.stringify(rest);
}

function refuseFull({ route53 }: CloudMapContext, { id }: CloudMapNamespace): void {
  if (route53.state.count("cloudMapServiceByName", [id]) < cloudMapServiceCountMax) return;
  throw limitExceeded("services in the namespace", cloudMapServiceCountMax);
}

/** The name may be that of an instance: `a` of the service `b` is answered as `a.b` is. */
function refuseAnsweredName(
  { route53 }: CloudMapContext,
  namespace: CloudMapNamespace,
  service: CloudMapService,
): void {
  const place = placeOf({ namespace, service });
  if (!place) return;
  const name = serviceName(place);
  const sets = route53.state.rrsetsAt(place.dns.hostedZoneId, name);
  if (sets.every(({ type }) => type === "NS" || type === "SOA")) return;
  throw invalidInput(
    `Cannot create service: an instance of another service is answered as ${name}`,
  );
}
