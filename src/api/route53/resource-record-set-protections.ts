import type { RRType } from "@aws-sdk/client-route-53";
import type { HostedZone } from "../../control/model/hosted-zone.ts";
import { liesInZone } from "../../control/model/hosted-zone.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { nameSortKey } from "../../control/model/name-sort-key.ts";
import type { TableKey } from "../../control/model/tables.ts";
import { InvalidNameError, normaliseName } from "../../control/model/route53-name.ts";
import { tokenOf } from "../protocol/page-token.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "./api-context.ts";
import { commit } from "./commit.ts";
import { refuseLinked } from "./linked-service.ts";
import { cutPage, pageSize, pageStart } from "./pages.ts";
import { isFull } from "./quotas.ts";
import { bareId } from "./resource-ids.ts";
import type { HandlerFamily } from "./route53-handler.ts";
import { requireName, requireZone } from "./zones.ts";

/** A row of `rrsetProtection`; its key is [zoneId, sort key of the name, type]. */
type Protection = { name: string; type: string; comment?: string };
type Entry = { RecordName: string; RecordType: RRType; Comment?: string | undefined };
type EntryError = { RecordName: string; RecordType: RRType; Code: string; Message: string };

const pageSizeMax = 300;

export const resourceRecordSetProtections: HandlerFamily<
  | "CreateResourceRecordSetProtections"
  | "DeleteResourceRecordSetProtections"
  | "ListResourceRecordSetProtections"
> = (context) => ({
  async CreateResourceRecordSetProtections(input) {
    await commit(context, {
      action: "CreateResourceRecordSetProtections",
      zoneId: bareId(input.HostedZoneId),
      plan() {
        const zone = requireZone(context, input.HostedZoneId);
        refuseLinked("hostedzone", zone);
        const protections = readEntries(zone, input.Protections);
        refuseExisting(context, zone, input.Protections, protections);
        refuseFull(context, zone, protections.length);
        const mutations = protections.map((value): Mutation => {
          return { put: "rrsetProtection", key: keyOf(zone, value), value };
        });
        return { mutations, result: undefined };
      },
    });
    return {};
  },

  async DeleteResourceRecordSetProtections(input) {
    await commit(context, {
      action: "DeleteResourceRecordSetProtections",
      zoneId: bareId(input.HostedZoneId),
      plan() {
        const zone = requireZone(context, input.HostedZoneId);
        const protections = readEntries(zone, input.Protections);
        refuseAbsent(context, zone, input.Protections, protections);
        const mutations = protections.map((protection): Mutation => {
          return { remove: "rrsetProtection", key: keyOf(zone, protection) };
        });
        return { mutations, result: undefined };
      },
    });
    return {};
  },

  ListResourceRecordSetProtections: (input) =>
    context.state.read(() => {
      const zone = requireZone(context, input.HostedZoneId);
      const size = pageSize(input.MaxResults, pageSizeMax, "MaxResults");
      const rows = context.state.list<Protection>("rrsetProtection", {
        ...startOf(zone, input),
        limit: size + 1,
      });
      const { page, next } = cutPage(rows, size);
      return {
        ResourceRecordSetProtections: page.map(({ value: { name, type, comment } }) => ({
          RecordName: name,
          RecordType: type as RRType,
          ...(comment === undefined ? {} : { Comment: comment }),
        })),
        ...(next ? { NextToken: tokenOf(next.key) } : {}),
      };
    }),
});

function keyOf(zone: HostedZone, { name, type }: Protection): string[] {
  return [zone.id, nameSortKey(name), type];
}

/**
 * @throws ServiceError InvalidResourceRecordSetProtectionBatch naming every entry that is not
 *   valid; these are told before any other failure
 */
function readEntries(zone: HostedZone, entries: readonly Entry[]): Protection[] {
  const protections: Protection[] = [];
  const errors: EntryError[] = [];
  const seen = new Set<string>();
  for (const entry of entries) {
    const read = readEntry(zone, entry);
    const key = typeof read === "string" ? "" : `${read.name} ${read.type}`;
    if (typeof read === "string") errors.push(entryError(entry, "InvalidInput", read));
    else if (seen.has(key)) errors.push(entryError(entry, "InvalidInput", repeated(read)));
    else protections.push(read);
    seen.add(key);
  }
  if (errors.length > 0) throw batchError(errors);
  return protections;
}

