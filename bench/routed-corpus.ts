import { writeFileSync } from "node:fs";

import { present } from "../src/base/assert.ts";
import { formatIp, networkOf } from "../src/base/ip.ts";
import { seededRandom } from "../src/base/random.ts";
import { ADDRESS_FAMILY, locate, scopePrefixLength } from "../src/dataplane/geo/locate.ts";
import type { LocationView } from "../src/dataplane/geo/location-view.ts";
import { placeCodeText } from "../src/dataplane/geo/place-code.ts";
import { parseName } from "../src/dns/wire/name.ts";
import { CLASS, EDNS_OPTION, TYPE } from "../src/dns/wire/registries.ts";
import { writeMmdb } from "../src/geo/testing/mmdb-writer.ts";
import { benchOrigin } from "./corpus.ts";

/** A network at one place, and so the clients in it. */
export type ClientNetwork = {
  /** Four octets, host bits 0. */
  readonly address: Uint8Array;
  readonly prefixLength: number;
  readonly country: string;
  readonly continent: string;
};

/** What a client's place leads to: a country, else a continent, else the default. */
export type Pool = {
  readonly name: string;
  readonly country?: string;
  readonly continent?: string;
};

/** The pools, in the order of `addressOfMember`. */
export const pools: readonly Pool[] = [
  { name: "us", country: "US" },
  { name: "de", country: "DE" },
  { name: "eu", continent: "EU" },
  { name: "na", continent: "NA" },
  { name: "as", continent: "AS" },
  { name: "other" },
];

/** Weights of the members of each pool. */
export const memberWeights: readonly number[] = [5, 3, 2];

/** An address of a pool's member: the second octet tells the pool, the last the failover rank. */
export function addressOfMember(pool: number, member: number, rank = 0): string {
  return `10.${pool}.${member}.${rank + 1}`;
}

/** The pool that a client in a network belongs to: an index of `pools`. */
export function poolOf({ country, continent }: ClientNetwork): number {
  const byCountry = pools.findIndex((pool) => pool.country === country);
  if (byCountry >= 0) return byCountry;
  const byContinent = pools.findIndex((pool) => pool.continent === continent);
  return byContinent >= 0 ? byContinent : pools.length - 1;
}

/**
 * Networks of random addresses that have a place, each as wide as the table's range allows and at
 * least a /24; no two the same.
 */
export function clientNetworks(table: LocationView, count: number, seed: number): ClientNetwork[] {
  const random = seededRandom(seed);
  const networks = new Map<string, ClientNetwork>();
  while (networks.size < count) {
    const address = Uint8Array.from({ length: 4 }, () => random.uint32() >>> 24);
    const row = locate(table, address, 0, 4, ADDRESS_FAMILY.IPV4);
    const country = placeCodeText(table.countries[row] as number);
    const continent = placeCodeText(table.continents[row] as number);
    if (country === "" || continent === "") continue;
    const network = networkOf({ address, prefixLength: scopePrefixLength(table) });
    networks.set(formatIp(network.address), { ...network, country, continent });
  }
  return [...networks.values()];
}

/** Writes the networks as a MaxMind DB of countries, for the peers. */
export function writeCountryDatabase(file: string, networks: readonly ClientNetwork[]): void {
  const content = networks.map(({ address, prefixLength, country, continent }) => ({
    cidr: `${formatIp(address)}/${prefixLength}`,
    data: { country: { iso_code: country }, continent: { code: continent } },
  }));
  writeFileSync(file, writeMmdb(content, { databaseType: "Bench-Country" }));
}

/** A query and what the answer has to be. */
export type RoutedQuery = { readonly message: Uint8Array; readonly pool: number };

export type QueryOptions = {
  /** First letter of the names: they are `h0`, `h1` and so on, say. */
  readonly letter: string;
  readonly nameCount: number;
  readonly queryCount: number;
  readonly seed: number;
  /** Networks of the clients that queries tell of; none: no EDNS at all. */
  readonly clients?: readonly ClientNetwork[];
};

/** Address queries for random names, from random clients: a /24 in one of the networks each. */
export function routedQueries(options: QueryOptions): RoutedQuery[] {
  const { letter, nameCount, queryCount, clients } = options;
  const random = seededRandom(options.seed);
  return Array.from({ length: queryCount }, () => {
    const name = `${letter}${random.uint32() % nameCount}.${benchOrigin}`;
    if (!clients) return { message: queryOf(name), pool: pools.length - 1 };
    const network = present(clients[random.uint32() % clients.length], "there are clients");
    return { message: queryOf(name, addressIn(network, random.uint32())), pool: poolOf(network) };
  });
}

/** An address query; with the /24 around `client` as client subnet (RFC 7871 §6). */
function queryOf(name: string, client?: Uint8Array): Uint8Array {
  const { IPV4 } = ADDRESS_FAMILY;
  const { CLIENT_SUBNET } = EDNS_OPTION;
  const counts = [0, 1, 0, 0, 0, 0, 0, client ? 1 : 0];
  const question = [...parseName(name), 0, TYPE.A, 0, CLASS.IN];
  const subnet = client && [0, IPV4, 24, 0, ...client.subarray(0, 3)];
  const option = subnet && [0, CLIENT_SUBNET, 0, subnet.length, ...subnet];
  const opt = option && [0, 0, TYPE.OPT, 4, 208, 0, 0, 0, 0, 0, option.length, ...option];
  return Uint8Array.from([0, 0, 0, 0, ...counts, ...question, ...(opt ?? [])]);
}

function addressIn({ address, prefixLength }: ClientNetwork, drawn: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(4));
  const base = new DataView(address.buffer, address.byteOffset).getUint32(0);
  const hostMask = prefixLength === 0 ? 0xffff_ffff : 2 ** (32 - prefixLength) - 1;
  view.setUint32(0, base + ((drawn & hostMask) >>> 0));
  return new Uint8Array(view.buffer);
}

/** Writes messages as dnsperf reads them: each after its length. */
export function writeMessages(file: string, queries: readonly RoutedQuery[]): void {
  const framed = queries.map(({ message }) => {
    const frame = Buffer.alloc(message.length + 2);
    frame.writeUInt16BE(message.length);
    frame.set(message, 2);
    return frame;
  });
  writeFileSync(file, Buffer.concat(framed));
}
