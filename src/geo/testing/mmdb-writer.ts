import { present } from "../../base/assert.ts";
import { parseCidr } from "../../base/ip.ts";
import type { MmdbValue } from "../mmdb/mmdb-data.ts";

/** A value; a number of a type that JavaScript does not tell from others says which it is. */
export type MmdbContent =
  | Exclude<MmdbValue, MmdbValue[]>
  | { float: number }
  | { uint32: number }
  | MmdbContent[]
  | { [key: string]: MmdbContent };

export type MmdbNetwork = { readonly cidr: string; readonly data: MmdbValue };

export type MmdbWriterOptions = {
  readonly databaseType?: string;
  readonly ipVersion?: 4 | 6;
  readonly recordBits?: 24 | 28 | 32;
  readonly madeAtSeconds?: number;
  /** Whether strings that come again are pointed to, as all real writers do. Default: yes. */
  readonly pointers?: boolean;
};

type Node = [zero: Child, one: Child];
type Child = Node | number;

const noData = -1;

/**
 * A MaxMind DB (format 2.0) with these networks: the more specific ones win, IPv4 is at ::/96 where
 * the file is one for IPv6.
 */
export function writeMmdb(
  networks: readonly MmdbNetwork[],
  options: MmdbWriterOptions = {},
): Uint8Array<ArrayBuffer> {
  const { ipVersion = 6, recordBits = 28, madeAtSeconds = 1_780_000_000 } = options;
  const data = new DataEncoder(options.pointers ?? true);
  const root: Node = [noData, noData];
  const bySize = networks.map((network) => ({ ...network, bits: pathOf(network.cidr, ipVersion) }));
  for (const { bits, data: value } of bySize.sort((a, b) => a.bits.length - b.bits.length)) {
    insert(root, bits, data.encodeTop(value));
  }
  const nodes = numbered(root);
  const tree = encodeTree(nodes, recordBits);
  const metadata = new DataEncoder(false);
  metadata.encodeTop({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: BigInt(madeAtSeconds),
    database_type: options.databaseType ?? "Test-City",
    description: { en: "made for a test" },
    ip_version: ipVersion,
    languages: ["en"],
    // libmaxminddb takes no smaller type.
    node_count: { uint32: nodes.size },
    record_size: recordBits,
  });
  const marker = [0xab, 0xcd, 0xef, ...Buffer.from("MaxMind.com")];
  return Uint8Array.from([
    ...tree,
    ...new Array(16).fill(0),
    ...data.octets,
    ...marker,
    ...metadata.octets,
  ]);
}

function pathOf(cidrText: string, ipVersion: 4 | 6): number[] {
  const { address, prefixLength } = present(parseCidr(cidrText), `a CIDR block: ${cidrText}`);
  const bits = Array.from(
    { length: prefixLength },
    (_, i) => ((address[i >> 3] as number) >> (7 - (i & 7))) & 1,
  );
  const isMapped = address.length === 4 && ipVersion === 6;
  return isMapped ? [...new Array<number>(96).fill(0), ...bits] : bits;
}

function insert(root: Node, bits: readonly number[], offset: number): void {
  let node = root;
  for (const bit of bits.slice(0, -1)) {
    let child = node[bit as 0 | 1];
    if (typeof child === "number") {
      child = [child, child];
      node[bit as 0 | 1] = child;
    }
    node = child;
  }
  const last = bits.at(-1);
  if (last === undefined) node[0] = node[1] = offset;
  else node[last as 0 | 1] = offset;
}

function numbered(root: Node): Map<Node, number> {
  const nodes = new Map([[root, 0]]);
  for (const node of nodes.keys()) {
    for (const child of node) if (typeof child !== "number") nodes.set(child, nodes.size);
  }
  return nodes;
}

function encodeTree(nodes: ReadonlyMap<Node, number>, recordBits: number): number[] {
  const octets: number[] = [];
  const record = (child: Child): number => {
    if (typeof child !== "number") return nodes.get(child) as number;
    return child === noData ? nodes.size : nodes.size + 16 + child;
  };
  const bytes = (value: number, count: number): number[] =>
    Array.from({ length: count }, (_, i) => Math.floor(value / 256 ** (count - 1 - i)) & 255);
  for (const node of nodes.keys()) {
    const [zero, one] = [record(node[0]), record(node[1])];
    if (recordBits === 28) {
      const shared = ((zero >>> 24) << 4) | (one >>> 24);
      octets.push(...bytes(zero & 0xffffff, 3), shared, ...bytes(one & 0xffffff, 3));
    } else {
      octets.push(...bytes(zero, recordBits / 8), ...bytes(one, recordBits / 8));
    }
  }
  return octets;
}

