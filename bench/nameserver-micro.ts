/**
 * CPU nanoseconds per query inside the process, by kind of answer, without sockets; and what building
 * an image, and encoding a large routing tree, takes. Finds what a change of the packet path costs; says nothing about servers.
 *
 *   tools/node bench/nameserver-micro.ts [--names 100000] [--queries 2000000]
 */
import { parseArgs } from "node:util";

import { seededRandom } from "../src/base/random.ts";
import type { ImageRRset } from "../src/dataplane/image/image-rrset.ts";
import { HEADER } from "../src/dataplane/image/layout.ts";
import { ZoneImageBuilder } from "../src/dataplane/image/zone-image-builder.ts";
import type { ZoneImage } from "../src/dataplane/image/zone-image.ts";
import { ZoneTable } from "../src/dataplane/image/zone-table.ts";
import { processQuery } from "../src/dataplane/nameserver/process-query.ts";
import { QueryContext } from "../src/dataplane/nameserver/query-context.ts";
import { encodeMessage } from "../src/dns/wire/encode-message.ts";
import { parseName } from "../src/dns/wire/name.ts";
import { encodeProgram, routedSet } from "../src/dataplane/policy/encode-program.ts";
import type { RoutingNode } from "../src/dataplane/policy/routing-tree.ts";
import { CLASS, TYPE } from "../src/dns/wire/registries.ts";
import { benchOrigin } from "./corpus.ts";

const apex = parseName(benchOrigin);
const cutCount = 1_000;
/** Different queries of each kind; each has a slot of the packet memory. */
const queriesPerKind = 4_096;
const slotSize = 128;
const rounds = 5;

/** What is asked, by kind; `index` is below the number of names. */
const kinds: Readonly<Record<string, (index: number) => [string, number]>> = {
  "A, EDNS": (index) => [`h${index}`, TYPE.A],
  NXDOMAIN: (index) => [`x${index}`, TYPE.A],
  NODATA: (index) => [`h${index}`, TYPE.AAAA],
  wildcard: (index) => [`n${index}.wild`, TYPE.A],
  CNAME: (index) => [`c${index % cutCount}`, TYPE.A],
  "4 addresses": (index) => [`m${index % cutCount}`, TYPE.A],
  weighted: (index) => [`w${index % cutCount}`, TYPE.A],
  "three aliases deep": (index) => [`g${index % cutCount}`, TYPE.A],
  "referral, 2 glue": (index) => [`www.d${index % cutCount}`, TYPE.A],
  DNAME: (index) => [`h${index}.dname`, TYPE.A],
};

function* rrsets(names: number): Generator<ImageRRset> {
  const name = (text: string): Uint8Array => parseName(text, apex);
  const a = (owner: string, ...last: number[]): ImageRRset => ({
    owner: name(owner),
    type: TYPE.A,
    ttl: 300,
    rdatas: last.map((octet) => Uint8Array.of(192, 0, 2, octet)),
  });
  const soa = Uint8Array.of(...name("ns1"), ...name("hostmaster"), ...new Uint8Array(20).fill(1));
  yield { owner: apex, type: TYPE.SOA, ttl: 300, rdatas: [soa] };
  yield { owner: apex, type: TYPE.NS, ttl: 300, rdatas: [name("ns1")] };
  yield a("ns1", 53);
  yield a("*.wild", 1);
  yield { owner: name("dname"), type: TYPE.DNAME, ttl: 300, rdatas: [apex] };
  for (let i = 0; i < cutCount; i++) {
    const servers = [name(`ns1.d${i}`), name(`ns2.d${i}`)];
    yield { owner: name(`d${i}`), type: TYPE.NS, ttl: 300, rdatas: servers };
    yield a(`ns1.d${i}`, 1);
    yield a(`ns2.d${i}`, 2);
    yield { owner: name(`c${i}`), type: TYPE.CNAME, ttl: 300, rdatas: [name(`h${i}`)] };
    yield a(`m${i}`, 1, 2, 3, 4);
    const branches = [1, 2, 3].map((weight) => ({
      label: String(weight),
      weight,
      node: { kind: "records" as const, ttl: 60, rdatas: [Uint8Array.of(192, 0, 2, weight)] },
    }));
    yield routedSet(name(`w${i}`), TYPE.A, { kind: "weighted", branches });
    yield routedSet(name(`g${i}`), TYPE.A, geolocationTo(name("pool")));
  }
  const members = [1, 2, 3].map((weight) => ({
    ...{ label: String(weight), weight, node: aliasOf(name(`member${weight}`)) },
  }));
  yield routedSet(name("pool"), TYPE.A, { kind: "weighted", branches: members });
  for (const last of [1, 2, 3]) {
    const ranks = [1, 2].map((rank) => ({
      ...{ label: String(rank), healthSlot: last * 2 + rank },
      node: { kind: "records" as const, ttl: 60, rdatas: [Uint8Array.of(10, 0, last, rank)] },
    }));
    yield routedSet(name(`member${last}`), TYPE.A, { kind: "failover", branches: ranks });
  }
  for (let i = 0; i < names; i++) {
    const rdatas = [Uint8Array.of(10, i >> 16, i >> 8, i)];
    yield { owner: name(`h${i}`), type: TYPE.A, ttl: 300, rdatas };
  }
}

