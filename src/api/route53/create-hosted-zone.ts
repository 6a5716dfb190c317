import type { DelegationSet, HostedZone, Vpc } from "../../control/model/hosted-zone.ts";
import { apexSets, liesInZone } from "../../control/model/hosted-zone.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { nameSortKey } from "../../control/model/name-sort-key.ts";
import {
  drawNameServers,
  hostmasterName,
  reservedNameServers,
} from "../../control/model/name-servers.ts";
import { drawResourceId } from "../../control/model/resource-id.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "./api-context.ts";
import { commitChange } from "./commit.ts";
import { delegationSetOf, hostedZoneView, vpcView } from "./hosted-zone-view.ts";
import { isFull } from "./quotas.ts";
import { bareId, locationOf, zonePath } from "./resource-ids.ts";
import type { HandlerFamily } from "./route53-handler.ts";
import { conflictingVpc, isForeign, requireName, requireVpc, zoneInVpc } from "./zones.ts";

export const createHostedZone: HandlerFamily<"CreateHostedZone"> = (context) => ({
  async CreateHostedZone(input) {
    const id = drawResourceId("Z", context.random);
    const name = requireZoneName(input.Name);
    const comment = input.HostedZoneConfig?.Comment;
    const { result: zone, changeInfo } = await commitChange(context, {
      action: "CreateHostedZone",
      zoneId: id,
      alsoAccount: true,
      plan() {
        const vpc = requestedVpc(context, input, name);
        const set = requestedSet(context, input, name);
        refuseReuse(context, input.CallerReference);
        const zone: HostedZone = {
          id,
          name,
          callerReference: input.CallerReference,
          ...(comment === undefined ? {} : { comment }),
          createdAt: new Date(context.clock.nowMs()).toISOString(),
          vpcs: vpc ? [vpc] : [],
          private: vpc !== undefined,
          nameServers: set?.nameServers ?? nameServersOf(context, vpc),
          ...(set ? { delegationSetId: set.id } : {}),
        };
        return { mutations: zoneMutations(context, zone), result: zone };
      },
    });
    const [vpc] = zone.vpcs;
    return {
      HostedZone: hostedZoneView(context, zone),
      ChangeInfo: changeInfo,
      ...(vpc ? { VPC: vpcView(vpc) } : {}),
      // The SDK calls it required; AWS leaves it out for private zones.
      DelegationSet: vpc ? undefined : delegationSetOf(context, zone),
      Location: locationOf(zonePath(zone.id)),
    };
  },
});

type Input = Parameters<NonNullable<ReturnType<typeof createHostedZone>["CreateHostedZone"]>>[0];

function requireZoneName(text: string): string {
  const name = requireName(text, "InvalidDomainName");
  if (name !== "." && !name.startsWith("\\052.")) return name;
  throw new ServiceError("InvalidDomainName", `The domain name ${name} is not valid`);
}

/** A zone with a VPC is a private one. */
function requestedVpc(context: ApiContext, input: Input, name: string): Vpc | undefined {
  if (!input.VPC && input.HostedZoneConfig?.PrivateZone !== true) return undefined;
  const { id, region, owner } = requireVpc(context, input.VPC);
  if (isForeign(context, owner === undefined ? {} : { owner })) {
    throw new ServiceError("InvalidVPCId", "The VPC ID is invalid.");
  }
  if (input.DelegationSetId !== undefined) {
    throw new ServiceError(
      "InvalidInput",
      "A reusable delegation set cannot be associated with a private hosted zone",
    );
  }
  const vpc = { id, region };
  const conflict = zoneInVpc(context, id, name);
  if (conflict) throw conflictingVpc(vpc, conflict);
  return vpc;
}

function requestedSet(context: ApiContext, input: Input, name: string): DelegationSet | undefined {
  if (input.DelegationSetId === undefined) return undefined;
  const id = bareId(input.DelegationSetId);
  const set = context.state.get<DelegationSet>("delegationSet", [id]);
  if (!set) {
    const message = `No reusable delegation set found with ID: ${id}`;
    throw new ServiceError("NoSuchDelegationSet", message);
  }
  const zones = context.state.list("zoneByDelegationSet", { prefix: [id] });
  if (isFull(context, "MAX_ZONES_BY_REUSABLE_DELEGATION_SET", zones.length)) {
    throw tooMany("MAX_ZONES_BY_REUSABLE_DELEGATION_SET");
  }
  // Zones that are each other's parents must not share name servers.
  for (const { key } of zones) {
    const other = context.state.get<HostedZone>("hostedZone", [key[1] as string]);
    if (!other || !(liesInZone(name, other.name) || liesInZone(other.name, name))) continue;
    throw new ServiceError(
      "ConflictingDomainExists",
      `Cannot create hosted zone with DelegationSetId DelegationSetId:${id} as the DNSName ` +
        `${name} conflicts with existing ones sharing the delegation set`,
    );
  }
  return set;
}

function refuseReuse(context: ApiContext, callerReference: string): void {
  if (context.state.get("zoneByCallerReference", [callerReference]) !== undefined) {
    throw new ServiceError(
      "HostedZoneAlreadyExists",
      "A hosted zone has already been created with the specified caller reference.",
    );
  }
  if (isFull(context, "MAX_HOSTED_ZONES_BY_OWNER", context.state.count("hostedZone"))) {
    throw tooMany("MAX_HOSTED_ZONES_BY_OWNER");
  }
}

function tooMany(limit: string): ServiceError {
  const message = `Limits Exceeded: ${limit} - Cannot create more hosted zones.`;
  return new ServiceError("TooManyHostedZones", message);
}

/** The name servers of a new zone: a private one has a VPC. */
export function nameServersOf(context: ApiContext, vpc: Vpc | undefined): string[] {
  const { nameServers } = context.settings;
  return vpc ? reservedNameServers(nameServers) : drawNameServers(nameServers, context.random);
}

/** The rows and the first record sets of a new hosted zone. */
export function zoneMutations(context: ApiContext, zone: HostedZone): Mutation[] {
  const { id } = zone;
  const mutations: Mutation[] = [
    { put: "hostedZone", key: [id], value: zone },
    { put: "zoneByName", key: [nameSortKey(zone.name), id], value: true },
    { put: "zoneByCallerReference", key: [zone.callerReference], value: id },
  ];
  for (const vpc of zone.vpcs) mutations.push({ put: "zoneByVpc", key: [vpc.id, id], value: true });
  if (zone.delegationSetId !== undefined) {
    mutations.push({ put: "zoneByDelegationSet", key: [zone.delegationSetId, id], value: true });
  }
  const sets = apexSets(zone, hostmasterName(context.settings.nameServers));
  for (const rrset of sets) mutations.push({ putRRset: id, rrset });
  return mutations;
}
