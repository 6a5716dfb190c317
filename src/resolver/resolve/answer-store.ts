import { staleTtlSeconds } from "../../base/limits.ts";
import { encodeMessage } from "../../dns/wire/encode-message.ts";
import { FLAG, decodeMessage } from "../../dns/wire/message.ts";
import type { ResourceRecord } from "../../dns/wire/message.ts";
import { nameKey } from "../../dns/wire/name-key.ts";
import { lowerName, parentOf } from "../../dns/wire/name.ts";
import type { Name } from "../../dns/wire/name.ts";
import { CLASS, OPCODE, RCODE, TYPE } from "../../dns/wire/registries.ts";
import { CACHE_VARIANT } from "../cache/answer-cache.ts";
import type { CacheEntry } from "../cache/answer-cache.ts";
import type { CachedAnswer } from "../cache/cache-lookup.ts";
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
    const known = this.#find(question);
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
    const response = encodeStored(question, answer);
    const isWhole = ((response[2] as number) & (FLAG.tc >> 8)) === 0;
    if (!isWhole) return;
    const storedAtSeconds = this.#nowSeconds();
    const expiresAtSeconds = storedAtSeconds + ttlSeconds;
    const { staleMaxSeconds, prefetch } = this.#settings;
    const isWorthwhile = prefetch && ttlSeconds >= prefetchTtlMinSeconds;
    this.#cache.put({
      key: keyOf(question),
      ...{ response, storedAtSeconds, expiresAtSeconds },
      staleUntilSeconds: expiresAtSeconds + staleMaxSeconds,
      prefetchAtSeconds: isWorthwhile ? expiresAtSeconds - ttlSeconds * lastPart : undefined,
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
      const known = this.#find({ ...question, name, type: wholeName });
      if (known && known.state !== "stale") return known;
    }
    return undefined;
  }

  #find(question: StoredQuestion): Known | undefined {
    const now = this.#nowSeconds();
    const cached = this.#cache.find(keyOf(question), now);
    if (!cached) return undefined;
    const { isFresh, expiresAtSeconds } = cached;
    const { rcode, answer, authority, additional, flags } = decodeMessage(cached.response);
    const lasting = (records: readonly ResourceRecord[]): ResourceRecord[] =>
      records.map((record) => (isFresh ? record : withTtl(record, staleTtlSeconds)));
    return {
      rcode,
      answer: lasting(answer),
      authority: lasting(authority),
      additional: lasting(additional),
      authentic: flags.ad === true,
      state: isFresh ? this.#ageOf(cached, now) : "stale",
      expiresAtSeconds,
    };
  }

  #ageOf({ storedAtSeconds, expiresAtSeconds }: CachedAnswer, now: number): "fresh" | "ageing" {
    const ttl = expiresAtSeconds - storedAtSeconds;
    if (!this.#settings.prefetch || ttl < prefetchTtlMinSeconds) return "fresh";
    return expiresAtSeconds - now <= ttl * lastPart ? "ageing" : "fresh";
  }
}

/** One text for each question, whatever the case of its name. */
export function questionKey(question: StoredQuestion): string {
  const { partition, name, type, dnssecOk, checkingDisabled } = question;
  return `${partition} ${type} ${dnssecOk} ${checkingDisabled} ${nameKey(name)}`;
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
    questions: [
      { name: lowerName(name), type: type === wholeName ? TYPE.ANY : type, class: CLASS.IN },
    ],
    ...{ answer: records, authority, additional },
  });
}
