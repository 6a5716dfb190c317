import { nameSizeMax } from "../../src/base/limits.ts";
import { isSubdomain, parseName, type Name } from "../../src/dns/wire/name.ts";
import { RCODE, TYPE } from "../../src/dns/wire/registries.ts";
import type { Difference, Heard } from "./compare.ts";
import { describeQuery, type Query } from "./query.ts";
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
 * the test, and so does an entry that is never used; the test prints how often each was.
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
  {
    name: "TC says whether this message fits",
    reason:
      "Servers compress names differently, so that near the limit the same records fit in one " +
      "server's message and not in another's. Signpost truncates when, and only when, its own " +
      "whole response, glue at or below the cut included (RFC 9471 §3.1), is over the limit. The " +
      "records themselves are compared all the same, as they come over TCP.",
    covers: (found) => found.field === "tc" && isOverLimit(found) === (found.actual === "true"),
  },
  {
    name: "no additional addresses in answers",
    reason:
      "Minimal responses: an answer's additional section is empty. The peers add the addresses " +
      "of a zone's own servers when they are asked for its NS.",
    covers: (found) =>
      found.field === "additional" &&
      found.actual === "" &&
      found.signpost?.aa === "true" &&
      found.signpost.answer !== "",
  },
  {
    name: "NSEC is a type like any other",
    reason:
      "Knot and BIND do not follow a CNAME for a query of type NSEC, which in signed zones stands " +
      "beside it. Signpost's zones are not signed; it follows, as NSD does.",
    covers: (found) =>
      found.query.type === TYPE.NSEC && found.actual === found.peers.nsd?.[found.field],
  },
  {
    name: "no glue made from wildcards",
    reason:
      "A name server of a referral whose name only a wildcard covers, outside of the cut, gets no " +
      "address in the additional section, as in BIND: that address is not needed to follow the " +
      "referral.",
    covers: (found) =>
      found.field === "additional" &&
      found.signpost?.aa === "false" &&
      missingOwners(found).every((owner) => serversFromWildcards.has(owner)),
  },
  {
    name: "a chain goes on in the closest zone",
    reason:
      "A CNAME's target may lie in a served zone below the one that holds the CNAME, without a " +
      "delegation between them. RFC 1034 §4.3.2 step 3a goes back to step 1, which takes the " +
      "closest zone. Knot answers from the upper zone, BIND stops, and NSD mixes the two.",
    covers: (found) =>
      endsInZoneBelow(found) &&
      found.actual ===
        (found.field === "rcode" ? String(RCODE.NXDOMAIN) : found.peers.nsd?.[found.field]),
  },
  {
    name: "DNAME chains are followed until the name is too long",
    reason:
      "A DNAME that leads below itself makes names longer until one is over 255 octets: YXDOMAIN " +
      "(RFC 6672 §2.2), as in BIND where that stays within its limit of steps. Knot and NSD give " +
      "up earlier, with NOERROR.",
    covers: (found) =>
      found.field === "rcode" &&
      found.actual === String(RCODE.YXDOMAIN) &&
      endIsTooLong(found.signpost),
  },
];

/** The servers of delegations that a wildcard of the zone covers, in wild-cut.test and glue.test. */
const serversFromWildcards = new Set(["gone.wildns.wild-cut.test.", "any.w.glue.test."]);

/** Owners of the records that Signpost has not; one it has and the majority has not is `+owner`. */
function missingOwners({ expected, actual }: Disagreement): string[] {
  const wanted = new Set(expected.split(recordSeparator).filter((text) => text !== ""));
  const given = new Set(actual.split(recordSeparator).filter((text) => text !== ""));
  const ownerOf = (text: string): string => text.slice(0, text.indexOf(" "));
  return [
    ...[...wanted].filter((text) => !given.has(text)).map(ownerOf),
    ...[...given].filter((text) => !wanted.has(text)).map((text) => `+${ownerOf(text)}`),
  ];
}

const udpSizeLimits = { plain: 512, edns: 1_232, "dnssec-ok": 1_232, tcp: 65_535 };
const optSize = 11;

/** Whether Signpost's whole response is larger than the client takes. */
function isOverLimit({ query, signpost }: Disagreement): boolean {
  // A response that was truncated has the size of the one over TCP, which has no OPT record.
  const truncated = signpost?.tc === "true";
  const opt = truncated && query.mode !== "plain" ? optSize : 0;
  return (signpost?.size ?? 0) + opt > udpSizeLimits[query.mode];
}

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

/** Whether Signpost's chain ends at a name of a served zone below the zone that was asked. */
function endsInZoneBelow({ query, signpost, apexes }: Disagreement): boolean {
  const end = signpost && chainEnd(signpost);
  const from = zoneOf(query.name, apexes);
  const to = end && zoneOf(end, apexes);
  return to !== undefined && from !== undefined && to !== from && isSubdomain(to, from);
}

/** Whether one more DNAME of the answer would make the chain's last target too long. */
function endIsTooLong(response: Heard): boolean {
  const end = response && chainEnd(response);
  if (!end) return false;
  const records = response.answer.split(recordSeparator).map((text) => text.split(" "));
  return records.some(([owner = "", , type, target = ""]) => {
    if (type !== "DNAME") return false;
    const from = parseName(owner);
    return isSubdomain(end, from) && end.length - from.length + target.length / 2 > nameSizeMax;
  });
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

/** The entry that covers a disagreement. */
export function documented(found: Disagreement): DocumentedDifference | undefined {
  return documentedDifferences.find((entry) => entry.covers(found));
}

/** What each server says, in a few lines. */
export function describeDisagreement({ query, field, actual, peers }: Disagreement): string {
  const heard = Object.entries(peers).map(([peer, response]) => [peer, response?.[field] ?? "?"]);
  const lines = [["signpost", actual], ...heard].map(([server = "", value = ""]) => {
    const text = value === "" ? "(empty)" : value.replaceAll(recordSeparator, " | ");
    return `  ${server.padEnd(8)} ${text.slice(0, 700)}`;
  });
  return [`${describeQuery(query)}: ${field}`, ...lines].join("\n");
}