/** Writes values of a data section, one after the other. */
export class DataEncoder {
  readonly octets: number[] = [];
  readonly #usesPointers: boolean;
  readonly #strings = new Map<string, number>();
  readonly #tops = new Map<string, number>();

  constructor(usesPointers: boolean) {
    this.#usesPointers = usesPointers;
  }

  /** Writes a record's value and returns where it is; one that comes again is not written again. */
  encodeTop(value: MmdbContent): number {
    const key = JSON.stringify(value, (_, part: unknown) =>
      typeof part === "bigint" ? `${part}n` : part,
    );
    const known = this.#tops.get(key);
    if (known !== undefined) return known;
    const at = this.octets.length;
    this.#tops.set(key, at);
    this.encode(value);
    return at;
  }

  encode(value: MmdbContent): void {
    if (typeof value === "string") this.#encodeString(value);
    else if (typeof value === "boolean") this.#head(14, value ? 1 : 0);
    else if (typeof value === "bigint") this.#encodeUnsigned(value < 2n ** 64n ? 9 : 10, value);
    else if (typeof value === "number") this.#encodeNumber(value);
    else if (value instanceof Uint8Array) this.#encodeBytes(value);
    else if (Array.isArray(value)) this.#encodeArray(value);
    else if ("float" in value) this.#encodeFloat(value["float"] as number);
    else if ("uint32" in value) this.#encodeUnsigned(6, BigInt(value["uint32"] as number));
    else this.#encodeMap(value as { [key: string]: MmdbContent });
  }

  /** A pointer to an offset, of as few octets as it takes or of `size`, 1 to 4. */
  encodePointer(target: number, size = 0): void {
    const limits = [2_048, 526_336, 134_744_064, 2 ** 32];
    const bases = [0, 2_048, 526_336, 0];
    const octetCount = size || limits.findIndex((limit) => target < limit) + 1;
    const value = target - (bases[octetCount - 1] as number);
    const upper = octetCount === 4 ? 0 : Math.floor(value / 256 ** octetCount);
    this.octets.push((1 << 5) | ((octetCount - 1) << 3) | upper);
    for (let i = octetCount - 1; i >= 0; i--) this.octets.push(Math.floor(value / 256 ** i) & 255);
  }

  #encodeString(value: string): void {
    const known = this.#usesPointers ? this.#strings.get(value) : undefined;
    if (known !== undefined) {
      this.encodePointer(known);
      return;
    }
    this.#strings.set(value, this.octets.length);
    const octets = Buffer.from(value);
    this.#head(2, octets.length);
    this.octets.push(...octets);
  }

  #encodeNumber(value: number): void {
    if (Number.isInteger(value) && value >= 0 && value < 2 ** 32) {
      this.#encodeUnsigned(value < 2 ** 16 ? 5 : 6, BigInt(value));
    } else if (Number.isInteger(value) && value < 0 && value >= -(2 ** 31)) {
      this.#head(8, 4);
      const word = Buffer.alloc(4);
      word.writeInt32BE(value);
      this.octets.push(...word);
    } else {
      this.#head(3, 8);
      const word = Buffer.alloc(8);
      word.writeDoubleBE(value);
      this.octets.push(...word);
    }
  }

  #encodeFloat(value: number): void {
    this.#head(15, 4);
    const word = Buffer.alloc(4);
    word.writeFloatBE(value);
    this.octets.push(...word);
  }

  #encodeUnsigned(type: number, value: bigint): void {
    const octets: number[] = [];
    for (let rest = value; rest > 0n; rest >>= 8n) octets.unshift(Number(rest & 255n));
    this.#head(type, octets.length);
    this.octets.push(...octets);
  }

  #encodeBytes(value: Uint8Array): void {
    this.#head(4, value.length);
    this.octets.push(...value);
  }

  #encodeArray(values: readonly MmdbContent[]): void {
    this.#head(11, values.length);
    for (const value of values) this.encode(value);
  }

  #encodeMap(map: { readonly [key: string]: MmdbContent }): void {
    const entries = Object.entries(map);
    this.#head(7, entries.length);
    for (const [key, value] of entries) {
      this.#encodeString(key);
      this.encode(value);
    }
  }

  #head(type: number, size: number): void {
    const bases = [29, 285, 65_821];
    const extra = bases.findLastIndex((base) => size >= base);
    const control = extra < 0 ? size : 29 + extra;
    if (type > 7) this.octets.push(control, type - 7);
    else this.octets.push((type << 5) | control);
    for (let i = extra; i >= 0; i--) {
      this.octets.push(((size - (bases[extra] as number)) >>> (8 * i)) & 255);
    }
  }
}
