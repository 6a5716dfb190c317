import { ownerWireSizeMax, rrsetWireSizeMax } from "../../base/limits.ts";
import { formatRdata } from "../../dns/rdata/rdata.ts";
import { TYPE, typeToText } from "../../dns/wire/registries.ts";
import { nameOfSortKey } from "../model/name-sort-key.ts";
import type { ResourceRecordSet } from "../model/resource-record-set.ts";
import type { FindingList } from "./findings.ts";
import { lowerRdataNames } from "./lower-rdata-names.ts";
import type { StagedName, StagedRecord } from "./record-staging.ts";

export type NameRulesOptions = {
  /** `nameSortKey` of the zone's name. */
  apexKey: string;
  /** What keeps the file from being imported. */
  refused: FindingList;
  /** What is done differently from what the file says. */
  warnings: FindingList;
};

/** Types that only one record of an RRset can have (RFC 1035 §3.6.1, RFC 6672 §2.4). */
const singletonTypes: ReadonlySet<number> = new Set([TYPE.SOA, TYPE.CNAME, TYPE.DNAME]);

/** Fixed octets of a record in an answer: pointer to its owner, type, class, TTL, RDLENGTH. */
const recordHeaderSize = 12;

/**
 * Checks what only shows when the records of a name stand together, and makes its sets of them.
 * Names must come in the order of their keys, each once.
 */
export class NameRules {
  readonly #options: NameRulesOptions;
  /** Key of the last owner of a DNAME, to find names below it; empty: none. */
  #dnameKey = "";

  constructor(options: NameRulesOptions) {
    this.#options = options;
  }

  /**
   * The sets of one name, in list order; findings go to the lists of the constructor.
   * @returns what can be made of the records; not to be used if anything was refused
   */
  toRRsets(name: StagedName): ResourceRecordSet[] {
    const owner = nameOfSortKey(name.sortKey);
    const rrsets: ResourceRecordSet[] = [];
    const groups = groupByType(name.records);
    for (const group of groups) {
      const kept = this.#withoutDuplicates(group, owner);
      const { type } = kept[0] as StagedRecord;
      this.#checkSingleton(kept, owner);
      if (type === TYPE.SOA && name.sortKey !== this.#options.apexKey) {
        this.#refuse(kept[0], `SOA at ${owner}: only the zone's own name has one`);
      }
      this.#checkSize(kept, owner);
      rrsets.push({
        name: owner,
        type: typeToText(type),
        ttl: this.#commonTtl(kept, owner),
        resourceRecords: kept.map(({ rdata }) => formatRdata(type, rdata, { escapeRadix: 8 })),
      });
    }
    this.#checkOwnerSize(name.records, owner);
    this.#checkCname(groups, name.sortKey, owner);
    this.#noteOccluded(name, owner);
    return rrsets.sort((a, b) => (a.type < b.type ? -1 : 1));
  }

  #refuse(at: StagedRecord | undefined, message: string): void {
    this.#options.refused.add(at?.line ?? 0, message);
  }

  /** RFC 2181 §5: an RRset is a set. */
  #withoutDuplicates(group: readonly StagedRecord[], owner: string): StagedRecord[] {
    if (group.length === 1) return [...group];
    const firstLines = new Map<string, number>();
    return group.filter((record) => {
      const key = Buffer.from(lowerRdataNames(record.type, record.rdata)).toString("latin1");
      const firstLine = firstLines.get(key);
      if (firstLine === undefined) {
        firstLines.set(key, record.line);
        return true;
      }
      const what = `${typeToText(record.type)} of ${owner}`;
      this.#options.warnings.add(record.line, `${what} repeats line ${firstLine}: left out`);
      return false;
    });
  }

  #checkSingleton(group: readonly StagedRecord[], owner: string): void {
    const [first, second] = group as [StagedRecord, StagedRecord | undefined];
    if (!second || !singletonTypes.has(first.type)) return;
    const what = `${typeToText(first.type)} of ${owner}`;
    this.#refuse(second, `second ${what}: there can be one, line ${first.line} has it`);
  }

  #checkSize(group: readonly StagedRecord[], owner: string): void {
    const size = wireSizeOf(group);
    if (size <= rrsetWireSizeMax) return;
    const first = group[0] as StagedRecord;
    const what = `${typeToText(first.type)} of ${owner}: ${group.length} records of ${size} octets`;
    this.#refuse(first, `${what}, limit ${rrsetWireSizeMax}: more than a message can carry`);
  }

  #checkOwnerSize(records: readonly StagedRecord[], owner: string): void {
    if (wireSizeOf(records) <= ownerWireSizeMax) return;
    const size = `${records.length} records of ${wireSizeOf(records)} octets`;
    this.#refuse(records[0], `${owner} has ${size}, limit ${ownerWireSizeMax}`);
  }

  /** RFC 2181 §5.2: TTLs within an RRset must not differ; where they do, the lowest holds. */
  #commonTtl(group: readonly StagedRecord[], owner: string): number {
    const first = group[0] as StagedRecord;
    const lowest = group.reduce((ttl, record) => Math.min(ttl, record.ttl), first.ttl);
    const other = group.find((record) => record.ttl !== first.ttl);
    if (other) {
      const what = `${typeToText(first.type)} of ${owner}`;
      const ttls = `${other.ttl}, ${first.ttl} in line ${first.line}`;
      this.#options.warnings.add(other.line, `${what} differs in TTL (${ttls}): ${lowest} is used`);
    }
    return lowest;
  }

  /** RFC 1034 §3.6.2: a CNAME stands alone. The apex has its SOA at least. */
  #checkCname(groups: readonly StagedRecord[][], sortKey: string, owner: string): void {
    const cname = groups.find((group) => group[0]?.type === TYPE.CNAME)?.[0];
    if (!cname) return;
    if (sortKey === this.#options.apexKey) {
      return this.#refuse(cname, `CNAME at ${owner}: the zone's own name cannot have one`);
    }
    const other = groups.find((group) => group[0] && group[0].type !== TYPE.CNAME)?.[0];
    if (!other) return;
    const what = `${typeToText(other.type)} in line ${other.line}`;
    this.#refuse(cname, `CNAME of ${owner} stands beside other data: ${what}`);
  }

  /** RFC 6672 §2.4: nothing below the owner of a DNAME is ever answered. */
  #noteOccluded(name: StagedName, owner: string): void {
    const first = name.records[0];
    if (this.#dnameKey !== "" && name.sortKey.startsWith(this.#dnameKey)) {
      const above = nameOfSortKey(this.#dnameKey);
      this.#options.warnings.add(
        first?.line ?? 0,
        `${owner} lies below the DNAME of ${above}: kept, but never answered`,
      );
    } else {
      this.#dnameKey = "";
      if (name.records.some(({ type }) => type === TYPE.DNAME)) this.#dnameKey = name.sortKey;
    }
  }
}

function wireSizeOf(records: readonly StagedRecord[]): number {
  return records.reduce((sum, { rdata }) => sum + recordHeaderSize + rdata.length, 0);
}

function groupByType(records: readonly StagedRecord[]): StagedRecord[][] {
  const groups: StagedRecord[][] = [];
  for (const record of records) {
    const last = groups.at(-1);
    if (last?.[0]?.type === record.type) last.push(record);
    else groups.push([record]);
  }
  return groups;
}
