import { aliasMessages } from "../../control/model/change-batch-alias.ts";
import {
  instanceRecordSets,
  recordSetDifferences,
} from "../../control/model/cloud-map-record-sets.ts";
import type { ServicePlace } from "../../control/model/cloud-map-record-sets.ts";
import type { CloudMapInstance, ServiceCounts } from "../../control/model/cloud-map.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import type { ResourceRecordSet } from "../../control/model/resource-record-set.ts";
import type { CloudMapContext } from "./cloudmap-context.ts";
import { OperationFailure } from "./commit.ts";
import { instancesOf } from "./instance-rows.ts";
import { checked } from "./refusals.ts";
import { countsOf, placeOf, putCounts } from "./service-rows.ts";
import type { ServiceInNamespace } from "./service-rows.ts";

/** One instance as it is and as it shall be; absent: there is none. */
export type InstanceChange = {
  before: CloudMapInstance | undefined;
  after: CloudMapInstance | undefined;
};

/**
 * Writes an instance, the numbers of its service, and what differs in DNS. All other instances are
 * looked at only where the service comes to have, or no longer has, none but unhealthy ones.
 * @throws OperationFailure where its record sets cannot be
 */
export function instanceMutations(
  context: CloudMapContext,
  placed: ServiceInNamespace,
  change: InstanceChange,
): Mutation[] {
  const { service } = placed;
  const { before, after } = change;
  const counts = countsOf(context, service.id);
  const next = countsAfter(counts, change);
  const mutations = [putCounts(service.id, next)];
  if (after) {
    mutations.push({ put: "cloudMapInstance", key: [service.id, after.id], value: after });
  } else if (before) {
    mutations.push({ remove: "cloudMapInstance", key: [service.id, before.id] });
  }
  const place = placeOf(placed);
  if (!place) return mutations;
  const sets = setsOf(context, { placed, place, change, counts, next });
  refuseConflicts(context, placed, sets);
  const { hostedZoneId } = place.dns;
  return [...mutations, ...recordSetDifferences(hostedZoneId, sets.before, sets.after)];
}

function countsAfter(counts: ServiceCounts, { before, after }: InstanceChange): ServiceCounts {
  const unhealthy = (instance: CloudMapInstance | undefined): number =>
    instance?.customHealth === "UNHEALTHY" ? 1 : 0;
  const healthOnly = before && after && before.operationId === after.operationId;
  return {
    instances: counts.instances + (after ? 1 : 0) - (before ? 1 : 0),
    unhealthy: counts.unhealthy + unhealthy(after) - unhealthy(before),
    revision: counts.revision + (healthOnly ? 0 : 1),
  };
}

type Sets = { before: ResourceRecordSet[]; after: ResourceRecordSet[] };

function setsOf(
  context: CloudMapContext,
  of: {
    placed: ServiceInNamespace;
    place: ServicePlace;
    change: InstanceChange;
    counts: ServiceCounts;
    next: ServiceCounts;
  },
): Sets {
  const { place, change, counts, next } = of;
  const showedAll = counts.unhealthy === counts.instances;
  const showsAll = next.unhealthy === next.instances;
  const id = change.after?.id ?? change.before?.id;
  const others =
    showedAll === showsAll
      ? []
      : instancesOf(context, of.placed.service.id).filter((other) => other.id !== id);
  const sets = (own: CloudMapInstance | undefined, showAll: boolean): ResourceRecordSet[] =>
    [...others, ...(own ? [own] : [])].flatMap((instance) =>
      checked(() => instanceRecordSets(place, instance, showAll)),
    );
  return { before: sets(change.before, showedAll), after: sets(change.after, showsAll) };
}

/**
 * The zone is Cloud Map's alone, so only names that two services have in common can clash, and
 * aliases that lead nowhere.
 */
function refuseConflicts(
  { route53 }: CloudMapContext,
  { namespace, service }: ServiceInNamespace,
  { before, after }: Sets,
): void {
  const zone = { id: namespace.dns?.hostedZoneId ?? "", name: namespace.dns?.zoneName ?? "" };
  const setsAt = (name: string): ResourceRecordSet[] => route53.state.rrsetsAt(zone.id, name);
  for (const rrset of after) {
    const [message] = aliasMessages(rrset, { ...zone, setsAt });
    if (message !== undefined) throw new OperationFailure("INVALID_CHANGE_BATCH", message);
    const isNewHost =
      rrset.setIdentifier === undefined && !before.some(({ name }) => name === rrset.name);
    if (!isNewHost) continue;
    const relative = rrset.name.slice(0, rrset.name.length - zone.name.length - 1);
    const named = route53.state.list("cloudMapServiceByName", {
      prefix: [namespace.id, relative],
      limit: 1,
    });
    if (named.length === 0 && setsAt(rrset.name).length === 0) continue;
    throw new OperationFailure(
      "INVALID_CHANGE_BATCH",
      `Tried to create resource record set ${rrset.name} of the service ${service.name}, ` +
        "but another service has that name",
    );
  }
}
