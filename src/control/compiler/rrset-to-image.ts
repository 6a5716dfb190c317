import type { ImageRRset } from "../../dataplane/image/image-rrset.ts";
import { routedSet } from "../../dataplane/policy/encode-program.ts";
import type { RoutingNode } from "../../dataplane/policy/routing-tree.ts";
import { parseRdata } from "../../dns/rdata/rdata.ts";
import { isSubdomain } from "../../dns/wire/name.ts";
import type { Name } from "../../dns/wire/name.ts";
import { typeFromText } from "../../dns/wire/registries.ts";
import { recordValueForm } from "../model/record-value.ts";
import type { RecordExtension } from "../model/record-extension.ts";
import type { AliasTarget, ResourceRecordSet } from "../model/resource-record-set.ts";
import { CompileError } from "./compile-problem.ts";
import { parseRoute53Name } from "./route53-wire-name.ts";
import { routingOf } from "./routed-sets.ts";
import { noSources } from "./routing-sources.ts";
import type { RoutingSources } from "./routing-sources.ts";

/** What of a zone the conversion of its sets needs. */
export type ZoneContext = {
  zoneId: string;
  /** Wire form, lower case. */
  apex: Name;
  /** What sets refer to outside the zone; default: nothing. */
  sources?: RoutingSources;
  /** What Signpost's own API adds to the sets of a name and type; default: nothing. */
  extensionOf?: (set: Pick<ResourceRecordSet, "name" | "type">) => RecordExtension | undefined;
  /** Told of every set that has no answer yet, and why. */
  onNote?: (note: CompileNote) => void;
};

export type CompileNote = { owner: string; type: string; note: string };

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
  const { sources = noSources } = zone;
  if (first.trafficPolicyInstanceId !== undefined) {
    return routedSet(owner, type, sources.instance(first));
  }
  const node = routingOf(group, {
    sources,
    extension: zone.extensionOf?.(first),
    answerOf: (rrset) => answerOf(rrset, type, zone),
    onNote: ({ name, type: typeText }, note) => {
      zone.onNote?.({ owner: name, type: typeText, note });
    },
  });
  return routedSet(owner, type, node ?? noData(owner));
}

/** The name exists and has no data of the type: an alias of a set that can never be (type 0). */
function noData(owner: Name): RoutingNode {
  return { kind: "alias", target: { owner, type: 0 }, evaluateTargetHealth: true };
}

function answerOf(
  rrset: ResourceRecordSet,
  type: number,
  zone: ZoneContext,
): RoutingNode | undefined {
  const { aliasTarget } = rrset;
  if (!aliasTarget) return { kind: "records", ...valuesOf(rrset, type) };
  const owner = aliasOwner(aliasTarget, zone);
  if (owner) {
    const { evaluateTargetHealth } = aliasTarget;
    return { kind: "alias", target: { owner, type }, evaluateTargetHealth };
  }
  const note = `alias target ${aliasTarget.dnsName} is not in this zone: no answer yet`;
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
