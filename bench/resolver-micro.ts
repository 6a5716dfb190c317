/**
 * CPU nanoseconds per query inside the process, without sockets: what the resolver's front takes for
 * an answer from the cache and from a private zone, beside what the name server takes for the same
 * answer from a public zone.
 *
 *   tools/node bench/resolver-micro.ts [--names 100000] [--queries 1000000] [--age 30] [--only cached]
 */
import { parseArgs } from "node:util";
import { seededRandom } from "../src/base/random.ts";
import type { ImageRRset } from "../src/dataplane/image/image-rrset.ts";
import { ZoneImageBuilder } from "../src/dataplane/image/zone-image-builder.ts";
import { ZoneTable } from "../src/dataplane/image/zone-table.ts";
import { processQuery } from "../src/dataplane/nameserver/process-query.ts";
import { QueryContext } from "../src/dataplane/nameserver/query-context.ts";
import { StatusTable } from "../src/dataplane/policy/status-table.ts";
import { createControlBlock } from "../src/dataplane/server/control-block.ts";
import { createArena } from "../src/dataplane/server/driver.ts";
import { encodeSocketAddress, socketAddressSize } from "../src/dataplane/server/socket-address.ts";
import { createWorkerCounters } from "../src/dataplane/server/worker-counters.ts";
import { encodeMessage } from "../src/dns/wire/encode-message.ts";
import { lowerName, parseName } from "../src/dns/wire/name.ts";
import { CLASS, TYPE } from "../src/dns/wire/registries.ts";
import { CacheWriter } from "../src/resolver/cache/cache-writer.ts";
import { createCacheMemory } from "../src/resolver/cache/cache-layout.ts";
import { FrontAnswerer } from "../src/resolver/front/front-answerer.ts";
import { frontCounters } from "../src/resolver/front/front-counters.ts";
import { createHandOverMemory } from "../src/resolver/front/hand-over-layout.ts";
import { createCounterBlock } from "../src/telemetry/counters.ts";

const queriesPerKind = 4_096;
const slotSize = 192;
const rounds = 7;
const responseSizeMax = 1232;

const { values } = parseArgs({
  options: {
    names: { type: "string", default: "100000" },
    queries: { type: "string", default: "1000000" },
    age: { type: "string", default: "30" },
    only: { type: "string", default: "" },
  },
});
const nameCount = Number(values.names);
const queryCount = Number(values.queries);

const bench = parseName("bench.test.");
const name = (text: string): Uint8Array => parseName(text, bench);
const address = (i: number): Uint8Array => Uint8Array.of(10, i >> 16, i >> 8, i);

function* rrsets(): Generator<ImageRRset> {
  const soa = Uint8Array.of(...name("ns1"), ...name("hostmaster"), ...new Uint8Array(20).fill(1));
  yield { owner: bench, type: TYPE.SOA, ttl: 300, rdatas: [soa] };
  yield { owner: bench, type: TYPE.NS, ttl: 300, rdatas: [name("ns1")] };
  for (let i = 0; i < nameCount; i++) {
    yield { owner: name(`h${i}`), type: TYPE.A, ttl: 300, rdatas: [address(i)] };
    if (i % 4 === 0) {
      const rdatas = [1, 2, 3, 4].map((last) => Uint8Array.of(192, 0, 2, last));
      yield { owner: name(`m${i / 4}`), type: TYPE.A, ttl: 300, rdatas };
    }
  }
}

function zoneImage() {
  const builder = new ZoneImageBuilder(bench, { expectedNames: 2 * nameCount });
  for (const set of rrsets()) builder.add(set);
  return builder.finish();
}

function fillCache(memory: SharedArrayBuffer): void {
  const writer = new CacheWriter(memory);
  const put = (owner: Uint8Array, rdatas: readonly Uint8Array[]): void => {
    const response = encodeMessage({
      ...{ id: 0, opcode: 0, rcode: 0, flags: { qr: true, ra: true } },
      questions: [{ name: owner, type: TYPE.A, class: CLASS.IN }],
      answer: rdatas.map((rdata) => ({ owner, type: TYPE.A, class: CLASS.IN, ttl: 300, rdata })),
      ...{ authority: [], additional: [] },
    });
    const key = { partition: 1, name: lowerName(owner), type: TYPE.A, variant: 0 };
    const times = { storedAtSeconds: 0, expiresAtSeconds: 1e6, staleUntilSeconds: 1e6 };
    writer.put({ key, response, ...times });
  };
  for (let i = 0; i < nameCount; i++) {
    put(parseName(`h${i}.bench.test.`), [address(i)]);
    if (i % 4 === 0) {
      const rdatas = [1, 2, 3, 4].map((last) => Uint8Array.of(192, 0, 2, last));
      put(parseName(`m${i / 4}.bench.test.`), rdatas);
    }
  }
}

/** Packet memory with queries in it, each before room for its response. */
const responseOffset = queriesPerKind * slotSize;
const arena = createArena(responseOffset + 65_536);
const sizes = new Int32Array(queriesPerKind);
const client = encodeSocketAddress({ address: "10.0.0.1", port: 4_000 });

