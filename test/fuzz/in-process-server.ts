import { routedSet } from "../../src/dataplane/policy/encode-program.ts";
import type { RoutingNode } from "../../src/dataplane/policy/routing-tree.ts";
import { messageSizeMax } from "../../src/base/limits.ts";
import type { ImageRRset } from "../../src/dataplane/image/image-rrset.ts";
import { buildZoneImage } from "../../src/dataplane/image/zone-image-builder.ts";
import { ZoneTable } from "../../src/dataplane/image/zone-table.ts";
import { processQuery } from "../../src/dataplane/nameserver/process-query.ts";
import { QueryContext } from "../../src/dataplane/nameserver/query-context.ts";
import { COUNTED_RCODES, COUNTER } from "../../src/dataplane/nameserver/query-counters.ts";
import { formatName, lowerName, parseName, type Name } from "../../src/dns/wire/name.ts";
import { TYPE } from "../../src/dns/wire/registries.ts";
import type { ZoneFileRecord } from "../../src/dns/zonefile/zone-file-reader.ts";
import { recordsOf } from "../differential/hard-records.ts";
import { hardZones } from "../differential/zone-files.ts";

const randomSeed = 0x5eed;
const queryOffset = 0;
const responseOffset = 1 << 16;

/** The packet path of one worker, called directly: all hard zones, no sockets. */
export class InProcessServer {
  readonly #context: QueryContext;
  /** Owner names of all zones, and the types that each has. */
  readonly owners: readonly { readonly name: Name; readonly type: number }[];

  constructor(udpPayloadSizeMax = 1232) {
    const zones = new ZoneTable();
    const owners: { name: Name; type: number }[] = [];
    for (const [zoneKey, zone] of hardZones().entries()) {
      const rrsets = groupRecords(recordsOf(zone));
      owners.push(...rrsets.map((rrset) => ({ name: rrset.owner, type: rrset.type })));
      zones.set(zoneKey, buildZoneImage(parseName(zone.origin), rrsets));
    }
    const routed = routedZone();
    owners.push(...routed.rrsets.map(({ owner, type }) => ({ name: owner, type })));
    zones.set(hardZones().length, buildZoneImage(routed.apex, routed.rrsets));
    const packet = new Uint8Array(responseOffset + messageSizeMax);
    this.owners = owners;
    this.#context = new QueryContext({
      packet,
      zones,
      randomSeed,
      udpPayloadSizeMax,
      nsid: new TextEncoder().encode("fuzz"),
    });
  }

  /** The response, a copy; `undefined` where the query is dropped. */
  answer(query: Uint8Array, transport: "udp" | "tcp"): Uint8Array | undefined {
    const { packet } = this.#context;
    packet.set(query, queryOffset);
    const flags = transport === "tcp" ? 1 : 0;
    const size = processQuery(this.#context, queryOffset, query.length, responseOffset, flags);
    return size === 0 ? undefined : packet.slice(responseOffset, responseOffset + size);
  }

  /** Messages taken, and what became of them: the two are equal if none was lost sight of. */
  counts(): { readonly received: number; readonly accounted: number } {
    const { counters } = this.#context;
    const outcomes = counters.slice(COUNTER.rcode, COUNTER.rcode + COUNTED_RCODES);
    const dropped =
      count(counters, COUNTER.droppedShort) + count(counters, COUNTER.droppedResponse);
    return {
      received: count(counters, COUNTER.received),
      accounted: outcomes.reduce((sum, value) => sum + value, dropped),
    };
  }
}

function count(counters: Float64Array, index: number): number {
  return counters[index] as number;
}

/** Records as sets of one owner and type. */
export function groupRecords(records: readonly ZoneFileRecord[]): ImageRRset[] {
  const sets = new Map<string, { owner: Name; type: number; ttl: number; rdatas: Uint8Array[] }>();
  for (const { owner, type, ttl, rdata } of records) {
    const key = `${formatName(lowerName(owner))} ${type}`;
    const set = sets.get(key) ?? { owner, type, ttl, rdatas: [] };
    set.rdatas.push(rdata);
    sets.set(key, set);
  }
  return [...sets.values()];
}

/** A zone with what master files cannot say: aliases, loops of them, weighted and multivalue sets. */
function routedZone(): { apex: Name; rrsets: ImageRRset[] } {
  const apex = parseName("routed.test.");
  const nameOf = (text: string): Name => parseName(text, apex);
  const soa = Uint8Array.of(...apex, ...apex, ...new Uint8Array(20));
  const address = (last: number): Uint8Array => Uint8Array.of(192, 0, 2, last);
  const a = TYPE.A;
  const alias = (target: string): RoutingNode => ({
    kind: "alias",
    target: { owner: nameOf(target), type: a },
    evaluateTargetHealth: true,
  });
  const records = (last: number): RoutingNode => ({
    kind: "records",
    ttl: 60,
    rdatas: [address(last)],
  });
  const branches = Array.from({ length: 20 }, (_, i) => ({
    label: String(i),
    node: records(100 + i),
  }));
  const rrsets: ImageRRset[] = [
    { owner: apex, type: TYPE.SOA, ttl: 900, rdatas: [soa] },
    { owner: apex, type: TYPE.NS, ttl: 900, rdatas: [nameOf("ns")] },
    routedSet(apex, a, alias("plain")),
    { owner: nameOf("plain"), type: a, ttl: 60, rdatas: [address(1), address(2)] },
    routedSet(nameOf("alias"), a, alias("weighted")),
    routedSet(nameOf("weighted"), a, {
      kind: "weighted",
      branches: [
        { label: "a", weight: 1, node: records(3) },
        { label: "b", weight: 3, node: alias("plain") },
        { label: "c", weight: 0, node: records(4) },
      ],
    }),
    routedSet(nameOf("multivalue"), a, { kind: "multivalue", limit: 8, branches }),
    routedSet(nameOf("*.wild"), a, alias("multivalue")),
    routedSet(nameOf("geo"), a, {
      kind: "geolocation",
      branches: [
        { label: "de", place: { country: "DE" }, node: alias("weighted") },
        { label: "all", place: "default", node: records(5) },
      ],
    }),
    routedSet(nameOf("near"), a, {
      kind: "latency",
      branches: [
        { label: "x", region: "x", latitude: 50, longitude: 8, node: records(6) },
        { label: "y", region: "y", latitude: -50, longitude: 8, node: records(7) },
      ],
    }),
  ];
  return { apex, rrsets };
}
