import {
  instanceRecordSets,
  recordSetDifferences,
} from "../../control/model/cloud-map-record-sets.ts";
import { checkInstanceAttributes } from "../../control/model/cloud-map-attributes.ts";
import {
  checkServiceSettings,
  updatedDns,
} from "../../control/model/cloud-map-service-settings.ts";
import type { CloudMapInstance, CloudMapService } from "../../control/model/cloud-map.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import type { ResourceRecordSet } from "../../control/model/resource-record-set.ts";
import { inSlices } from "../commit/in-slices.ts";
import type { CloudMapContext } from "./cloudmap-context.ts";
import type { HandlerFamily, InputOf } from "./cloudmap-handler.ts";
import { commitOperation, subjectOf } from "./commit.ts";
import { planInstanceCheck, slotMutations } from "./instance-health-check.ts";
import type { InstanceCheck } from "./instance-health-check.ts";
import { instancesOf } from "./instance-rows.ts";
import { checked, invalidInput } from "./refusals.ts";
import { countsOf, placeOf, requirePlaced } from "./service-rows.ts";
import type { ServiceInNamespace } from "./service-rows.ts";
import { readHealthCheck, readRecords } from "./service-settings-input.ts";

/** Brings the record sets and health checks of all instances to new settings of their service. */
export const updateService: HandlerFamily<"UpdateService"> = (context) => ({
  async UpdateService({ Id, Service }) {
    const { namespace, service } = requirePlaced(context, Id);
    const OperationId = await commitOperation(context, {
      action: "cloudmap:UpdateService",
      type: "UPDATE_SERVICE",
      ...subjectOf(namespace),
      alsoAccount: true,
      targets: { SERVICE: service.id, NAMESPACE: namespace.id },
      async plan() {
        const before = requirePlaced(context, Id);
        const after = { ...before, service: changed(before, Service) };
        return { mutations: await serviceMutations(context, before, after) };
      },
    });
    return { OperationId };
  },
});

type Change = InputOf<"UpdateService">["Service"];

/** Settings of DNS and health checks that are left out go; those of HTTP namespaces stay. */
function changed({ namespace, service }: ServiceInNamespace, change: Change): CloudMapService {
  const { Description, DnsConfig, HealthCheckConfig } = change;
  const { dns: _dns, healthCheck: _healthCheck, ...rest } = service;
  const described = Description === undefined ? {} : { description: Description };
  if (namespace.type === "HTTP") {
    if (!DnsConfig && !HealthCheckConfig) return { ...service, ...described };
    throw invalidInput("Settings of a service of an HTTP namespace cannot be updated");
  }
  const dns = checked(() =>
    updatedDns(service.dns, DnsConfig && readRecords(DnsConfig.DnsRecords)),
  );
  const healthCheck = readHealthCheck(HealthCheckConfig);
  const wasType = service.healthCheck?.type;
  if (healthCheck && wasType && healthCheck.type !== wasType) {
    throw invalidInput(`HealthCheckConfig.Type: it is ${wasType} and cannot be changed`);
  }
  const after = { ...rest, ...described, ...(dns && { dns }), ...(healthCheck && { healthCheck }) };
  checked(() => checkServiceSettings(after, namespace.type));
  return after;
}

/** A service may have many instances: others on the thread have their turns in between. */
async function serviceMutations(
  context: CloudMapContext,
  before: ServiceInNamespace,
  after: ServiceInNamespace,
): Promise<Mutation[]> {
  const { state } = context.route53;
  const { id } = after.service;
  const mutations: Mutation[] = [{ put: "cloudMapService", key: [id], value: after.service }];
  const checks: InstanceCheck[] = [];
  const planOne = (was: CloudMapInstance): void => {
    const { check, instance } = planInstance(context, { before, after }, was);
    checks.push(check);
    mutations.push(...check.mutations);
    if (instance.healthCheckId !== was.healthCheckId) {
      mutations.push({ put: "cloudMapInstance", key: [id, instance.id], value: instance });
    }
    mutations.push(...setMutations(context, { before, was, after, instance }));
  };
  // One snapshot a slice; that all of them saw the same service, the log's head tells.
  await inSlices(instancesOf(context, id), planOne, (slice) => state.read(slice));
  return [...mutations, ...slotMutations(context, checks)];
}

function planInstance(
  context: CloudMapContext,
  { before, after }: { before: ServiceInNamespace; after: ServiceInNamespace },
  instance: CloudMapInstance,
): { check: InstanceCheck; instance: CloudMapInstance } {
  try {
    checked(() => checkInstanceAttributes(after.service, instance.attributes));
  } catch (error) {
    throw invalidInput(`The instance ${instance.id} does not fit: ${(error as Error).message}`);
  }
  // Where a check goes, it is the old record sets that name it.
  const placed = after.service.healthCheck ? after : { ...before, service: withoutCheck(before) };
  const check = planInstanceCheck(context, placed, instance);
  const { healthCheckId: _id, ...rest } = instance;
  const { healthCheckId } = check;
  return { check, instance: healthCheckId === undefined ? rest : { ...rest, healthCheckId } };
}

function withoutCheck({ service }: ServiceInNamespace): CloudMapService {
  const { healthCheck: _healthCheck, ...rest } = service;
  return rest;
}

function setMutations(
  context: CloudMapContext,
  of: {
    before: ServiceInNamespace;
    was: CloudMapInstance;
    after: ServiceInNamespace;
    instance: CloudMapInstance;
  },
): Mutation[] {
  const zoneId = of.after.namespace.dns?.hostedZoneId;
  if (zoneId === undefined) return [];
  const counts = countsOf(context, of.after.service.id);
  const showAll = counts.unhealthy === counts.instances;
  const sets = (placed: ServiceInNamespace, instance: CloudMapInstance): ResourceRecordSet[] => {
    const place = placeOf(placed);
    return place ? instanceRecordSets(place, instance, showAll) : [];
  };
  return recordSetDifferences(zoneId, sets(of.before, of.was), sets(of.after, of.instance));
}
