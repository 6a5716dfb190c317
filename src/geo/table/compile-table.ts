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

/** A location file and what is in it. */
export type LocationFile = { readonly path: string; readonly octets: Uint8Array };

export type CompileOptions = LocationSetOptions & {
  /** What the table is to call its source; default: what the files call themselves. */
  readonly source?: string;
};

/** For operators' files: cities are told apart, and coordinates kept to a tenth of a degree. */
export const operatorTableOptions: CompileOptions = { cities: true, coordinateStep: 10 };

/** Addresses handed out so far: all others of IPv6 are at no place. */
const ipv6Network = { high: 0x2000_0000, low: 0, length: 3 };
const ipv4Network = { high: 0, low: 0, length: 0 };
const ipv4PathInIpv6 = Array.from({ length: 96 }, () => 0);

/**
 * Makes a location table of one MaxMind DB, or of two that hold one address family each.
 * @throws MmdbError if one is no such file, is damaged, has no locations, or both have the same family
 */
export function compileTable(
  files: readonly LocationFile[],
  options: CompileOptions,
): SharedArrayBuffer {
  const maker = new TableMaker(options);
  for (const { path, octets } of files) {
    try {
      maker.add(openMmdb(octets));
    } catch (error) {
      if (!(error instanceof MmdbError)) throw error;
      throw new MmdbError(`Cannot use location file ${path}: ${error.message}`);
    }
  }
  return maker.finish();
}

class TableMaker {
  readonly #locations: LocationSet;
  readonly #files: MmdbFile[] = [];
  readonly #source: string | undefined;
  #ipv4 = new RangeColumns();
  #ipv6 = new RangeColumns();

  constructor(options: CompileOptions) {
    this.#source = options.source;
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

  finish(): SharedArrayBuffer {
    const { rows, texts } = this.#locations;
    const [ipv4, ipv6] = [this.#ipv4, this.#ipv6];
    if (ipv4.count === 0) ipv4.append(ipv4Network.high, 0, 0);
    if (ipv6.count === 0) ipv6.append(ipv6Network.high, 0, 0);
    texts[0] = this.#source ?? this.#files.map(named).join(", ");
    const madeAtSeconds = Math.min(...this.#files.map((file) => file.madeAtSeconds));
    return writeTable({ ipv4, ipv6, locations: rows, texts, madeAtSeconds });
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
