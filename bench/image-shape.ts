/**
 * Images of many zones, or of big ones, in one process: `tools/node --expose-gc bench/image-shape.ts ZONES
 * NAMES` prints, as JSON, what they take. Run by image-sizes.ts.
 */
import { readFileSync } from "node:fs";

import { seededRandom } from "../src/base/random.ts";
import { ZoneImageBuilder } from "../src/dataplane/image/zone-image-builder.ts";
import type { ZoneImage } from "../src/dataplane/image/zone-image.ts";
import { ZoneTable } from "../src/dataplane/image/zone-table.ts";
import { TRANSPORT, processQuery } from "../src/dataplane/nameserver/process-query.ts";
import { QueryContext } from "../src/dataplane/nameserver/query-context.ts";
import { parseName } from "../src/dns/wire/name.ts";
import { TYPE } from "../src/dns/wire/registries.ts";
import { queryOf } from "../test/support/zone-under-test.ts";

/** What images of one shape take. */
export type ImageShape = {
  readonly zones: number;
  readonly names: number;
  readonly buildSeconds: number;
  /** Octets of the images themselves, headroom for patches included. */
  readonly imageOctets: number;
  /** Memory of the process that the images account for. */
  readonly residentOctets: number;
  /** Memory more for each thread that answers from them. */
  readonly threadOctets: number;
  readonly nsPerQuery: number;
};

const differentQueries = 65_536;
const querySlot = 128;
const queryCount = 1_000_000;
const rounds = 5;

function buildZone(zone: number, names: number): ZoneImage {
  const apex = parseName(`z${zone}.test.`);
  const label = (text: string): Uint8Array => parseName(text, apex);
  const numbers = new Uint8Array(20).fill(1);
  const soa = Uint8Array.of(...label("ns1"), ...label("hostmaster"), ...numbers);
  const builder = new ZoneImageBuilder(apex, { expectedNames: names, seed: 1 });
  builder.add({ owner: apex, type: TYPE.SOA, ttl: 300, rdatas: [soa] });
  builder.add({ owner: apex, type: TYPE.NS, ttl: 300, rdatas: [label("ns1")] });
  for (let i = 0; i < names; i++) {
    const rdatas = [Uint8Array.of(10, i >> 16, i >> 8, i)];
    builder.add({ owner: label(`h${i}`), type: TYPE.A, ttl: 300, rdatas });
  }
  return builder.finish();
}

function residentOctets(): number {
  (globalThis as { gc?: (how: object) => void }).gc?.({ type: "major", flavor: "last-resort" });
  const status = readFileSync("/proc/self/smaps_rollup", "utf8");
  return Number(/^Pss:\s+(\d+)/m.exec(status)?.[1]) * 1024;
}

function measureQueries(zones: ZoneTable, shape: { zones: number; names: number }): number {
  const packet = new Uint8Array(differentQueries * querySlot + 65_536);
  const context = new QueryContext({ packet, zones, randomSeed: 1, udpPayloadSizeMax: 1232 });
  const random = seededRandom(1);
  const sizes = new Int32Array(differentQueries);
  for (let i = 0; i < differentQueries; i++) {
    const name = `h${random.uint32() % shape.names}.z${random.uint32() % shape.zones}.test.`;
    const query = queryOf(name, "A", { edns: {} });
    packet.set(query, i * querySlot);
    sizes[i] = query.length;
  }
  const responseOffset = differentQueries * querySlot;
  let best = Infinity;
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < queryCount; i++) {
      const which = i % differentQueries;
      const size = sizes[which] as number;
      processQuery(context, which * querySlot, size, responseOffset, TRANSPORT.UDP);
    }
    best = Math.min(best, (process.cpuUsage(before).user * 1000) / queryCount);
  }
  return best;
}

const [zoneCount = 1, nameCount = 1000] = process.argv.slice(2).map(Number);
buildZone(0, 1_000);
const before = residentOctets();
const startedAt = performance.now();
const images = Array.from({ length: zoneCount }, (_, i) => buildZone(i, nameCount));
const buildSeconds = (performance.now() - startedAt) / 1000;
const withImages = residentOctets();
const table = new ZoneTable();
images.forEach((image, i) => table.set(i + 1, image));
const withTable = residentOctets();
const shape: ImageShape = {
  zones: zoneCount,
  names: nameCount,
  buildSeconds,
  imageOctets: images.reduce((sum, { buffer }) => sum + buffer.byteLength, 0),
  residentOctets: withImages - before,
  threadOctets: withTable - withImages,
  nsPerQuery: measureQueries(table, { zones: zoneCount, names: nameCount }),
};
console.log(JSON.stringify(shape));
