import { openMmdb, mmdbDataOffset } from "../mmdb/mmdb-file.ts";
import type { MmdbFile } from "../mmdb/mmdb-file.ts";
import { MmdbError } from "../mmdb/mmdb-error.ts";
import { recordAt, walkTree } from "../mmdb/mmdb-tree.ts";
import { specialIpv4, specialIpv6 } from "../places/special-purpose.ts";
import { LocationSet } from "./location-set.ts";
import type { LocationSetOptions } from "./location-set.ts";
import { placeFields, readPlace } from "./place.ts";
import { RangeColumns } from "./range-columns.ts";
import { writeTable } from "./write-table.ts";

/** What was made of one or two files. */
export type TableReport = {
  /** As the files call themselves. */
  readonly databaseTypes: readonly string[];
  /** Seconds since 1970: the oldest of the files. */
  readonly madeAtSeconds: number;
  readonly ipv4RangeCount: number;
  readonly ipv6RangeCount: number;
  readonly locationCount: number;
  readonly cityCount: number;
  /** Octets. */
  readonly tableSize: number;
};

export type CompiledTable = { readonly table: SharedArrayBuffer; readonly report: TableReport };

/** Addresses handed out so far: all others of IPv6 are at no place. */
const ipv6Network = { high: 0x2000_0000, low: 0, length: 3 };
const ipv4Network = { high: 0, low: 0, length: 0 };
const ipv4PathInIpv6 = Array.from({ length: 96 }, () => 0);

/**
 * Makes a location table of one MaxMind DB, or of two that hold one address family each.
 * @throws MmdbError if one is none, is damaged, has no locations, or both have the same family
 */
export function compileTable(
  files: readonly Uint8Array[],
  options: LocationSetOptions,
): CompiledTable {
  const maker = new TableMaker(options);
  for (const octets of files) maker.add(openMmdb(octets));
  return maker.finish();
}

class TableMaker {
  readonly #locations: LocationSet;
  readonly #files: MmdbFile[] = [];
  #ipv4 = new RangeColumns();
  #ipv6 = new RangeColumns();

  constructor(options: LocationSetOptions) {
    this.#locations = new LocationSet(options);
  }

  add(file: MmdbFile): void {
    this.#files.push(file);
    const idOf = this.#idReader(file);
    const ipv4Root = recordAt(file, file.ipVersion === 4 ? [] : ipv4PathInIpv6);
    const ipv4 = new RangeColumns();
    const into4 = { within: ipv4Network, depthMax: 32, blank: specialIpv4 };
    walkTree(file, ipv4Root, into4, (high, low, record) => ipv4.append(high, low, idOf(record)));
    const ipv6 = new RangeColumns();
    if (file.ipVersion === 6) {
      const into6 = { within: ipv6Network, depthMax: 64, blank: specialIpv6 };
      const root = recordAt(file, [0, 0, 1]);
      walkTree(file, root, into6, (high, low, record) => ipv6.append(high, low, idOf(record)));
    }
    if (!ipv4.hasPlaces && !ipv6.hasPlaces) {
      throw new MmdbError(`${named(file)} has no countries: not a database of locations`);
    }
    this.#ipv4 = oneOf(this.#ipv4, ipv4, "IPv4");
    this.#ipv6 = oneOf(this.#ipv6, ipv6, "IPv6");
  }

  finish(): CompiledTable {
    const { rows, texts } = this.#locations;
    const [ipv4, ipv6] = [this.#ipv4, this.#ipv6];
    ipv4.append(0, 0, 0);
    if (ipv6.count === 0) ipv6.append(ipv6Network.high, 0, 0);
    const databaseTypes = this.#files.map(named);
    const madeAtSeconds = Math.min(...this.#files.map((file) => file.madeAtSeconds));
    texts[0] = databaseTypes.join(", ");
    const table = writeTable({ ipv4, ipv6, locations: rows, texts, madeAtSeconds });
    const report = {
      databaseTypes,
      madeAtSeconds,
      ipv4RangeCount: ipv4.count,
      ipv6RangeCount: ipv6.count,
      locationCount: rows.length - 1,
      cityCount: texts.length - 1,
      tableSize: table.byteLength,
    };
    return { table, report };
  }

  /** Location ids by a tree's records; each record's data is read once. */
  #idReader(file: MmdbFile): (record: number) => number {
    const ids = new Map<number, number>();
    return (record) => {
      if (record === file.nodeCount) return 0;
      const known = ids.get(record);
      if (known !== undefined) return known;
      const value = file.data.read(mmdbDataOffset(file, record), placeFields);
      const id = this.#locations.add(readPlace(value));
      ids.set(record, id);
      return id;
    };
  }
}

function oneOf(had: RangeColumns, has: RangeColumns, family: string): RangeColumns {
  if (!has.hasPlaces) return had;
  if (had.hasPlaces) throw new MmdbError(`both files have ${family} addresses`);
  return has;
}

function named(file: MmdbFile): string {
  return file.databaseType || "unnamed database";
}
