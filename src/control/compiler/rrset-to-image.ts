import type { ImageRRset, RoutedChoice } from "../../dataplane/image/image-rrset.ts";
import { parseRdata } from "../../dns/rdata/rdata.ts";
import { isSubdomain, parseName } from "../../dns/wire/name.ts";
import type { Name } from "../../dns/wire/name.ts";
import { typeFromText } from "../../dns/wire/registries.ts";
import { recordValueForm } from "../model/record-value.ts";
import type { AliasTarget, ResourceRecordSet } from "../model/resource-record-set.ts";
import { CompileError } from "./compile-problem.ts";
import { routeWithoutStatus } from "./routed-sets.ts";

/** What of a zone the conversion of its sets needs. */
export type ZoneContext = {
  zoneId: string;
  /** Wire form, lower case. */
  apex: Name;
  /** Told of every set that has no answer yet, and why. */
  onNote?: (note: CompileNote) => void;
};

export type CompileNote = { owner: string; type: string; note: string };

/** The wire form of a name as Route 53 writes it (`\052.example.com.`). */
export function parseRoute53Name(text: string): Name {
  return parseName(text, recordValueForm);
}

/**
 * The image's form of the sets of one owner name and one type.
 * A set that has no answer yet (an alias of an AWS resource) keeps its name existing: NODATA.
 * @param group at least one; several only with set identifiers
 * @throws CompileError for data that did not come through the API's validation
 */
export function toImageRRset(
  group: readonly ResourceRecordSet[],
  owner: Name,
  zone: ZoneContext,
): ImageRRset {
  const first = group[0] as ResourceRecordSet;
  try {
    return routedImageRRset(group, owner, zone);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new CompileError(error.message, { owner: first.name, type: first.type });
  }
}

function routedImageRRset(
  group: readonly ResourceRecordSet[],
  owner: Name,
  zone: ZoneContext,
): ImageRRset {
  const first = group[0] as ResourceRecordSet;
  const type = typeOf(first.type);
  if (first.trafficPolicyInstanceId !== undefined) {
    const note = `policy instance ${first.trafficPolicyInstanceId}: no answer yet`;
    zone.onNote?.({ owner: first.name, type: first.type, note });
    return noData(owner, type);
  }
  const routing = routeWithoutStatus(group);
  switch (routing.kind) {
    case "one": {
      const answer = answerOf(routing.rrset, type, zone);
      return answer ? { owner, type, ...answer } : noData(owner, type);
    }
    case "draw": {
      const choices = routing.sets.flatMap(({ weight, rrset }): RoutedChoice[] => {
        const answer = answerOf(rrset, type, zone);
        return answer ? [{ weight, ...answer }] : [];
      });
      return choices.length === 0 ? noData(owner, type) : { owner, type, choices };
    }
    case "sample": {
      const choices = routing.sets.map((rrset): RoutedChoice => {
        return { weight: 1, ...valuesOf(rrset, type) };
      });
      return { owner, type, choices, multivalue: true };
    }
    case "none":
      zone.onNote?.({ owner: first.name, type: first.type, note: routing.note });
      return noData(owner, type);
  }
}

/** The name exists and has no data of the type: an alias of a set that can never be (type 0). */
function noData(owner: Name, type: number): ImageRRset {
  return { owner, type, alias: { owner, type: 0 } };
}

type Answer = { ttl: number; rdatas: Uint8Array[] } | { alias: { owner: Name; type: number } };

function answerOf(rrset: ResourceRecordSet, type: number, zone: ZoneContext): Answer | undefined {
  if (!rrset.aliasTarget) return valuesOf(rrset, type);
  const owner = aliasOwner(rrset.aliasTarget, zone);
  if (owner) return { alias: { owner, type } };
  const note = `alias target ${rrset.aliasTarget.dnsName} is not in this zone: no answer yet`;
  zone.onNote?.({ owner: rrset.name, type: rrset.type, note });
  return undefined;
}

/** The target's owner name where it lies in the same zone (Route 53 allows no other zone's). */
function aliasOwner(target: AliasTarget, zone: ZoneContext): Name | undefined {
  if (target.hostedZoneId !== zone.zoneId) return undefined;
  const owner = parseRoute53Name(target.dnsName);
  return isSubdomain(owner, zone.apex) ? owner : undefined;
}

function valuesOf(rrset: ResourceRecordSet, type: number): { ttl: number; rdatas: Uint8Array[] } {
  const { ttl, resourceRecords } = rrset;
  if (ttl === undefined || !resourceRecords || resourceRecords.length === 0) {
    throw new Error("it has neither values nor an alias target");
  }
  const rdatas: Uint8Array[] = [];
  for (let i = 0; i < resourceRecords.length; i++) {
    rdatas.push(parseRdata(type, resourceRecords[i] as string, recordValueForm));
  }
  return { ttl, rdatas };
}

function typeOf(text: string): number {
  const type = typeFromText(text);
  if (type === undefined) throw new Error(`unknown type ${text}`);
  return type;
}

/**
 * Groups sets in list order by owner name and type: the sets of one group answer together.
 * @param rrsets in list order, so that the sets of a name and of a type stand side by side
 */
export function* groupByNameAndType(
  rrsets: Iterable<ResourceRecordSet>,
): Generator<ResourceRecordSet[]> {
  let group: ResourceRecordSet[] = [];
  for (const rrset of rrsets) {
    const first = group[0];
    if (first && (first.type !== rrset.type || first.name !== rrset.name)) {
      yield group;
      group = [];
    }
    group.push(rrset);
  }
  if (group.length > 0) yield group;
}

/**
 * The image's form of sets in list order.
 * @throws CompileError
 */
export function* toImageRRsets(
  rrsets: Iterable<ResourceRecordSet>,
  zone: ZoneContext,
): Generator<ImageRRset> {
  let name = "";
  let owner: Name = zone.apex;
  for (const group of groupByNameAndType(rrsets)) {
    const first = group[0] as ResourceRecordSet;
    if (first.name !== name) {
      name = first.name;
      owner = ownerOf(first);
    }
    yield toImageRRset(group, owner, zone);
  }
}

function ownerOf(rrset: ResourceRecordSet): Name {
  try {
    return parseRoute53Name(rrset.name);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CompileError(reason, { owner: rrset.name, type: rrset.type });
  }
}
