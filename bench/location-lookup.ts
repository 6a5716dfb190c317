import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { Reader } from "mmdb-lib";
import type { Response } from "mmdb-lib";

import { formatIp } from "../src/base/ip.ts";
import { seededRandom } from "../src/base/random.ts";
import { distanceMetres } from "../src/dataplane/geo/great-circle.ts";
import { ADDRESS_FAMILY, locate, scopePrefixLength } from "../src/dataplane/geo/locate.ts";
import { LocationView } from "../src/dataplane/geo/location-view.ts";
import { describeTable } from "../src/geo/describe-table.ts";
import type { TableDescription } from "../src/geo/describe-table.ts";
import { compileTable, operatorTableOptions } from "../src/geo/table/compile-table.ts";
import { unpackTable } from "../src/geo/table/packed-table.ts";
import { publish, quantile } from "./report.ts";

export type LocationLookupOptions = {
  results: string | undefined;
  seed: number;
  /** MaxMind DBs to compile, and to read with mmdb-lib, besides the shipped table. */
  mmdb: readonly string[];
};

/** Addresses looked up, one after the other; times are taken over small parts of them. */
const addressCount = 1 << 20;
const partCount = 4_096;
const rounds = 3;
/** So many clients make up the traffic that is called hot. */
const hotCount = 50_000;
const readerAddressCount = 1 << 16;
const mebi = 1024 * 1024;

type Work = (index: number) => number;

/** Measures look-ups in the shipped table, and in one of an operator's files. */
export async function locationLookup(options: LocationLookupOptions): Promise<void> {
  const packed = readFileSync(new URL("../src/geo/data/locations.bin.br", import.meta.url));
  unpackTable(packed);
  const start = performance.now();
  const shipped = new LocationView(unpackTable(packed));
  const loadMs = performance.now() - start;
  const rows = rowsFor("shipped", shipped, options.seed);
  const remarks = [
    `Shipped table: ${sizes(describeTable(shipped))}, loaded in ${loadMs.toFixed(0)} ms.`,
  ];
  if (options.mmdb.length > 0) {
    const files = options.mmdb.map((path) => ({ path, octets: readFileSync(path) }));
    const before = process.cpuUsage();
    const compileStart = performance.now();
    const view = new LocationView(compileTable(files, operatorTableOptions));
    const seconds = (performance.now() - compileStart) / 1000;
    const { user, system } = process.cpuUsage(before);
    const names = files.map(({ path }) => basename(path)).join(" and ");
    remarks.push(
      `${names}: ${sizes(describeTable(view))}, compiled in ${seconds.toFixed(1)} s ` +
        `(${((user + system) / 1e6).toFixed(1)} s of CPU, its collector's threads included).`,
    );
    rows.push(...rowsFor("with cities", view, options.seed), ...readerRows(files, options.seed));
  }
  publish(
    {
      name: "location-lookup",
      title: "Location of a client",
      method:
        `Nanoseconds for one address from octets to location, in one thread: ${addressCount} ` +
        `addresses, timed in parts of ${partCount}, ${rounds} rounds; "hot" are ${hotCount} of them over ` +
        "and over. IPv4 addresses are random, IPv6 addresses random among the ranges of the table, " +
        'which is the worst there is. "scope" adds the scope of a client subnet answer.',
      columns: ["table", "look-up", "lowest tenth", "median", "highest tenth"],
      rows,
      remarks,
    },
    options.results,
  );
}

function sizes(table: TableDescription): string {
  const { ipv4RangeCount, ipv6RangeCount, locationCount, cityCount, tableSize } = table;
  const counts = `${ipv4RangeCount} IPv4 and ${ipv6RangeCount} IPv6 ranges`;
  const memory = `${(tableSize / mebi).toFixed(1)} MiB`;
  return `${counts}, ${locationCount} locations, ${cityCount} cities, ${memory}`;
}

