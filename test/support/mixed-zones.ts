/** Zones that need every part of the packet path, and a query for every kind of answer they give. */
import { buildZoneImage } from "../../src/dataplane/image/zone-image-builder.ts";
import type { ZoneImage } from "../../src/dataplane/image/zone-image.ts";
import { routedSet } from "../../src/dataplane/policy/encode-program.ts";
import { parseName } from "../../src/dns/wire/name.ts";
import { TYPE } from "../../src/dns/wire/registries.ts";
import { present } from "../../src/base/assert.ts";
import { parseCidr } from "../../src/base/ip.ts";
import type { Cidr } from "../../src/base/ip.ts";
import type { Branch, RoutingNode } from "../../src/dataplane/policy/routing-tree.ts";
import { apexRecords, imageOf, queryOf, rrsetsOf } from "./zone-under-test.ts";

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

/** One group of every kind, and those that most answers go through inside each other. */
function policies(branches: readonly Branch<{ weight: number }>[]): Record<string, RoutingNode> {
  const more = branches.map((branch, i) => ({
    ...branch,
    healthSlot: i < 3 ? i : 0,
    bias: i,
    latitude: i * 7,
    longitude: i * 10,
    country: i % 2 ? "US" : "DE",
    continent: "NA",
    city: "New York",
    region: "r",
    loadSlot: i,
    low: 0,
    high: 3,
    place:
      i === 0
        ? ("default" as const)
        : { country: "US", subdivision: `Z${(i % 36).toString(36).toUpperCase()}` },
    blocks: i === 0 ? ("default" as const) : [network(`1.${i}.0.0/16`), network(`2400:${i}::/32`)],
    windows: [{ days: 1 << (i % 7), startMinute: i, endMinute: 1_000 }],
  }));
  const failover: RoutingNode = { kind: "failover", branches: more };
  const nested = [{ label: "f", weight: 1, node: failover }];
  return {
    failover,
    geolocation: {
      kind: "geolocation",
      branches: [
        { label: "us", place: { country: "US" }, node: { kind: "weighted", branches: nested } },
        ...more,
      ],
    },
    geoproximity: { kind: "geoproximity", branches: more },
    latency: { kind: "latency", branches: more },
    cidr: { kind: "cidr", branches: more },
    time: { kind: "timeOfDay", zone: "America/New_York", branches: more },
    load: { kind: "leastLoaded", branches: more },
    sticky: { kind: "sticky", branches: more },
    nearby: { kind: "nearby", branches: more },
  };
}

function network(text: string): Cidr {
  return present(parseCidr(text), "a CIDR block");
}

/** Two zones, one of which leads to the other. */
export function mixedZones(): ZoneImage[] {
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
    ...Object.entries(policies(branches)).map(([owner, node]) =>
      routedSet(name(owner), TYPE.A, node),
    ),
    routedSet(name("alias"), TYPE.A, {
      kind: "alias",
      target: { owner: name("weighted"), type: TYPE.A },
      evaluateTargetHealth: true,
    }),
  ]);
  return [image, imageOf("y.test.", `${apexRecords}www A 192.0.2.1\n`)];
}

const located = { edns: { subnet: "1.3.7.0/24" } };
const locatedIpv6 = { edns: { subnet: "2400:3::/48" } };
const edns = { edns: { nsid: true } };
/** Messages by the kind of answer; located in the small world (`small-world.ts`). */
export const mixedQueries: Readonly<Record<string, Uint8Array>> = {
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
  ...Object.fromEntries(
    Object.keys(policies([])).flatMap((owner) => [
      [owner, queryOf(`${owner}.z.test.`, "A", located)],
      [`${owner} over IPv6`, queryOf(`${owner}.z.test.`, "A", locatedIpv6)],
    ]),
  ),
  TC: queryOf("big.z.test.", "TXT", edns),
  BADVERS: queryOf("www.z.test.", "A", { edns: { version: 1 } }),
  REFUSED: queryOf("www.other.test.", "A", edns),
  FORMERR: queryOf("www.z.test.", "A", edns).slice(0, 30),
  "a drop": new Uint8Array(5),
};
