import type { Message, ResourceRecord } from "../../dns/wire/message.ts";
import { equalNames, isSubdomain } from "../../dns/wire/name.ts";
import type { Name } from "../../dns/wire/name.ts";
import { RCODE, TYPE, rcodeToText } from "../../dns/wire/registries.ts";
import { isName, readChain } from "./answer-chain.ts";
import type { AnswerChain } from "./answer-chain.ts";
import type { StoredAnswer } from "./answer-store.ts";
import type { CacheSettings } from "./cache-settings.ts";
import { isSoa, negativeTtl, ttlOf, withTtl } from "./records.ts";
import type { ServerQuestion } from "./server-answers.ts";

export type TidyAnswer = {
  answer: StoredAnswer;
  /** How long it may be kept; 0: not at all. */
  ttlSeconds: number;
  /** Why it is none. */
  problem?: string;
};

/** Types that prove a denial. */
const proofTypes = new Set<number>([TYPE.NSEC, TYPE.NSEC3, TYPE.RRSIG]);

/**
 * What of a server's response is worth giving on and keeping: the chain that begins with the
 * question's name, the SOA of a denial, the proof of either, or a referral; with TTLs within the
 * limits.
 */
export function tidyAnswer(
  message: Message,
  question: ServerQuestion,
  settings: CacheSettings,
): TidyAnswer {
  const { rcode } = message;
  const chain = readChain(message.answer, question.name, question.type);
  const empty = { rcode, answer: [], authority: [], additional: [], authentic: false };
  if (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN) {
    return { answer: empty, ttlSeconds: 0, problem: `the servers say ${rcodeToText(rcode)}` };
  }
  if (message.flags.tc === true) {
    return { answer: empty, ttlSeconds: 0, problem: "the response is not whole" };
  }
  if (chain.final.length > 0) return positive(message, chain, { question, settings });
  return negative(message, chain, { question, settings });
}

type Asked = { question: ServerQuestion; settings: CacheSettings };

function positive(message: Message, chain: AnswerChain, { question, settings }: Asked): TidyAnswer {
  const records = [...chain.links.flatMap((link) => link.records), ...chain.final];
  const proofs = question.dnssecOk ? message.authority.filter(isProof) : [];
  const limited = records.map((record) => limitTtl(record, settings));
  return {
    answer: {
      // What is there does exist: a chain's NXDOMAIN has no records at its end.
      ...{ rcode: RCODE.NOERROR, answer: limited, authority: proofs, additional: [] },
      authentic: message.flags.ad === true,
    },
    ttlSeconds: leastTtl(limited),
  };
}

/** A denial, a chain without an end, or a referral. */
function negative(message: Message, chain: AnswerChain, { question, settings }: Asked): TidyAnswer {
  const soa = message.authority.find((record) => isSoa(record) && isAbove(record, chain.end));
  const links = chain.links
    .flatMap((link) => link.records)
    .map((record) => limitTtl(record, settings));
  const denial = soa && limitNegative(soa, settings);
  const proofs = question.dnssecOk && soa ? message.authority.filter(isProof) : [];
  const referral = soa ? [] : referralOf(message, chain.end);
  const ttls = [...links, ...(denial ? [denial] : []), ...referral];
  return {
    answer: {
      ...{ rcode: message.rcode, answer: links },
      authority: [...(denial ? [denial] : []), ...proofs, ...referral],
      additional: referral.length > 0 ? message.additional.filter(isAddress) : [],
      authentic: message.flags.ad === true,
    },
    // Without an SOA nobody knows how long (RFC 2308 §5).
    ttlSeconds: denial || referral.length > 0 ? leastTtl(ttls) : 0,
  };
}

function isProof({ type }: ResourceRecord): boolean {
  return proofTypes.has(type);
}

function isAddress({ type, rdata }: ResourceRecord): boolean {
  return (type === TYPE.A && rdata.length === 4) || (type === TYPE.AAAA && rdata.length === 16);
}

function isAbove({ owner }: ResourceRecord, name: Name): boolean {
  return isSubdomain(name, owner);
}

/** Name servers that a response refers to: those of one zone at or above the name. */
export function referralOf({ rcode, authority }: Pick<Message, "rcode" | "authority">, name: Name) {
  if (rcode !== RCODE.NOERROR) return [];
  const first = authority.find(
    (record) => record.type === TYPE.NS && isName(record.rdata) && isAbove(record, name),
  );
  if (!first) return [];
  return authority.filter(
    ({ owner, type, rdata }) => type === TYPE.NS && isName(rdata) && equalNames(owner, first.owner),
  );
}

function limitTtl(record: ResourceRecord, settings: CacheSettings): ResourceRecord {
  const { ttlMinSeconds, ttlMaxSeconds } = settings;
  return withTtl(record, Math.max(ttlMinSeconds, Math.min(ttlOf(record), ttlMaxSeconds)));
}

function limitNegative(soa: ResourceRecord, settings: CacheSettings): ResourceRecord {
  const { ttlMinSeconds, negativeTtlMaxSeconds } = settings;
  const ttl = Math.min(negativeTtl(soa), negativeTtlMaxSeconds);
  return withTtl(soa, Math.max(ttlMinSeconds, ttl));
}

function leastTtl(records: readonly ResourceRecord[]): number {
  return records.reduce((least, { ttl }) => Math.min(least, ttl), Infinity);
}