function rowsFor(name: string, view: LocationView, seed: number): string[][] {
  const ipv4 = randomIpv4(seed);
  const ipv6 = randomIpv6(view, seed);
  const random = seededRandom(seed + 2);
  const hot = Int32Array.from({ length: addressCount }, () => random.uint32() % hotCount);
  const locationCount = view.countries.length - 1;
  const { IPV4, IPV6 } = ADDRESS_FAMILY;
  const works: Readonly<Record<string, Work>> = {
    IPv4: (i) => locate(view, ipv4, i * 4, 4, IPV4),
    "IPv4, hot": (i) => locate(view, ipv4, (hot[i] as number) * 4, 4, IPV4),
    "IPv4, scope": (i) => locate(view, ipv4, i * 4, 4, IPV4) + scopePrefixLength(view),
    IPv6: (i) => locate(view, ipv6, i * 16, 16, IPV6),
    "IPv6, hot": (i) => locate(view, ipv6, (hot[i] as number) * 16, 16, IPV6),
    "IPv6, scope": (i) => locate(view, ipv6, i * 16, 16, IPV6) + scopePrefixLength(view),
    "a distance": (i) => {
      const a = 1 + (i % locationCount);
      const b = 1 + ((i * 7) % locationCount);
      return distanceMetres(view.vectors, a * 3, view.vectors, b * 3);
    },
  };
  return Object.entries(works).map(([what, work]) => [name, what, ...timed(work, addressCount)]);
}

/** mmdb-lib on the same files: what a look-up costs without a table of our own. */
function readerRows(files: readonly { path: string; octets: Buffer }[], seed: number): string[][] {
  const ipv4 = randomIpv4(seed);
  const texts = Array.from({ length: readerAddressCount }, (_, i) =>
    formatIp(ipv4.subarray(i * 4, i * 4 + 4)),
  );
  return files.flatMap(({ octets }) => {
    const reader = new Reader<Response>(octets);
    if (reader.get("8.8.8.8") === null) return [];
    const work: Work = (i) => (reader.get(texts[i] as string) === null ? 0 : 1);
    return [["mmdb-lib", "IPv4", ...timed(work, readerAddressCount)]];
  });
}

function timed(work: Work, count: number): string[] {
  const times: number[] = [];
  let sum = 0;
  for (let round = 0; round < rounds; round++) {
    for (let from = 0; from < count; from += partCount) {
      const start = process.hrtime.bigint();
      for (let i = from; i < from + partCount; i++) sum += work(i);
      times.push(Number(process.hrtime.bigint() - start) / partCount);
    }
  }
  if (!Number.isFinite(sum)) throw new Error("a look-up gave no number");
  return [0.1, 0.5, 0.9].map((share) => `${quantile(times, share).toFixed(0)} ns`);
}

function randomIpv4(seed: number): Uint8Array {
  const random = seededRandom(seed);
  const view = new DataView(new ArrayBuffer(addressCount * 4));
  for (let i = 0; i < addressCount; i++) view.setUint32(i * 4, random.uint32());
  return new Uint8Array(view.buffer);
}

function randomIpv6(table: LocationView, seed: number): Uint8Array {
  const random = seededRandom(seed + 1);
  const view = new DataView(new ArrayBuffer(addressCount * 16));
  const { ipv6Highs, ipv6Lows } = table;
  const groups = groupsOf(table);
  for (let i = 0; i < addressCount; i++) {
    const range = random.uint32() % ipv6Lows.length;
    view.setUint32(i * 16, ipv6Highs[groups[range] as number] as number);
    view.setUint32(i * 16 + 4, (ipv6Lows[range] as number) + (random.uint32() & 0xff));
    view.setUint32(i * 16 + 12, random.uint32());
  }
  return new Uint8Array(view.buffer);
}

/** The group of each range. */
function groupsOf({ ipv6Groups, ipv6Lows }: LocationView): Uint32Array {
  const groups = new Uint32Array(ipv6Lows.length);
  for (let group = 0; group + 1 < ipv6Groups.length; group++) {
    groups.fill(group, ipv6Groups[group], ipv6Groups[group + 1]);
  }
  return groups;
}
