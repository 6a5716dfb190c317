import { formatName, isSubdomain, lowerName, parseName } from "../../dns/wire/name.ts";
import type { Name } from "../../dns/wire/name.ts";
import { TYPE } from "../../dns/wire/registries.ts";
import { ZoneFileReader } from "../../dns/zonefile/zone-file-reader.ts";
import type { ZoneFileRecord } from "../../dns/zonefile/zone-file-reader.ts";
import { nameSortKey } from "../model/name-sort-key.ts";
import type { ResourceRecordSet } from "../model/resource-record-set.ts";
import { FindingList } from "./findings.ts";
import { NameRules } from "./name-rules.ts";
import { RecordStaging } from "./record-staging.ts";

export type MasterFileImportOptions = {
  /** As in `HostedZone.name`; also the origin until the first $ORIGIN. */
  zoneName: string;
  /** The zone's own SOA and NS: each is kept where the file has none at the apex. */
  ownSets: readonly ResourceRecordSet[];
};

/**
 * DNSSEC records that belong to one signing of a zone (RFC 4034, RFC 5155). Kept as data they
 * would be wrong as soon as anything changes; the server that signs makes its own.
 */
const signatureTypes: ReadonlySet<number> = new Set([
  TYPE.RRSIG,
  TYPE.NSEC,
  TYPE.NSEC3,
  TYPE.NSEC3PARAM,
]);

/**
 * Makes resource record sets of a master file that arrives in pieces: first `push()` all of it,
 * then `end()`, then take the `rrsets()`, then look whether anything was refused, then `close()`.
 * Holds a few pieces and the sets of one name in memory, whatever the size of the file.
 *
 * What the file says of SOA and NS at the zone's own name takes the place of what the zone had;
 * where it says nothing, the zone keeps its own.
 */
export class MasterFileImport {
  readonly refused = new FindingList();
  readonly warnings = new FindingList();
  /** Records read that are part of the import. */
  recordCount = 0;
  /** Of those, records that have been made part of a set. */
  groupedCount = 0;

  readonly #options: MasterFileImportOptions;
  readonly #apex: Name;
  readonly #apexKey: string;
  readonly #reader: ZoneFileReader;
  readonly #staging = new RecordStaging();
  /** Types at the apex. */
  readonly #apexTypes = new Set<number>();
  #signatureCount = 0;
  #signatureLine = 0;
  /** The owner of the record before and its key: records of a name often stand together. */
  #owner: Name;
  #ownerKey: string;

  constructor(options: MasterFileImportOptions) {
    this.#options = options;
    this.#apex = parseName(options.zoneName, { escapeRadix: 8 });
    this.#apexKey = nameSortKey(options.zoneName);
    this.#owner = this.#apex;
    this.#ownerKey = this.#apexKey;
    this.#reader = new ZoneFileReader({
      origin: this.#apex,
      onRecord: (record) => this.#take(record),
      onError: ({ line, message }) => this.refused.add(line, message),
      leftOutTypes: signatureTypes,
      onLeftOut: (_type, line) => {
        if (this.#signatureCount++ === 0) this.#signatureLine = line;
      },
    });
  }

  push(octets: Uint8Array): void {
    this.#reader.push(octets);
  }

  /** Says that the file is complete. */
  end(): void {
    this.#reader.end();
    if (this.#signatureCount > 0) {
      const what = `${this.#signatureCount} DNSSEC records (RRSIG, NSEC, NSEC3, NSEC3PARAM)`;
      this.warnings.add(this.#signatureLine, `${what} are left out: signing makes its own`);
    }
    if (this.recordCount === 0) {
      const zone = this.#options.zoneName;
      if (this.refused.count === 0) this.refused.add(1, `no record of ${zone} in the file`);
      return;
    }
    for (const { type } of this.#keptSets()) {
      this.warnings.add(1, `the file has no ${type} of the zone: its own is kept`);
    }
  }

  /** Every set of the zone, in list order. Complete only where nothing was refused. */
  *rrsets(): Generator<ResourceRecordSet> {
    const rules = new NameRules({
      apexKey: this.#apexKey,
      refused: this.refused,
      warnings: this.warnings,
    });
    // The apex sorts before all names below it.
    let apexSets = this.#keptSets();
    for (const name of this.#staging.names()) {
      const rrsets = rules.toRRsets(name);
      this.groupedCount += name.records.length;
      if (name.sortKey === this.#apexKey) apexSets.push(...rrsets);
      if (apexSets.length > 0) yield* apexSets.sort((a, b) => (a.type < b.type ? -1 : 1));
      if (name.sortKey !== this.#apexKey) yield* rrsets;
      apexSets = [];
    }
  }

  close(): void {
    this.#staging.close();
  }

  #take(record: ZoneFileRecord): void {
    const { owner, type, line, ttl, rdata } = record;
    if (!isSubdomain(owner, this.#apex)) {
      const zone = this.#options.zoneName;
      return this.refused.add(line, `${formatName(owner)} is not in the zone ${zone}`);
    }
    const sortKey = this.#keyOf(owner);
    if (sortKey === this.#apexKey) this.#apexTypes.add(type);
    this.#staging.add(sortKey, { line, type, ttl, rdata });
    this.recordCount++;
  }

  #keyOf(owner: Name): string {
    if (!sameOctets(owner, this.#owner)) {
      this.#owner = owner;
      this.#ownerKey = nameSortKey(formatName(lowerName(owner), 8));
    }
    return this.#ownerKey;
  }

  #keptSets(): ResourceRecordSet[] {
    const { ownSets } = this.#options;
    const lacks = (type: number, text: string) => (rrset: ResourceRecordSet) =>
      rrset.type === text && !this.#apexTypes.has(type);
    return [...ownSets.filter(lacks(TYPE.NS, "NS")), ...ownSets.filter(lacks(TYPE.SOA, "SOA"))];
  }
}

function sameOctets(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false;
  }
  return true;
}
