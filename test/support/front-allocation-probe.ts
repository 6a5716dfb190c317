/**
 * Prints, as a JSON object, the octets of heap that the resolver's front takes for a query, by what
 * becomes of it. Run by src/resolver/front/no-allocation.test.ts with a young generation that is
 * never collected while it measures.
 */
import {
  encodeSocketAddress,
  socketAddressSize,
} from "../../src/dataplane/server/socket-address.ts";
import { DomainSet } from "../../src/resolver/firewall/domain-set.ts";
import { makeNameFilter } from "../../src/resolver/firewall/name-filter.ts";
import { CUT } from "../../src/resolver/front/hand-over.ts";
import { lineWords } from "../../src/resolver/front/hand-over-layout.ts";
import { cacheEntry } from "./cache-answers.ts";
import { FrontUnderTest, cut, planned } from "./front-under-test.ts";
import { heapPerQuery } from "./heap-per-query.ts";
import { apexRecords, queryOf } from "./zone-under-test.ts";

const warmUpCount = 30_000;
const queryOffset = 1_000;
const responseOffset = 8_192;

const front = new FrontUnderTest([{}, { isUnspecified: true }, { vpcId: "vpc-1" }]);
front.serve("Z1", "z.test.", `${apexRecords}www A 192.0.2.1\nout CNAME www.elsewhere.test.\n`);
front.serve("P1", "p.test.", `${apexRecords}www A 192.0.2.1\n`, false);
front.plan({
  cidrs: ["10.0.0.0/8", "2001:db8::/32"],
  listeners: ["10.0.0.53:5301", "[2001:db8::53]:5301"],
  zones: [planned("Z1", "z.test.")],
  cuts: [cut("forward.test.", 7), cut("hosts.test.", CUT.HAND_OVER)],
  firewall: makeNameFilter([new DomainSet(["bad.test", "*.bad.test"])]),
});
front.writer.put(cacheEntry("x.test.", { texts: 3, lifeSeconds: 1_000 }));
front.writer.put(cacheEntry("x.forward.test.", { partition: 7, lifeSeconds: 1_000 }));
front.writer.put(cacheEntry("large.test.", { texts: 20, textSize: 200, lifeSeconds: 1_000 }));
front.writer.put(cacheEntry("old.test.", { ttl: 10 }));
front.writer.put(cacheEntry("soon.test.", { lifeSeconds: 1_000, prefetchAtSeconds: 10 }));
front.answerer.setTime(0, 40);

type Case = { query: Uint8Array; from?: string; listener?: number };
const edns = { edns: { nsid: true, subnet: "192.0.2.0/24" } };
const cases: Record<string, Case> = {
  "an answer from the cache": { query: queryOf("x.test.", "TXT", edns) },
  "one without EDNS": { query: queryOf("x.test.", "TXT") },
  "one of a forward rule": { query: queryOf("x.forward.test.", "TXT", edns) },
  "one that does not fit": { query: queryOf("large.test.", "TXT", edns) },
  "one about to expire": { query: queryOf("soon.test.", "TXT", edns) },
  "one that has expired": { query: queryOf("old.test.", "TXT", edns) },
  "a private zone": { query: queryOf("www.z.test.", "A", edns) },
  "no such name in it": { query: queryOf("no.z.test.", "A", edns) },
  "a chain out of it": { query: queryOf("out.z.test.", "A", edns) },
  "a public zone": { query: queryOf("www.p.test.", "A", edns) },
  "a name handed over": { query: queryOf("x.hosts.test.", "A", edns) },
  "a name of the firewall": { query: queryOf("x.bad.test.", "A", edns) },
  "nothing known": { query: queryOf("x.elsewhere.test.", "A", edns) },
  "an IPv6 client": { query: queryOf("x.test.", "TXT", edns), from: "2001:db8::1" },
  "a wildcard address": { query: queryOf("x.test.", "TXT", edns), listener: 1 },
  "a VPC's own listener": { query: queryOf("x.test.", "TXT", edns), listener: 2 },
  "a stranger": { query: queryOf("x.test.", "TXT", edns), from: "192.0.2.9" },
  BADVERS: { query: queryOf("x.test.", "TXT", { edns: { version: 1 } }) },
  FORMERR: { query: queryOf("x.test.", "TXT", edns).slice(0, 20) },
};

const ring = new Int32Array(front.handOver);

function place({ query, from = "10.0.0.1", listener = 0 }: Case): void {
  const client = encodeSocketAddress({ address: from, port: 999 });
  front.arena.bytes.set(client, queryOffset - socketAddressSize);
  front.arena.bytes.set(query, queryOffset);
  front.answerer.listen(listener);
}

function run(size: number, count: number): void {
  for (let i = 0; i < count; i++) {
    front.answerer.answer(queryOffset, size, responseOffset);
    // As if the resolver thread had read all.
    if (i % 512 === 0) ring[2 * lineWords] = ring[lineWords] as number;
  }
}

for (const one of Object.values(cases)) {
  place(one);
  run(one.query.length, warmUpCount);
}
const octets = Object.entries(cases).map(([kind, one]) => {
  place(one);
  return [kind, heapPerQuery((count) => run(one.query.length, count))] as const;
});
console.log(JSON.stringify(Object.fromEntries(octets)));
