import { seededRandom } from "../../src/base/random.ts";
import type { Heard } from "./compare.ts";
import { DnsClient } from "./dns-client.ts";
import { queriesFor } from "./query-corpus.ts";
import { ask, type Query } from "./query.ts";
import { readResponse } from "./response.ts";
import type { ZoneFile } from "./zone-files.ts";

const inFlightMax = 32;

/** All questions about all zones, the same for the same seed. */
export function corpus(zones: readonly ZoneFile[], seed: number): Query[] {
  const random = seededRandom(seed);
  return zones.flatMap((zone) => queriesFor(zone, random));
}

/** Asks one server all queries, some at a time. @returns its responses in the queries' order */
export async function askAll(port: number, queries: readonly Query[]): Promise<Heard[]> {
  const client = await DnsClient.open({ port });
  const heard: Heard[] = Array.from({ length: queries.length });
  let next = 0;
  async function work(): Promise<void> {
    while (next < queries.length) {
      const index = next++;
      const response = await ask(client, queries[index] as Query);
      heard[index] = response && readResponse(response);
    }
  }
  try {
    await Promise.all(Array.from({ length: inFlightMax }, work));
  } finally {
    client.close();
  }
  return heard;
}