/** The entry, or what is wrong with it. */
function readEntry(zone: HostedZone, entry: Entry): Protection | string {
  let name: string;
  try {
    name = normaliseName(entry.RecordName);
  } catch (error) {
    if (error instanceof InvalidNameError) return error.message;
    throw error;
  }
  if (!liesInZone(name, zone.name)) {
    return `The record name ${name} does not lie within the zone ${zone.name}`;
  }
  const comment = entry.Comment === undefined ? {} : { comment: entry.Comment };
  return { name, type: entry.RecordType, ...comment };
}

function repeated({ name, type }: Protection): string {
  return `The record name ${name} and type ${type} are in the request more than once`;
}

function entryError(entry: Entry, Code: string, Message: string): EntryError {
  return { RecordName: entry.RecordName, RecordType: entry.RecordType, Code, Message };
}

function batchError(Errors: readonly EntryError[]): ServiceError {
  const message = `${Errors.length} of the entries in the request could not be processed`;
  return new ServiceError("InvalidResourceRecordSetProtectionBatch", message, { Errors });
}

function refuseExisting(
  context: ApiContext,
  zone: HostedZone,
  entries: readonly Entry[],
  protections: readonly Protection[],
): void {
  const errors = entries.filter((_, index) => isThere(context, zone, protections[index]));
  const Errors = errors.map((entry) => {
    const message = `A protection already exists for ${entry.RecordName}, type ${entry.RecordType}`;
    return entryError(entry, "ProtectionAlreadyExists", message);
  });
  if (Errors.length === 0) return;
  if (Errors.length < entries.length) throw batchError(Errors);
  const message = "A protection already exists for every name and type in the request";
  throw new ServiceError("ProtectionAlreadyExists", message, { Errors });
}

function refuseAbsent(
  context: ApiContext,
  zone: HostedZone,
  entries: readonly Entry[],
  protections: readonly Protection[],
): void {
  const absent = entries.filter((_, index) => !isThere(context, zone, protections[index]));
  if (absent.length === 0) return;
  throw batchError(
    absent.map((entry) => {
      const message = `No protection exists for ${entry.RecordName}, type ${entry.RecordType}`;
      return entryError(entry, "ProtectionNotFound", message);
    }),
  );
}

function isThere(context: ApiContext, zone: HostedZone, protection?: Protection): boolean {
  if (!protection) return false;
  return context.state.get("rrsetProtection", keyOf(zone, protection)) !== undefined;
}

function refuseFull(context: ApiContext, zone: HostedZone, more: number): void {
  const count = context.state.count("rrsetProtection", [zone.id]);
  if (!isFull(context, "MAX_PROTECTIONS_BY_ZONE", count, more)) return;
  const message = "Limits Exceeded: MAX_PROTECTIONS_BY_ZONE - Cannot create more protections.";
  throw new ServiceError("LimitsExceeded", message);
}

type Start = {
  StartRecordName?: string | undefined;
  StartRecordType?: string | undefined;
  NextToken?: string | undefined;
};

/** A token beats a name and type. */
function startOf(zone: HostedZone, input: Start): { prefix?: TableKey; from?: TableKey } {
  const { StartRecordName, StartRecordType, NextToken } = input;
  const start = pageStart(NextToken, { prefix: [zone.id], size: 3 });
  if (NextToken !== undefined) return start;
  if (StartRecordName === undefined) {
    if (StartRecordType === undefined) return start;
    throw new ServiceError("InvalidInput", "A record type cannot be given without a record name");
  }
  const sortKey = nameSortKey(requireName(StartRecordName, "InvalidInput"));
  const type = StartRecordType === undefined ? [] : [StartRecordType];
  return { ...start, from: [zone.id, sortKey, ...type] };
}
