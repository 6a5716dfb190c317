import { seededRandom } from "../../src/base/random.ts";
import type { Heard } from "./compare.ts";
import { DnsClient } from "../support/dns-client.ts";
import { queriesFor } from "./query-corpus.ts";
import { ask, type Query } from "./query.ts";
import { completeResponse, readResponse } from "./response.ts";
import type { ZoneFile } from "./zone-files.ts";

const inFlightMax = 32;

/** All questions about all zones, the same for the same seed. */
export function corpus(zones: readonly ZoneFile[], seed: number): Query[] {
  const random = seededRandom(seed);
  return zones.flatMap((zone) => queriesFor(zone, random));
}

/** Asks one server one query. @returns the response's octets, if one came */
export type Ask = (query: Query) => Promise<Uint8Array | undefined>;

/**
 * Asks a server all queries, some at a time; where a response is truncated also over TCP.
 * @returns its responses in the queries' order
 */
export async function askAll(port: number, queries: readonly Query[]): Promise<Heard[]> {
  const client = await DnsClient.open({ port });
  try {
    return await hearAll((query) => ask(client, query), queries);
  } finally {
    client.close();
  }
}

/** The same of a server that is not behind a port. */
export async function hearAll(askOne: Ask, queries: readonly Query[]): Promise<Heard[]> {
  const heard: Heard[] = Array.from({ length: queries.length });
  let next = 0;
  async function work(): Promise<void> {
    while (next < queries.length) {
      const index = next++;
      heard[index] = await hear(askOne, queries[index] as Query);
    }
  }
  await Promise.all(Array.from({ length: inFlightMax }, work));
  return heard;
}

async function hear(askOne: Ask, query: Query): Promise<Heard> {
  const octets = await askOne(query);
  const response = octets && readResponse(octets);
  if (!response || response.tc === "false" || query.mode === "tcp") return response;
  const overTcp = await askOne({ ...query, mode: "tcp" });
  return overTcp && completeResponse(response, readResponse(overTcp));
}
