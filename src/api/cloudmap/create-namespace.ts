import { cloudMapNamespaceCountMax } from "../../base/limits.ts";
import type {
  CloudMapNamespace,
  NamespaceDns,
  NamespaceRequest,
  NamespaceType,
} from "../../control/model/cloud-map.ts";
import type { HostedZone, Vpc } from "../../control/model/hosted-zone.ts";
import { withNegativeTtl } from "../../control/model/hosted-zone.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { drawCloudMapId, drawResourceId } from "../../control/model/resource-id.ts";
import type { VpcRow } from "../../control/model/vpc.ts";
import type { Tag } from "../commit/tags.ts";
import { ServiceError } from "../protocol/service-error.ts";
import { nameServersOf, zoneMutations } from "../route53/create-hosted-zone.ts";
import { isFull } from "../route53/quotas.ts";
import { conflictingVpc, isForeign, requireName, requireVpc, zoneInVpc } from "../route53/zones.ts";
import { arnOf, standInRegion } from "./arns.ts";
import type { CloudMapContext } from "./cloudmap-context.ts";
import type { HandlerFamily } from "./cloudmap-handler.ts";
import { OperationFailure, commitOperation } from "./commit.ts";
import { namespaceMutations } from "./namespace-rows.ts";
import { invalidInput, limitExceeded } from "./refusals.ts";
import { tagMutations } from "./tags.ts";

export const createNamespace: HandlerFamily<
  "CreateHttpNamespace" | "CreatePublicDnsNamespace" | "CreatePrivateDnsNamespace"
> = (context) => ({
  CreateHttpNamespace: (input) => create(context, { ...input, type: "HTTP" }),

  CreatePublicDnsNamespace: (input) =>
    create(context, {
      ...input,
      type: "DNS_PUBLIC",
      soaTtl: input.Properties?.DnsProperties.SOA.TTL ?? context.settings.negativeTtl,
    }),

  CreatePrivateDnsNamespace: (input) =>
    create(context, {
      ...input,
      type: "DNS_PRIVATE",
      soaTtl: input.Properties?.DnsProperties.SOA.TTL ?? context.settings.negativeTtl,
    }),
});

type Wanted = {
  type: NamespaceType;
  Name: string;
  CreatorRequestId?: string | undefined;
  Description?: string | undefined;
  Tags?: readonly Tag[] | undefined;
  Vpc?: string;
  soaTtl?: number;
};

async function create(context: CloudMapContext, wanted: Wanted): Promise<{ OperationId: string }> {
  const { random } = context.route53;
  const id = drawCloudMapId("ns", random);
  const hostedZoneId = wanted.type === "HTTP" ? undefined : drawResourceId("Z", random);
  const OperationId = await commitOperation(context, {
    action: "cloudmap:CreateNamespace",
    type: "CREATE_NAMESPACE",
    ...(hostedZoneId === undefined ? {} : { zoneId: hostedZoneId }),
    alsoAccount: true,
    targets: { NAMESPACE: id },
    plan(operationId) {
      const before = earlier(context, wanted);
      if (before) return { before: before.operationId };
      refuseTaken(context, wanted);
      const namespace = newNamespace(context, { id, hostedZoneId, wanted });
      if (namespace.dns) refuseZone(context, namespace.dns);
      const mutations = [
        ...namespaceMutations("put", namespace),
        ...tagMutations(id, wanted.Tags),
        ...(namespace.dns ? zoneOf(context, namespace, wanted.Vpc) : []),
      ];
      if (wanted.CreatorRequestId !== undefined) {
        const value = { namespaceId: id, operationId, asked: asked(wanted) };
        mutations.push({
          put: "cloudMapNamespaceByRequest",
          key: [wanted.CreatorRequestId],
          value,
        });
      }
      return { mutations };
    },
  });
  return { OperationId };
}

/** What tells two requests apart that have the same CreatorRequestId. */
function asked({ type, Name, Description = "", Vpc = "", soaTtl = 0 }: Wanted): string {
  return JSON.stringify([type, Name, Description, Vpc, soaTtl]);
}

/**
 * The request of the same CreatorRequestId that made a namespace.
 * @throws ServiceError DuplicateRequest where that was to be another one
 */
function earlier(context: CloudMapContext, wanted: Wanted): NamespaceRequest | undefined {
  const { CreatorRequestId: key } = wanted;
  if (key === undefined) return undefined;
  const { state } = context.route53;
  const before = state.get<NamespaceRequest>("cloudMapNamespaceByRequest", [key]);
  if (!before || before.asked === asked(wanted)) return before;
  throw new ServiceError(
    "DuplicateRequest",
    `The CreatorRequestId ${key} was used for a namespace with other settings`,
    { DuplicateOperationId: before.operationId },
  );
}

/**
 * An HTTP namespace has its name alone, a public one its name among those; private ones of other
 * VPCs may have it too.
 * @throws ServiceError NamespaceAlreadyExists, ResourceLimitExceeded
 */
