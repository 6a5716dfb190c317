/**
 * Prints, as a JSON object, the octets of heap that the packet path takes for a query, by kind of
 * answer and for all kinds in turn. Run by src/dataplane/nameserver/no-allocation.test.ts with a young generation that is
 * never collected while it measures.
 */
import { TRANSPORT, processQuery } from "../../src/dataplane/nameserver/process-query.ts";
import type { QueryContext } from "../../src/dataplane/nameserver/query-context.ts";
import { heapPerQuery } from "./heap-per-query.ts";
import { mixedQueries, mixedZones } from "./mixed-zones.ts";
import { smallWorld } from "./small-world.ts";
import { NameServerUnderTest } from "./zone-under-test.ts";

const warmUpCount = 30_000;
const queryOffset = 1_000;
/** Queries stand this far apart when all of them are asked in turn. */
const queryRoom = 128;
const responseOffset = 131_072;

function serve(): NameServerUnderTest {
  const server = new NameServerUnderTest({ nsid: new TextEncoder().encode("probe") });
  server.context.locations = smallWorld();
  server.context.timeMinutes = 29_900_000;
  mixedZones().forEach((image, i) => server.zones.set(i + 1, image, i === 0 ? 1 : 0));
  return server;
}

/** Puts queries into the packet memory. @returns their sizes */
function place(context: QueryContext, queries: readonly Uint8Array[]): Int32Array {
  queries.forEach((query, i) => context.packet.set(query, queryOffset + i * queryRoom));
  return Int32Array.from(queries, (query) => query.length);
}

function run(context: QueryContext, sizes: Int32Array, count: number): void {
  for (let i = 0; i < count; i++) {
    const transport = i % 8 === 0 ? TRANSPORT.TCP : TRANSPORT.UDP;
    const which = i % sizes.length;
    const offset = queryOffset + which * queryRoom;
    processQuery(context, offset, sizes[which] as number, responseOffset, transport);
  }
}

function octetsPerQuery(context: QueryContext, queries: readonly Uint8Array[]): number {
  const sizes = place(context, queries);
  return heapPerQuery((count) => run(context, sizes, count));
}

const { context } = serve();
const cases = [
  ...Object.entries(mixedQueries).map(([kind, query]) => [kind, [query]] as const),
  ["all kinds in turn", Object.values(mixedQueries)] as const,
];
for (const [, queries] of cases) run(context, place(context, queries), warmUpCount);
const octets = cases.map(([kind, queries]) => [kind, octetsPerQuery(context, queries)] as const);
console.log(JSON.stringify(Object.fromEntries(octets)));