function aliasOf(owner: Uint8Array): RoutingNode {
  return { kind: "alias", target: { owner, type: TYPE.A }, evaluateTargetHealth: true };
}

/** Six places; who asks here has none and gets the default. */
function geolocationTo(pool: Uint8Array): RoutingNode {
  const countries = ["US", "DE", "FR", "JP", "BR"].map((country) => ({
    ...{ label: country, place: { country }, node: aliasOf(pool) },
  }));
  const rest = { label: "default", place: "default" as const, node: aliasOf(pool) };
  return { kind: "geolocation", branches: [...countries, rest] };
}

function build(names: number): { image: ZoneImage; seconds: number } {
  const sets = [...rrsets(names)];
  const start = performance.now();
  const builder = new ZoneImageBuilder(apex, { expectedNames: names + 8 * cutCount });
  for (const set of sets) builder.add(set);
  const image = builder.finish();
  return { image, seconds: (performance.now() - start) / 1000 };
}

/** Milliseconds to encode a routing tree of 10,000 nodes: weighted groups of records, ranked. */
function encodeTreeMs(): number {
  const groups = Array.from({ length: 100 }, (_, rank) => ({
    label: `rank ${rank}`,
    node: weightedGroup(rank, 99),
  }));
  const start = performance.now();
  encodeProgram({ kind: "failover", branches: groups });
  return performance.now() - start;
}

function weightedGroup(rank: number, count: number): RoutingNode {
  const branches = Array.from({ length: count }, (_, i) => ({
    label: `member ${i}`,
    weight: i + 1,
    healthSlot: 1 + rank * count + i,
    node: { kind: "records" as const, ttl: 60, rdatas: [Uint8Array.of(10, 0, rank, i)] },
  }));
  return { kind: "weighted", branches };
}

function encodeQuery(name: string, type: number): Uint8Array {
  return encodeMessage({
    id: 1,
    opcode: 0,
    rcode: 0,
    flags: {},
    questions: [{ name: parseName(name, apex), type, class: CLASS.IN }],
    answer: [],
    authority: [],
    additional: [],
    edns: { udpPayloadSize: 1232, version: 0, dnssecOk: false, options: [] },
  });
}

function measure(context: QueryContext, queries: number): Map<string, number> {
  const random = seededRandom(1);
  const responseOffset = queriesPerKind * slotSize;
  const sizes = new Int32Array(queriesPerKind);
  const best = new Map<string, number>();
  for (let round = 0; round < rounds; round++) {
    for (const [kind, question] of Object.entries(kinds)) {
      for (let i = 0; i < queriesPerKind; i++) {
        const query = encodeQuery(...question(random.uint32() % nameCount));
        context.packet.set(query, i * slotSize);
        sizes[i] = query.length;
      }
      const before = process.cpuUsage();
      for (let i = 0; i < queries; i++) {
        const slot = i % queriesPerKind;
        processQuery(context, slot * slotSize, sizes[slot] as number, responseOffset, 0);
      }
      const ns = (process.cpuUsage(before).user * 1000) / queries;
      best.set(kind, Math.min(best.get(kind) ?? Infinity, ns));
    }
  }
  return best;
}

const { values } = parseArgs({
  options: {
    names: { type: "string", default: "100000" },
    queries: { type: "string", default: "1000000" },
  },
});
const nameCount = Number(values.names);
const { image, seconds } = build(nameCount);
const words = new Int32Array(image.buffer);
const octets = (words[HEADER.arenaFree] as number) * 4;
const nodes = words[HEADER.nodeCount] as number;
console.log(
  `${nodes} nodes built in ${seconds.toFixed(2)} s, ${(octets / nodes).toFixed(1)} octets each`,
);
console.log(`a routing tree of 10,001 nodes encoded in ${encodeTreeMs().toFixed(0)} ms`);
const zones = new ZoneTable();
zones.set(1, image);
const packet = new Uint8Array(queriesPerKind * slotSize + 65_536);
const context = new QueryContext({ packet, zones, randomSeed: 1, udpPayloadSizeMax: 1232 });
for (const [kind, ns] of measure(context, Number(values.queries))) {
  console.log(`${kind.padEnd(18)} ${ns.toFixed(0).padStart(5)} ns`);
}