function refuseTaken(context: CloudMapContext, { type, Name }: Wanted): void {
  const { state } = context.route53;
  for (const { value } of state.list<string>("cloudMapNamespaceByName", {
    prefix: [Name.toLowerCase()],
  })) {
    const other = state.get<CloudMapNamespace>("cloudMapNamespace", [value]);
    const isSame = type === "HTTP" ? other?.name === Name : other?.type === type;
    if (!other || type === "DNS_PRIVATE" || !isSame) continue;
    throw new ServiceError("NamespaceAlreadyExists", `There is a namespace named ${Name} already`, {
      NamespaceId: other.id,
      ...(other.creatorRequestId === undefined ? {} : { CreatorRequestId: other.creatorRequestId }),
    });
  }
  if (state.count("cloudMapNamespace") >= cloudMapNamespaceCountMax) {
    throw limitExceeded("namespaces", cloudMapNamespaceCountMax);
  }
}

function newNamespace(
  context: CloudMapContext,
  from: { id: string; hostedZoneId: string | undefined; wanted: Wanted },
): CloudMapNamespace {
  const { id, hostedZoneId, wanted } = from;
  const { type, Name: name, Description, CreatorRequestId, soaTtl = 0 } = wanted;
  const isTaken = context.route53.state.get("cloudMapNamespaceByHttpName", [name]) !== undefined;
  return {
    id,
    name,
    type,
    httpName: isTaken ? `${name}-${id.slice("ns-".length)}` : name,
    ...(Description === undefined ? {} : { description: Description }),
    ...(CreatorRequestId === undefined ? {} : { creatorRequestId: CreatorRequestId }),
    createdAt: new Date(context.route53.clock.nowMs()).toISOString(),
    ...(hostedZoneId === undefined
      ? {}
      : { dns: { hostedZoneId, zoneName: requireName(name, "InvalidInput"), soaTtl } }),
  };
}

/**
 * Refuses what Route 53 makes no hosted zone for.
 * @throws ServiceError InvalidInput; OperationFailure where the zones there are count
 */
function refuseZone({ route53 }: CloudMapContext, { zoneName }: NamespaceDns): void {
  if (zoneName === "." || zoneName.startsWith("\\052.")) {
    throw invalidInput(`The domain name ${zoneName} is not valid`);
  }
  const limit = "MAX_HOSTED_ZONES_BY_OWNER";
  if (!isFull(route53, limit, route53.state.count("hostedZone"))) return;
  throw zoneFailure(
    new ServiceError(
      "TooManyHostedZones",
      `Limits Exceeded: ${limit} - Cannot create more hosted zones.`,
    ),
  );
}

function zoneFailure({ code, message }: ServiceError): OperationFailure {
  const text = `${message} (Service: AmazonRoute53; Error Code: ${code})`;
  return new OperationFailure("CANNOT_CREATE_HOSTED_ZONE", text);
}

/** The hosted zone of a DNS namespace, which is Cloud Map's alone to change. */
function zoneOf(
  context: CloudMapContext,
  { id, dns, createdAt }: CloudMapNamespace,
  vpcId: string | undefined,
): Mutation[] {
  if (!dns) return [];
  const { route53 } = context;
  const vpc = vpcId === undefined ? undefined : vpcOf(context, vpcId, dns.zoneName);
  const zone: HostedZone = {
    id: dns.hostedZoneId,
    name: dns.zoneName,
    callerReference: `cloud-map ${id}`,
    comment: "Created by AWS Cloud Map",
    createdAt,
    vpcs: vpc ? [vpc] : [],
    private: vpc !== undefined,
    nameServers: nameServersOf(route53, vpc),
    linkedService: {
      servicePrincipal: "servicediscovery.amazonaws.com",
      description: arnOf(context, "namespace", id),
    },
  };
  return zoneMutations(route53, zone).map((mutation) => {
    const isSoa = "putRRset" in mutation && mutation.rrset.type === "SOA";
    return isSoa ? { ...mutation, rrset: withNegativeTtl(mutation.rrset, dns.soaTtl) } : mutation;
  });
}

/** @throws OperationFailure where Route 53 would not make the zone */
function vpcOf({ route53 }: CloudMapContext, vpcId: string, zoneName: string): Vpc {
  try {
    const known = route53.state.get<VpcRow>("vpc", [vpcId]);
    const wanted = { VPCId: vpcId, VPCRegion: known?.region ?? standInRegion };
    const { id, region, owner } = requireVpc(route53, wanted);
    if (isForeign(route53, owner === undefined ? {} : { owner })) {
      throw new ServiceError("InvalidVPCId", "The VPC ID is invalid.");
    }
    const conflict = zoneInVpc(route53, id, zoneName);
    if (conflict) throw conflictingVpc({ id, region }, conflict);
    return { id, region };
  } catch (error) {
    throw error instanceof ServiceError ? zoneFailure(error) : error;
  }
}
