import { seededRandom, type Random } from "../src/base/random.ts";
import { addressOf, benchOrigin, writeLines } from "./corpus.ts";

/** How large the zone is, and how many queries are asked in which order. */
export type AnswerCorpus = { readonly nameCount: number; readonly seed: number };

/** One name in so many is a wildcard, a delegation, a CNAME or a big set each. */
const namesPerSpecial = 100;
const bigSetAddressCount = 30;
const linesPerQueryFile = 200_000;
/** Sets that only Signpost has; made through its API. */
export const aliasCount = 1_000;

/** The kinds of answers that are measured one by one, and all of them mixed. */
export const answerKinds = [
  { name: "simple", help: "one address" },
  { name: "NXDOMAIN", help: "no such name" },
  { name: "wildcard", help: "one address, made from a wildcard" },
  { name: "delegation", help: "a referral with glue" },
  { name: "CNAME", help: "a CNAME and the address it leads to" },
  { name: "alias", help: "one address, of the name that an alias record leads to" },
  { name: "big", help: `${bigSetAddressCount} addresses in one datagram` },
  { name: "TCP", help: "one address, over connections that stay open" },
  {
    name: "mixed",
    help:
      "70 % one address, 12 % NXDOMAIN, 8 % no such type, 4 % wildcard, 3 % CNAME, 2 % " +
      "delegation, 1 % big, names by Zipf's law",
  },
] as const;
export type AnswerKindName = (typeof answerKinds)[number]["name"];

/** Writes a zone that has every kind of answer but aliases. */
export function writeAnswerZone(file: string, { nameCount }: AnswerCorpus): void {
  const soa = "@ SOA ns1 hostmaster 1 7200 900 1209600 300";
  const head = `$ORIGIN ${benchOrigin}\n$TTL 300\n${soa}\n@ NS ns1\nns1 A 192.0.2.53\n`;
  const specialCount = countOfSpecials(nameCount);
  writeLines(file, 1 + nameCount + specialCount, (line) => {
    if (line === 0) return head;
    if (line <= nameCount) return `h${line - 1} A ${addressOf(line - 1)}\n`;
    return specialsOf(line - 1 - nameCount);
  });
}

function countOfSpecials(nameCount: number): number {
  return Math.max(1, Math.floor(nameCount / namesPerSpecial));
}

function specialsOf(index: number): string {
  const big = Array.from({ length: bigSetAddressCount }, (_, i) => `b${index} A 10.9.8.${i}\n`);
  return [
    `*.w${index} A ${addressOf(index)}\n`,
    `d${index} NS ns1.d${index}\nd${index} NS ns2.d${index}\n`,
    `ns1.d${index} A ${addressOf(index)}\nns2.d${index} A ${addressOf(index + 1)}\n`,
    `c${index} CNAME h${index}\n`,
    ...big,
  ].join("");
}

/** Writes a file of queries for dnsperf. */
export function writeAnswerQueries(
  file: string,
  kind: AnswerKindName,
  { nameCount, seed }: AnswerCorpus,
): void {
  const random = seededRandom(seed);
  const draw = kind === "mixed" ? zipf(nameCount, random) : () => random.uint32() % nameCount;
  writeLines(file, linesPerQueryFile, () => {
    const drawn = kind === "mixed" ? mixedKind(random.uint32() % 100) : kind;
    return `${queryOf(drawn, draw(), nameCount)}\n`;
  });
}

function mixedKind(share: number): AnswerKindName | "NODATA" {
  if (share < 70) return "simple";
  if (share < 82) return "NXDOMAIN";
  if (share < 90) return "NODATA";
  if (share < 94) return "wildcard";
  if (share < 97) return "CNAME";
  return share < 99 ? "delegation" : "big";
}

function queryOf(kind: AnswerKindName | "NODATA", index: number, nameCount: number): string {
  const special = index % countOfSpecials(nameCount);
  const names = {
    ...{ simple: `h${index}`, TCP: `h${index}`, NODATA: `h${index}`, NXDOMAIN: `x${index}` },
    ...{ wildcard: `n${index}.w${special}`, delegation: `n${index}.d${special}` },
    ...{ CNAME: `c${special}`, big: `b${special}`, alias: `a${index % aliasCount}` },
    mixed: "",
  };
  return `${names[kind]}.${benchOrigin} ${kind === "NODATA" ? "AAAA" : "A"}`;
}

/** Draws ranks from 0, rank r in proportion to 1 ÷ (r + 1): what resolvers' queries look like. */
function zipf(count: number, random: Random): () => number {
  const sums = new Float64Array(count);
  let sum = 0;
  for (let rank = 0; rank < count; rank++) sums[rank] = sum += 1 / (rank + 1);
  return () => {
    const wanted = (random.uint32() / 2 ** 32) * sum;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] as number) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
