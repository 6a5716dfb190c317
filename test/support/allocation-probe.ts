/**
 * Prints, as a JSON object, the octets of heap that the packet path takes for a query, by kind of
 * answer. Run by src/dataplane/nameserver/no-allocation.test.ts with a young generation that is
 * never collected while it measures.
 */
import { TRANSPORT, processQuery } from "../../src/dataplane/nameserver/process-query.ts";
import type { QueryContext } from "../../src/dataplane/nameserver/query-context.ts";
import { buildZoneImage } from "../../src/dataplane/image/zone-image-builder.ts";
import { routedSet } from "../../src/dataplane/policy/encode-program.ts";
import { parseName } from "../../src/dns/wire/name.ts";
import { TYPE } from "../../src/dns/wire/registries.ts";
import { NameServerUnderTest, apexRecords, queryOf, rrsetsOf } from "./zone-under-test.ts";

const queryCount = 50_000;
const warmUpCount = 30_000;
const attempts = 3;
const queryOffset = 1_000;
const responseOffset = 131_072;

const apex = parseName("z.test.");
const records = `$TTL 60
${apexRecords}
www A 192.0.2.1
four A 192.0.2.1
four A 192.0.2.2
four A 192.0.2.3
four A 192.0.2.4
texts TXT "one"
texts TXT "another"
*.wild A 192.0.2.1
c CNAME c2
c2 CNAME www
away CNAME www.y.test.
loop CNAME loop
d DNAME wild
cut NS ns1.cut
cut NS ns2.cut
ns1.cut A 192.0.2.1
ns2.cut AAAA 2001:db8::1
big TXT ${`"${"x".repeat(250)}" `.repeat(10)}
`;

function serve(): NameServerUnderTest {
  const server = new NameServerUnderTest({ nsid: new TextEncoder().encode("probe") });
  const address = (last: number) => [Uint8Array.of(192, 0, 2, last)];
  const branches = Array.from({ length: 12 }, (_, i) => ({
    label: String(i),
    weight: i,
    node: { kind: "records" as const, ttl: 60, rdatas: address(i) },
  }));
  const name = (text: string) => parseName(text, apex);
  const image = buildZoneImage(apex, [
    ...rrsetsOf("z.test.", records),
    routedSet(name("weighted"), TYPE.A, { kind: "weighted", branches }),
    routedSet(name("multi"), TYPE.A, { kind: "multivalue", limit: 8, branches }),
    routedSet(name("alias"), TYPE.A, {
      kind: "alias",
      target: { owner: name("weighted"), type: TYPE.A },
      evaluateTargetHealth: true,
    }),
  ]);
  server.zones.set(1, image, 1);
  server.serve("y.test.", `${apexRecords}www A 192.0.2.1\n`);
  return server;
}

const edns = { edns: { nsid: true } };
const queries: Readonly<Record<string, Uint8Array>> = {
  "an address": queryOf("www.z.test.", "A", edns),
  "without EDNS": queryOf("wWw.Z.test.", "A"),
  "four addresses": queryOf("four.z.test.", "A", edns),
  "texts of two lengths": queryOf("texts.z.test.", "TXT"),
  NXDOMAIN: queryOf("no.z.test.", "A", edns),
  NODATA: queryOf("www.z.test.", "AAAA", edns),
  "the apex": queryOf("z.test.", "SOA", edns),
  ANY: queryOf("four.z.test.", "ANY", edns),
  "a wildcard": queryOf("x.y.wild.z.test.", "A", edns),
  "a chain": queryOf("c.z.test.", "A", edns),
  "a chain to another zone": queryOf("away.z.test.", "A", edns),
  "a loop": queryOf("loop.z.test.", "A", edns),
  "a DNAME": queryOf("x.d.z.test.", "A", edns),
  "a referral": queryOf("x.cut.z.test.", "A", edns),
  "a DS": queryOf("cut.z.test.", "DS", edns),
  weights: queryOf("weighted.z.test.", "A", edns),
  multivalue: queryOf("multi.z.test.", "A", edns),
  "an alias": queryOf("alias.z.test.", "A", edns),
  TC: queryOf("big.z.test.", "TXT", edns),
  BADVERS: queryOf("www.z.test.", "A", { edns: { version: 1 } }),
  REFUSED: queryOf("www.other.test.", "A", edns),
  FORMERR: queryOf("www.z.test.", "A", edns).slice(0, 30),
  "a drop": new Uint8Array(5),
};

function run(context: QueryContext, query: Uint8Array, count: number): void {
  for (let i = 0; i < count; i++) {
    const transport = i % 8 === 0 ? TRANSPORT.TCP : TRANSPORT.UDP;
    processQuery(context, queryOffset, query.length, responseOffset, transport);
  }
}

const { context } = serve();
const all = Object.entries(queries);
for (const [, query] of all) {
  context.packet.set(query, queryOffset);
  run(context, query, warmUpCount);
}
const octets: Record<string, number> = {};
for (const [kind, query] of all) {
  context.packet.set(query, queryOffset);
  octets[kind] = Infinity;
  for (let attempt = 0; attempt < attempts; attempt++) {
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    run(context, query, queryCount);
    const taken = (process.memoryUsage().heapUsed - before) / queryCount;
    octets[kind] = Math.min(octets[kind], Math.max(taken, 0));
  }
}
console.log(JSON.stringify(octets));
