import { recordExtensionCountMax } from "../../base/limits.ts";
import type { HostedZone } from "../../control/model/hosted-zone.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { nameSortKey } from "../../control/model/name-sort-key.ts";
import {
  InvalidRecordExtensionError,
  extensionUse,
  parseRecordExtension,
} from "../../control/model/record-extension.ts";
import type { RecordExtension } from "../../control/model/record-extension.ts";
import type { ResourceRecordSet } from "../../control/model/resource-record-set.ts";
import { missingLocation } from "../../control/model/traffic-policy-instance.ts";
import { readText } from "../protocol/route.ts";
import type { RouteRequest } from "../protocol/route.ts";
import { ServiceError } from "../protocol/service-error.ts";
import type { ApiContext } from "../route53/api-context.ts";
import { cidrLocationFact } from "../route53/cidr-collection.ts";
import { commitChange } from "../route53/commit.ts";
import type { ChangeInfo } from "../route53/commit.ts";
import { extensionMutations } from "../route53/record-extension-rows.ts";
import { bareId } from "../route53/resource-ids.ts";
import { requireName, requireZone } from "../route53/zones.ts";
import { zoneOfName } from "./zone-of-name.ts";

/** An extension and how it fits the record sets that there are. */
export type RecordExtensionView = {
  hostedZoneId: string;
  name: string;
  type: string;
  /** As it was put: the words of a traffic policy's rule. */
  extension: unknown;
  inUse: boolean;
  whyUnused?: string;
  /** Sets that it names and that are not there. */
  missingSets: string[];
  /** Sets that are there and that its rule does not name: they do not answer. */
  leftOutSets: string[];
};

/** The change is followed by GetChange, as one of ChangeResourceRecordSets. */
type Changed<T> = T & { change: { id: string; status: string; submittedAt: string } };

type Target = { zone: HostedZone; name: string; type: string };

/**
 * Extensions, by zone and name: all, those of the parameter `zone` (an id), or the one of `name`
 * and `type`.
 * @throws ServiceError where there is no such zone or extension
 */
export function listRecordExtensions(
  context: ApiContext,
  { query }: RouteRequest,
): { recordExtensions: RecordExtensionView[] } {
  return context.state.read(() => {
    if (query.get("name")) {
      const target = readTarget(context, query);
      return { recordExtensions: [viewOf(context, keyOf(target), requireText(context, target))] };
    }
    const zone = query.get("zone");
    const prefix = zone ? [requireZone(context, zone).id] : [];
    const rows = context.state.list<string>("recordExtension", { prefix });
    return { recordExtensions: rows.map(({ key, value }) => viewOf(context, key, value)) };
  });
}

/**
 * Puts the extension in the body on the record sets of the parameters `name` and `type`, of the
 * zone `zone` or else the one served that the name lies in.
 * @throws ServiceError where it has the wrong form or does not fit the sets that are there
 */
export async function putRecordExtension(
  context: ApiContext,
  request: RouteRequest,
): Promise<Changed<{ recordExtension: RecordExtensionView }>> {
  const target = readTarget(context, request.query);
  const { extension, text } = readExtension(await readText(request));
  const { changeInfo } = await commitChange(context, {
    action: "signpost:PutRecordExtension",
    zoneId: target.zone.id,
    alsoAccount: true,
    plan() {
      requireZone(context, target.zone.id);
      refuseMisfit(context, target, extension);
      refuseFull(context, target);
      return { mutations: mutationsOf(context, target, text), result: undefined };
    },
  });
  const recordExtension = viewOf(context, keyOf(target), text);
  return { recordExtension, change: changeOf(changeInfo) };
}

/** @throws ServiceError where there is none */
export async function deleteRecordExtension(
  context: ApiContext,
  request: RouteRequest,
): Promise<Changed<object>> {
  const target = readTarget(context, request.query);
  const { changeInfo } = await commitChange(context, {
    action: "signpost:DeleteRecordExtension",
    zoneId: target.zone.id,
    alsoAccount: true,
    plan() {
      requireText(context, target);
      refuseProtected(context, target);
      return { mutations: mutationsOf(context, target, undefined), result: undefined };
    },
  });
  return { change: changeOf(changeInfo) };
}

