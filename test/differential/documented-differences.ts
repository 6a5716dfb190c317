import { parseName, isSubdomain, type Name } from "../../src/dns/wire/name.ts";
import type { Difference, Heard } from "./compare.ts";
import type { Query } from "./query.ts";
import { recordSeparator, type Response } from "./response.ts";

/** One field of one response that is not what most peers say. */
export type Disagreement = Difference & {
  readonly query: Query;
  readonly signpost: Heard;
  readonly peers: { readonly knot: Heard; readonly nsd: Heard; readonly bind: Heard };
  /** Apexes of all zones that are served. */
  readonly apexes: readonly Name[];
};

/** A choice of Signpost's in which it differs from most peers on purpose. */
export type DocumentedDifference = {
  readonly name: string;
  readonly reason: string;
  readonly covers: (found: Disagreement) => boolean;
};

/**
 * Every difference from the peers' majority that is meant. A difference that no entry covers fails
 * the test; the test prints how often each entry was used, and one that is never used should go.
 */
export const documentedDifferences: readonly DocumentedDifference[] = [
  {
    name: "chains go on in other zones served here",
    reason:
      "A CNAME or DNAME into another served zone is followed there, as NSD does and RFC 1034 " +
      "§4.3.2 step 3a asks for; Knot and BIND stop at the zone's border and leave the rest to " +
      "the resolver. The whole response is then the one NSD gives.",
    covers: (found) => leavesItsZone(found) && found.actual === found.peers.nsd?.[found.field],
  },
];

/** Whether the peers' majority answers with a chain that ends at a name of another served zone. */
function leavesItsZone({ query, peers, apexes }: Disagreement): boolean {
  const short = peers.knot?.answer === peers.bind?.answer ? peers.knot : undefined;
  if (!short) return false;
  const end = chainEnd(short);
  if (!end) return false;
  const from = zoneOf(query.name, apexes);
  const to = zoneOf(end, apexes);
  return to !== undefined && to !== from;
}

/** The target in an answer section that consists of CNAMEs and DNAMEs alone, and owns nothing. */
function chainEnd(response: Response): Name | undefined {
  const records = response.answer.split(recordSeparator).map((text) => text.split(" "));
  const owners = new Set(records.map(([owner]) => owner));
  const aliases = records.filter(([, , type]) => type === "CNAME");
  const ends = aliases.map((record) => record[3] as string).filter((name) => !owners.has(name));
  return ends.length === 1 ? parseName(ends[0] as string) : undefined;
}

function zoneOf(name: Name, apexes: readonly Name[]): Name | undefined {
  let best: Name | undefined;
  for (const apex of apexes) {
    if (isSubdomain(name, apex) && apex.length > (best?.length ?? 0)) best = apex;
  }
  return best;
}