function placeQueries(prefix: string, count: number): void {
  const random = seededRandom(1);
  for (let i = 0; i < queriesPerKind; i++) {
    const query = encodeMessage({
      ...{ id: 1, opcode: 0, rcode: 0, flags: { rd: true } },
      questions: [{ name: name(`${prefix}${random.uint32() % count}`), type: TYPE.A, class: 1 }],
      ...{ answer: [], authority: [], additional: [] },
      edns: { udpPayloadSize: 1232, version: 0, dnssecOk: false, options: [] },
    });
    arena.bytes.set(client, i * slotSize);
    arena.bytes.set(query, i * slotSize + socketAddressSize);
    sizes[i] = query.length;
  }
}

function front(image: SharedArrayBuffer | undefined): FrontAnswerer {
  const cache = createCacheMemory(64 * 1024 * 1024, 1);
  if (!image) fillCache(cache);
  const answerer = new FrontAnswerer(
    {
      ...{ index: 0, task: { kind: "dgram", endpoints: [] }, control: createControlBlock(1) },
      counters: createWorkerCounters("mmsg"),
      listeners: [{ address: "127.0.0.1:53", fd: 1, isUnspecified: false }],
      ...{ cache, handOver: createHandOverMemory(1), status: new StatusTable().buffer },
      ...{ udpPayloadSizeMax: responseSizeMax, frontCounters: createCounterBlock(frontCounters) },
    },
    arena,
    1,
  );
  const zones = image
    ? [{ zoneKey: 1, zoneId: "Z1", isPrivate: true, image }]
    : [{ zoneKey: 2, zoneId: "Z2", isPrivate: false, image: elsewhere() }];
  const apexes = Array.from({ length: 50 }, (_, i) => parseName(`zone${i}.corp.test.`));
  const plan = {
    ...{ view: 1, vpcId: "vpc-1", cidrs: ["10.0.0.0/8"], listeners: [], publicPartition: 1 },
    zones: image ? [{ zoneId: "Z1", apex: bench }] : [],
    cuts: apexes.map((apex) => ({ name: apex, partition: -1 })),
    ...{ firewall: undefined, handOverAll: false },
  };
  answerer.views.update({ zones, views: { views: [plan], removed: [], replacesAll: true } });
  answerer.setTime(0, Number(values.age));
  return answerer;
}

/** A public zone that nobody asks for here. */
function elsewhere(): SharedArrayBuffer {
  const builder = new ZoneImageBuilder(parseName("elsewhere.test."), { expectedNames: 1 });
  for (const set of rrsetsOfApex("elsewhere.test.")) builder.add(set);
  return builder.finish().buffer;
}

function* rrsetsOfApex(apex: string): Generator<ImageRRset> {
  const owner = parseName(apex);
  const soa = Uint8Array.of(...owner, ...owner, ...new Uint8Array(20).fill(1));
  yield { owner, type: TYPE.SOA, ttl: 300, rdatas: [soa] };
  yield { owner, type: TYPE.NS, ttl: 300, rdatas: [owner] };
}

function nsPerQuery(answer: (query: number, size: number) => number): number {
  const before = process.cpuUsage();
  let unanswered = 0;
  for (let i = 0; i < queryCount; i++) {
    const slot = i % queriesPerKind;
    if (answer(slot * slotSize + socketAddressSize, sizes[slot] as number) < 50) unanswered++;
  }
  if (unanswered > 0) throw new Error(`${unanswered} queries were not answered`);
  return (process.cpuUsage(before).user * 1000) / queryCount;
}

const image = zoneImage();
const zones = new ZoneTable();
zones.set(1, image);
const context = new QueryContext({
  ...{ packet: arena.bytes, zones, randomSeed: 1, udpPayloadSizeMax: responseSizeMax },
});
const cached = front(undefined);
const zoned = front(image.buffer);
const servers: Record<string, (query: number, size: number) => number> = {
  "name server, public zone": (query, size) =>
    processQuery(context, query, size, responseOffset, 0),
  "resolver, cached": (query, size) => cached.answer(query, size, responseOffset),
  "resolver, private zone": (query, size) => zoned.answer(query, size, responseOffset),
};
const best = new Map<string, number>();
for (let round = 0; round < rounds; round++) {
  for (const [kind, prefix] of [
    ["A, EDNS", "h"],
    ["4 addresses", "m"],
  ] as const) {
    placeQueries(prefix, prefix === "h" ? nameCount : nameCount / 4);
    for (const [server, answer] of Object.entries(servers)) {
      if (!server.includes(values.only)) continue;
      const key = `${kind}: ${server}`;
      best.set(key, Math.min(best.get(key) ?? Infinity, nsPerQuery(answer)));
    }
  }
}
for (const [key, ns] of [...best].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
  console.log(`${key.padEnd(42)} ${ns.toFixed(0).padStart(5)} ns`);
}
