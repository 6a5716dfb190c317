import { staleTtlSeconds } from "../../base/limits.ts";
import { encodeMessage } from "../../dns/wire/encode-message.ts";
import { decodeMessage } from "../../dns/wire/message.ts";
import type { ResourceRecord } from "../../dns/wire/message.ts";
import { lowerName, parentOf } from "../../dns/wire/name.ts";
import type { Name } from "../../dns/wire/name.ts";
import { CLASS, OPCODE, RCODE, TYPE } from "../../dns/wire/registries.ts";
import { CACHE_VARIANT } from "../cache/answer-cache.ts";
import type { CacheEntry } from "../cache/answer-cache.ts";
import type { CacheSettings } from "./cache-settings.ts";
import type { EntryCache } from "./entry-cache.ts";
import { withTtl } from "./records.ts";

/** What a question to servers is known by. */
export type StoredQuestion = {
  partition: number;
  name: Name;
  type: number;
  dnssecOk: boolean;
  checkingDisabled: boolean;
};

/** What a server said, or what was made of it, without the header's and EDNS's business. */
export type StoredAnswer = {
  rcode: number;
  answer: ResourceRecord[];
  authority: ResourceRecord[];
  additional: ResourceRecord[];
  /** AD: a resolver has checked the signatures. */
  authentic: boolean;
};

export type Known = StoredAnswer & {
  /** `ageing`: in the last tenth of its time. */
  state: "fresh" | "ageing" | "stale";
  expiresAtSeconds: number;
};

/** Key type of "there is no such name, and none below it". */
const wholeName = 0;
/** Shorter times have no last tenth that is worth a question. */
const prefetchTtlMinSeconds = 10;
const lastPart = 0.1;

/** Answers in the cache: their time, and what of it has gone by. */
export class AnswerStore {
  readonly #cache: EntryCache;
  readonly #settings: CacheSettings;
  readonly #nowSeconds: () => number;

  /** @param options `nowSeconds`: the cache's clock, monotonic */
  constructor(options: { cache: EntryCache; settings: CacheSettings; nowSeconds(): number }) {
    this.#cache = options.cache;
    this.#settings = options.settings;
    this.#nowSeconds = options.nowSeconds;
  }

  get(question: StoredQuestion): Known | undefined {
    const entry = this.#cache.get(keyOf(question));
    const known = entry && this.#known(entry);
    return known?.state === "stale" || !known ? (this.#denied(question) ?? known) : known;
  }

  /**
   * Keeps an answer, and where it says that a name does not exist, that as well.
   * @param ttlSeconds how long it is fresh; 0: it is not kept
   */
  put(question: StoredQuestion, answer: StoredAnswer, ttlSeconds: number): void {
    if (ttlSeconds <= 0) return;
    this.#put(question, answer, ttlSeconds);
    const isDenial = answer.rcode === RCODE.NXDOMAIN && answer.answer.length === 0;
    if (isDenial && this.#settings.nxdomainCut) {
      this.#put({ ...question, type: wholeName }, answer, ttlSeconds);
    }
  }

  #put(question: StoredQuestion, answer: StoredAnswer, ttlSeconds: number): void {
    const storedAtSeconds = this.#nowSeconds();
    const expiresAtSeconds = storedAtSeconds + ttlSeconds;
    const { staleMaxSeconds } = this.#settings;
    this.#cache.put({
      key: keyOf(question),
      response: encodeStored(question, answer),
      ...{ storedAtSeconds, expiresAtSeconds },
      staleUntilSeconds: expiresAtSeconds + staleMaxSeconds,
    });
  }

  /**
   * A name above that does not exist, in the same partition alone: what other servers say of it is
   * nothing to these (RFC 8020). Clients that check for themselves need the proof of their own name.
   */
  #denied(question: StoredQuestion): Known | undefined {
    if (!this.#settings.nxdomainCut || question.dnssecOk) return undefined;
    let name: Name | undefined = question.name;
    for (; name && name.length > 1; name = parentOf(name)) {
      const entry = this.#cache.get(keyOf({ ...question, name, type: wholeName }));
      const known = entry && this.#known(entry);
      if (known && known.state !== "stale") return known;
    }
    return undefined;
  }

  #known(entry: CacheEntry): Known | undefined {
    const now = this.#nowSeconds();
    const { storedAtSeconds, expiresAtSeconds, staleUntilSeconds } = entry;
    const isStale = now >= expiresAtSeconds;
    if (isStale && now >= staleUntilSeconds) return undefined;
    const { rcode, answer, authority, additional, flags } = decodeMessage(entry.response);
    const age = Math.floor(now - storedAtSeconds);
    const aged = (record: ResourceRecord): ResourceRecord =>
      withTtl(record, isStale ? staleTtlSeconds : Math.max(0, record.ttl - age));
    return {
      rcode,
      answer: answer.map(aged),
      authority: authority.map(aged),
      additional: additional.map(aged),
      authentic: flags.ad === true,
      state: isStale ? "stale" : this.#ageOf(entry, now),
      expiresAtSeconds,
    };
  }

  #ageOf({ storedAtSeconds, expiresAtSeconds }: CacheEntry, now: number): "fresh" | "ageing" {
    const ttl = expiresAtSeconds - storedAtSeconds;
    if (!this.#settings.prefetch || ttl < prefetchTtlMinSeconds) return "fresh";
    return expiresAtSeconds - now <= ttl * lastPart ? "ageing" : "fresh";
  }
}

function keyOf(question: StoredQuestion): CacheEntry["key"] {
  const { partition, name, type, dnssecOk, checkingDisabled } = question;
  const variant =
    (dnssecOk ? CACHE_VARIANT.DNSSEC_OK : 0) |
    (checkingDisabled ? CACHE_VARIANT.CHECKING_DISABLED : 0);
  return { partition, name: lowerName(name), type, variant };
}

function encodeStored({ name, type }: StoredQuestion, answer: StoredAnswer): Uint8Array {
  const { rcode, answer: records, authority, additional, authentic } = answer;
  return encodeMessage({
    ...{ id: 0, opcode: OPCODE.QUERY, rcode },
    flags: { qr: true, ra: true, ad: authentic },
    questions: [{ name: lowerName(name), type: type === wholeName ? TYPE.ANY : type, class: CLASS.IN }],
    ...{ answer: records, authority, additional },
  });
}
