import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../base/clock.ts";
import { exportPieceSize, exportTimeMaxMs } from "../../base/limits.ts";
import { parseRdata } from "../../dns/rdata/rdata.ts";
import { formatName, parseName } from "../../dns/wire/name.ts";
import type { Name } from "../../dns/wire/name.ts";
import { typeFromText } from "../../dns/wire/registries.ts";
import { LineWriter } from "../../dns/zonefile/zone-file-writer.ts";
import { recordValueForm } from "../model/record-value.ts";
import type { ResourceRecordSet } from "../model/resource-record-set.ts";
import type { StateReader } from "../state/state-reader.ts";
import { TransferError } from "./transfer-error.ts";

export type ExportJob = {
  /** Opens a reader of the export's own; closed at the end. */
  openReader: () => StateReader;
  clock: Clock;
  zoneId: string;
  /** As in `HostedZone.name`. */
  zoneName: string;
};

/**
 * Writes a hosted zone as a master file (RFC 1035 §5): SOA, NS and the rest of the apex, then the
 * names in list order, all as they were when the export began.
 *
 * A master file cannot say aliases and routing policies: those sets are written as comments, and
 * counted in a comment at the end.
 * @returns the text in pieces of about 32 KiB, none of which takes more than a few milliseconds
 * @throws TransferError where the receiver takes longer than `exportTimeMaxMs`
 */
export async function* exportZone(job: ExportJob): AsyncGenerator<string> {
  const { clock, zoneId, zoneName } = job;
  const deadlineMs = clock.nowMs() + exportTimeMaxMs;
  const reader = job.openReader();
  try {
    const writer = new ZoneWriter();
    let text = `$ORIGIN ${toMasterFileName(zoneName)}\n`;
    for (const rrset of apexFirst(oneSnapshot(reader, zoneId), zoneName)) {
      text += writer.linesOf(rrset);
      if (text.length < exportPieceSize) continue;
      yield text;
      text = "";
      // A receiver that is always ready must not keep the thread from everything else.
      await setImmediate();
      if (clock.nowMs() > deadlineMs) throw tooSlow(zoneName);
    }
    yield text + writer.summary();
  } finally {
    reader.close();
  }
}

/**
 * The zone's sets as they are now, however long it takes to go through them: SQLite keeps the
 * snapshot in which a statement began until it ends, and the connection is the export's own.
 */
function* oneSnapshot(reader: StateReader, zoneId: string): Generator<ResourceRecordSet> {
  const rrsets = reader.eachRRset(zoneId)[Symbol.iterator]();
  let next = reader.read(() => rrsets.next());
  while (!next.done) {
    yield next.value;
    next = rrsets.next();
  }
}

function tooSlow(zoneName: string): TransferError {
  const limit = `limit ${exportTimeMaxMs / 60_000} minutes`;
  return new TransferError("ExportTooSlow", `Cannot export ${zoneName}: too slow, ${limit}`);
}

/** SOA, NS, then all others in list order, in which the apex's own sets come first. */
function* apexFirst(
  rrsets: Iterable<ResourceRecordSet>,
  zoneName: string,
): Generator<ResourceRecordSet> {
  const rank = ({ type }: ResourceRecordSet): number =>
    type === "SOA" ? 0 : type === "NS" ? 1 : 2;
  let apexSets: ResourceRecordSet[] | undefined = [];
  for (const rrset of rrsets) {
    if (apexSets && rrset.name === zoneName) {
      apexSets.push(rrset);
      continue;
    }
    if (apexSets) yield* apexSets.sort((a, b) => rank(a) - rank(b));
    apexSets = undefined;
    yield rrset;
  }
  if (apexSets) yield* apexSets.sort((a, b) => rank(a) - rank(b));
}

/** Turns sets into lines, and counts those that it cannot turn into records. */
class ZoneWriter {
  readonly #lines = new LineWriter();
  #aliasCount = 0;
  #routedCount = 0;
  #name = "";
  #owner: Name | undefined;

  linesOf(rrset: ResourceRecordSet): string {
    if (rrset.setIdentifier !== undefined || rrset.trafficPolicyInstanceId !== undefined) {
      this.#routedCount++;
      return `; routed: ${describe(rrset)} ${policyOf(rrset)}\n`;
    }
    if (rrset.aliasTarget) {
      this.#aliasCount++;
      return `; alias: ${describe(rrset)}\n`;
    }
    const owner = this.#ownerOf(rrset.name);
    const type = typeFromText(rrset.type) ?? 0;
    const ttl = rrset.ttl ?? 0;
    let text = "";
    for (const value of rrset.resourceRecords ?? []) {
      const rdata = parseRdata(type, value, recordValueForm);
      text += this.#lines.line({ owner, ttl, type, rdata });
    }
    return text;
  }

  /** The same octets for all sets of a name: the line writer formats them once. */
  #ownerOf(name: string): Name {
    if (!this.#owner || name !== this.#name) {
      this.#name = name;
      this.#owner = parseName(name, recordValueForm);
    }
    return this.#owner;
  }

  summary(): string {
    const counts: string[] = [];
    if (this.#aliasCount > 0) counts.push(`${this.#aliasCount} alias`);
    if (this.#routedCount > 0) counts.push(`${this.#routedCount} routed`);
    if (counts.length === 0) return "";
    return `; not in this file, see the comments above: ${counts.join(" and ")} sets\n`;
  }
}

function toMasterFileName(name: string): string {
  return formatName(parseName(name, recordValueForm));
}

/** Owner, type and what it answers, in one line. */
function describe({ name, type, ttl, resourceRecords, aliasTarget }: ResourceRecordSet): string {
  const owner = toMasterFileName(name);
  if (!aliasTarget && !resourceRecords) return `${owner} ${type}`;
  if (!aliasTarget) {
    const values = (resourceRecords ?? []).join(", ").replaceAll(/[\r\n]/g, " ");
    return `${owner} ${ttl ?? 0} ${type} ${values}`;
  }
  const health = aliasTarget.evaluateTargetHealth ? ", by its health" : "";
  return `${owner} ${type} = ${aliasTarget.dnsName} of ${aliasTarget.hostedZoneId}${health}`;
}

/** Fields that `describe` says. */
const described: ReadonlySet<string> = new Set([
  "name",
  "type",
  "ttl",
  "resourceRecords",
  "aliasTarget",
]);

/** The set's identifier and routing fields. JSON escapes whatever would end the comment. */
function policyOf(rrset: ResourceRecordSet): string {
  const fields = Object.entries(rrset).filter(([field]) => !described.has(field));
  return JSON.stringify(Object.fromEntries(fields));
}