function readTarget(context: ApiContext, query: URLSearchParams): Target {
  const wanted = query.get("name");
  if (!wanted) throw invalid("parameter name is missing");
  const name = requireName(wanted, "InvalidInput");
  const type = (query.get("type") || "A").toUpperCase();
  const id = query.get("zone");
  const zone = id ? requireZone(context, bareId(id)) : zoneOfName(context.state, name);
  if (zone) return { zone, name, type };
  throw new ServiceError("NotFound", `No hosted zone here has the name ${name}`);
}

function readExtension(text: string): { extension: RecordExtension; text: string } {
  try {
    const extension = parseRecordExtension(text);
    return { extension, text: JSON.stringify(JSON.parse(text)) };
  } catch (error) {
    if (error instanceof InvalidRecordExtensionError) throw invalid(error.message);
    throw error;
  }
}

function refuseMisfit(context: ApiContext, target: Target, extension: RecordExtension): void {
  const sets = groupOf(context, target);
  const { unused, missing } = extensionUse(extension, sets);
  const label = `${target.name} ${target.type}`;
  if (missing.length > 0) throw invalid(`there is no set '${missing[0]}' of ${label}`);
  if (unused !== undefined) throw invalid(`of ${label}, ${unused}`);
  const cidrLocation = (id: string, location: string) =>
    cidrLocationFact(context.state, id, location);
  const nowhere = missingLocation(extension.rule ? [extension.rule] : [], { cidrLocation });
  if (nowhere !== undefined) throw invalid(nowhere);
  refuseProtected(context, target);
}

function refuseFull(context: ApiContext, target: Target): void {
  const { state } = context;
  if (state.get("recordExtension", keyOf(target)) !== undefined) return;
  const count = state.count("recordExtension", [target.zone.id]);
  if (count < recordExtensionCountMax) return;
  throw invalid(`the hosted zone has ${count}, limit ${recordExtensionCountMax}`);
}

function refuseProtected(context: ApiContext, { zone, name, type }: Target): void {
  const key = [zone.id, nameSortKey(name), type];
  if (context.state.get("rrsetProtection", key) === undefined) return;
  throw invalid(`the record sets ${name} ${type} are protected`);
}

function invalid(what: string): ServiceError {
  return new ServiceError("InvalidInput", `Cannot change record extension: ${what}`);
}

function mutationsOf(context: ApiContext, target: Target, text: string | undefined): Mutation[] {
  const { zone, name, type } = target;
  const [first] = groupOf(context, target);
  return [
    ...extensionMutations(context, { zoneId: zone.id, name, type }, text),
    // The set itself does not change; that it is put again has the name compiled anew.
    ...(first ? [{ putRRset: zone.id, rrset: first }] : []),
  ];
}

function groupOf(context: ApiContext, { zone, name, type }: Target): ResourceRecordSet[] {
  return context.state.rrsetsAt(zone.id, name).filter((rrset) => rrset.type === type);
}

function keyOf({ zone, name, type }: Target): string[] {
  return [zone.id, name, type];
}

function requireText(context: ApiContext, target: Target): string {
  const text = context.state.get<string>("recordExtension", keyOf(target));
  if (text !== undefined) return text;
  const label = `${target.name} ${target.type}`;
  throw new ServiceError("NotFound", `No record extension found of ${label}`);
}

function viewOf(context: ApiContext, key: readonly string[], text: string): RecordExtensionView {
  const [zoneId = "", name = "", type = ""] = key;
  const sets = context.state.rrsetsAt(zoneId, name).filter((rrset) => rrset.type === type);
  const { unused, missing, leftOut } = extensionUse(parseRecordExtension(text), sets);
  return {
    hostedZoneId: zoneId,
    name,
    type,
    extension: JSON.parse(text) as unknown,
    inUse: unused === undefined,
    ...(unused === undefined ? {} : { whyUnused: unused }),
    missingSets: missing,
    leftOutSets: leftOut,
  };
}

function changeOf({ Id, Status, SubmittedAt }: ChangeInfo) {
  return { id: Id, status: Status, submittedAt: SubmittedAt.toISOString() };
}
