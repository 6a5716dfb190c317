import type { HostedZone } from "../../control/model/hosted-zone.ts";
import { nameSortKey } from "../../control/model/name-sort-key.ts";
import { tokenOf } from "../protocol/page-token.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "./api-context.ts";
import { hostedZoneView } from "./hosted-zone-view.ts";
import { cutPage, pageSize, pageStart } from "./pages.ts";
import { bareId } from "./resource-ids.ts";
import type { HandlerFamily } from "./route53-handler.ts";
import { requireName, requireVpc } from "./zones.ts";

const pageSizeMax = 100;

export const listHostedZones: HandlerFamily<
  "ListHostedZones" | "ListHostedZonesByName" | "ListHostedZonesByVPC"
> = (context) => ({
  ListHostedZones: (input) =>
    context.state.read(() => {
      const size = pageSize(input.MaxItems, pageSizeMax);
      const marker = input.Marker === undefined ? undefined : bareId(input.Marker);
      const { page, next } = cutPage(zonesById(context, marker, input, size + 1), size);
      return {
        HostedZones: page.map((zone) => hostedZoneView(context, zone)),
        Marker: input.Marker,
        IsTruncated: next !== undefined,
        ...(next ? { NextMarker: next.id } : {}),
        MaxItems: size,
      };
    }),

  ListHostedZonesByName: (input) =>
    context.state.read(() => {
      const size = pageSize(input.MaxItems, pageSizeMax);
      const { page, next } = cutPage(zonesByName(context, input, size + 1), size);
      return {
        HostedZones: page.map((zone) => hostedZoneView(context, zone)),
        ...(input.DNSName === undefined ? {} : { DNSName: input.DNSName }),
        ...(input.HostedZoneId === undefined ? {} : { HostedZoneId: input.HostedZoneId }),
        IsTruncated: next !== undefined,
        ...(next ? { NextDNSName: next.name, NextHostedZoneId: next.id } : {}),
        MaxItems: size,
      };
    }),

  ListHostedZonesByVPC: (input) =>
    context.state.read(() => {
      const vpc = listedVpc(context, input);
      const size = pageSize(input.MaxItems, pageSizeMax);
      const rows = context.state.list("zoneByVpc", {
        ...pageStart(input.NextToken, { prefix: [vpc.id], size: 2 }),
        limit: size + 1,
      });
      const { page, next } = cutPage(rows, size);
      return {
        HostedZoneSummaries: page.map(({ key }) => {
          const zone = zoneOf(context, key[1]);
          const Owner = { OwningAccount: context.settings.accountId };
          return { HostedZoneId: zone.id, Name: zone.name, Owner };
        }),
        MaxItems: size,
        ...(next ? { NextToken: tokenOf(next.key) } : {}),
      };
    }),
});

/** This one operation does not know InvalidVPCId. */
function listedVpc(
  context: ApiContext,
  input: { VPCId: string; VPCRegion: string },
): { id: string } {
  try {
    return requireVpc(context, input);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    throw new ServiceError("InvalidInput", error.message);
  }
}

function zoneOf(context: ApiContext, id: string | undefined): HostedZone {
  const zone = context.state.get<HostedZone>("hostedZone", [id ?? ""]);
  if (!zone) throw new Error(`Hosted zone ${id} is in an index and not in its table`);
  return zone;
}

type Filter = { DelegationSetId?: string | undefined; HostedZoneType?: string | undefined };

/** Up to `limit` zones in order of id from `marker` on that the filters let through. */
function zonesById(
  context: ApiContext,
  marker: string | undefined,
  filter: Filter,
  limit: number,
): HostedZone[] {
  const wanted = (zone: HostedZone): boolean => filter.HostedZoneType === undefined || zone.private;
  const zones: HostedZone[] = [];
  let from = marker;
  let after: string | undefined;
  for (;;) {
    const batch = nextZones(context, filter, { from, after, limit });
    zones.push(...batch.filter(wanted));
    if (batch.length < limit || zones.length >= limit) return zones.slice(0, limit);
    after = batch.at(-1)?.id;
    from = undefined;
  }
}

function nextZones(
  context: ApiContext,
  filter: Filter,
  range: { from: string | undefined; after: string | undefined; limit: number },
): HostedZone[] {
  const { from, after, limit } = range;
  const prefix = filter.DelegationSetId === undefined ? [] : [requireSet(context, filter)];
  const options = {
    ...(prefix.length > 0 ? { prefix } : {}),
    ...(from === undefined ? {} : { from: [...prefix, from] }),
    ...(after === undefined ? {} : { after: [...prefix, after] }),
    limit,
  };
  if (prefix.length === 0) {
    return context.state.list<HostedZone>("hostedZone", options).map(({ value }) => value);
  }
  const rows = context.state.list("zoneByDelegationSet", options);
  return rows.map(({ key }) => zoneOf(context, key[1]));
}

function requireSet(context: ApiContext, { DelegationSetId = "" }: Filter): string {
  const id = bareId(DelegationSetId);
  if (context.state.get("delegationSet", [id]) !== undefined) return id;
  throw new ServiceError("NoSuchDelegationSet", `No reusable delegation set found with ID: ${id}`);
}

function zonesByName(
  context: ApiContext,
  input: { DNSName?: string | undefined; HostedZoneId?: string | undefined },
  limit: number,
): HostedZone[] {
  const { DNSName, HostedZoneId } = input;
  if (DNSName === undefined && HostedZoneId !== undefined) {
    throw new ServiceError("InvalidInput", "HostedZoneId is not valid without DNSName");
  }
  const from = DNSName && [
    nameSortKey(requireName(DNSName, "InvalidDomainName")),
    ...(HostedZoneId === undefined ? [] : [bareId(HostedZoneId)]),
  ];
  const rows = context.state.list("zoneByName", { ...(from ? { from } : {}), limit });
  return rows.map(({ key }) => zoneOf(context, key[1]));
}
