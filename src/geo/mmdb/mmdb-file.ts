import { MmdbData } from "./mmdb-data.ts";
import type { MmdbValue } from "./mmdb-data.ts";
import { MmdbError } from "./mmdb-error.ts";

/** A MaxMind DB in memory: its search tree and its data. */
export type MmdbFile = {
  readonly octets: Uint8Array;
  /** Nodes of the search tree, at the start of `octets`. */
  readonly nodeCount: number;
  /** Bits of a record; a node is two: 24, 28 or 32. */
  readonly recordBits: number;
  readonly ipVersion: 4 | 6;
  /** What the maker calls it, such as `GeoLite2-City`. */
  readonly databaseType: string;
  /** Seconds since 1970. */
  readonly madeAtSeconds: number;
  readonly data: MmdbData;
  /** Octets of the data section. */
  readonly dataSize: number;
};

const marker = Buffer.from("\xab\xcd\xefMaxMind.com", "latin1");
/** How far from the end of the file its metadata may begin. */
const metadataSizeMax = 128 * 1024;
/** Zero octets between tree and data. */
const separatorSize = 16;

/**
 * Opens the file that `octets` is the whole content of (MaxMind DB format 2.0).
 * @throws MmdbError for anything else
 */
export function openMmdb(octets: Uint8Array): MmdbFile {
  if (octets.length === 0) throw new MmdbError("the file is empty");
  const buffer = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  const markerAt = buffer.lastIndexOf(marker);
  if (markerAt < 0 || markerAt < buffer.length - metadataSizeMax) {
    throw new MmdbError("no metadata at its end: not a MaxMind DB, or cut off");
  }
  const metadata = metadataOf(octets.subarray(markerAt + marker.length));
  const { nodeCount, recordBits } = metadata;
  const treeSize = (nodeCount * recordBits) / 4;
  const dataStart = treeSize + separatorSize;
  if (dataStart > markerAt) throw new MmdbError("its tree is larger than the file: cut off");
  if (octets.subarray(treeSize, dataStart).some((octet) => octet !== 0)) {
    throw new MmdbError("no separator after its tree: damaged");
  }
  const data = new MmdbData(octets.subarray(dataStart, markerAt));
  return { octets, ...metadata, data, dataSize: markerAt - dataStart };
}

function metadataOf(octets: Uint8Array) {
  const metadata = new MmdbData(octets).read(0);
  const field = (name: string): number => numberField(metadata, name);
  const [version, nodeCount] = [field("binary_format_major_version"), field("node_count")];
  const [recordBits, ipVersion] = [field("record_size"), field("ip_version")];
  if (version !== 2) throw new MmdbError(`format version ${version}, not 2`);
  if (![24, 28, 32].includes(recordBits)) throw new MmdbError(`records of ${recordBits} bits`);
  if (ipVersion !== 4 && ipVersion !== 6) throw new MmdbError(`IP version ${ipVersion}`);
  const type = mapField(metadata, "database_type");
  return {
    nodeCount,
    recordBits,
    ipVersion: ipVersion as 4 | 6,
    databaseType: typeof type === "string" ? type : "",
    madeAtSeconds: field("build_epoch"),
  };
}

function numberField(metadata: MmdbValue, name: string): number {
  const value = mapField(metadata, name);
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  throw new MmdbError(`its metadata has no ${name}`);
}

function mapField(map: MmdbValue, name: string): MmdbValue | undefined {
  const isMap = typeof map === "object" && !Array.isArray(map) && !(map instanceof Uint8Array);
  return isMap ? map[name] : undefined;
}

/** A node's record: the left one for a 0 bit, the right one for 1. */
export function mmdbRecord(file: MmdbFile, node: number, bit: number): number {
  const { octets } = file;
  switch (file.recordBits) {
    case 24:
      return threeOctets(octets, node * 6 + bit * 3);
    case 28: {
      const at = node * 7;
      const shared = octets[at + 3] as number;
      const upper = bit === 0 ? shared >>> 4 : shared & 15;
      return upper * 0x100_0000 + threeOctets(octets, at + bit * 4);
    }
    default: {
      const at = node * 8 + bit * 4;
      return (octets[at] as number) * 0x100_0000 + threeOctets(octets, at + 1);
    }
  }
}

function threeOctets(octets: Uint8Array, at: number): number {
  return (
    ((octets[at] as number) << 16) | ((octets[at + 1] as number) << 8) | (octets[at + 2] as number)
  );
}

/**
 * Where in the data section a record leads that is not a node, −1 for no data.
 * @throws MmdbError if it leads nowhere
 */
export function mmdbDataOffset(file: MmdbFile, record: number): number {
  if (record === file.nodeCount) return -1;
  const offset = record - file.nodeCount - separatorSize;
  if (offset < 0 || offset >= file.dataSize) {
    throw new MmdbError("its tree leads outside its data: damaged");
  }
  return offset;
}
