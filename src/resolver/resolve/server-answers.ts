import {
  failureCountMax,
  failureSecondsMax,
  failureSecondsMin,
  serverQuestionCountMax,
  staleClientTimeoutMs,
} from "../../base/limits.ts";
import { lowerName } from "../../dns/wire/name.ts";
import { CLASS } from "../../dns/wire/registries.ts";
import { UpstreamError } from "../upstream/upstream.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { questionKey } from "./answer-store.ts";
import type { AnswerStore, Known, StoredAnswer, StoredQuestion } from "./answer-store.ts";
import type { CacheSettings } from "./cache-settings.ts";
import type { ResolverCounts } from "./resolver-counts.ts";
import type { Source } from "./resolver-plan.ts";
import { tidyAnswer } from "./tidy-answer.ts";
import type { Troubles } from "./troubles.ts";
import type { Work } from "./work.ts";

/** An answer of servers: fresh from them, from the cache, or an old one for want of a better. */
export type ServerAnswer = StoredAnswer & {
  isStale: boolean;
  /** The cache's clock; in the past where it may not be kept. */
  expiresAtSeconds: number;
};

/** There is none. `extendedError`: one of EXTENDED_ERROR. */
export type ServerFailure = { failure: string; extendedError: number };

/** INFO-CODEs of extended errors (RFC 8914 §4). */
export const EXTENDED_ERROR = {
  STALE_ANSWER: 3,
  CACHED_ERROR: 13,
  NOT_READY: 14,
  BLOCKED: 15,
  PROHIBITED: 18,
  STALE_NXDOMAIN_ANSWER: 19,
  NO_REACHABLE_AUTHORITY: 22,
  NETWORK_ERROR: 23,
  INVALID_DATA: 24,
} as const;

export type Timers = {
  /** Calls `f` once after so many milliseconds. @returns what keeps it from doing so */
  after(ms: number, f: () => void): () => void;
};

/** What a failing question is remembered by. */
type FailureNote = { count: number; untilSeconds: number };

/** The question without the partition's number. */
export type ServerQuestion = Omit<StoredQuestion, "partition">;

export function isFailure(result: ServerAnswer | ServerFailure): result is ServerFailure {
  return "failure" in result;
}

export type ServerAnswersOptions = {
  upstream: Upstream;
  store: AnswerStore;
  settings: CacheSettings;
  counts: ResolverCounts;
  timers: Timers;
  /** The cache's clock. */
  nowSeconds(): number;
  troubles: Troubles;
};

/**
 * Answers of servers by way of the cache: the same question is asked once at a time, one that fails
 * is left alone for a while, and an old answer is better than none (RFC 8767).
 */
export class ServerAnswers {
  readonly #options: ServerAnswersOptions;
  /** By question: what is under way. */
  readonly #asking = new Map<string, Promise<ServerAnswer | ServerFailure>>();
  readonly #failures = new Map<string, FailureNote>();

  constructor(options: ServerAnswersOptions) {
    this.#options = options;
  }

  /** Questions under way. */
  get askingCount(): number {
    return this.#asking.size;
  }

  async ask(
    source: Source,
    question: ServerQuestion,
    work: Work,
  ): Promise<ServerAnswer | ServerFailure> {
    const { store, counts } = this.#options;
    const known = store.get({ ...question, partition: source.partition });
    if (known && known.state !== "stale") {
      if (known.state === "fresh" || !work.isRefresh) {
        if (known.state === "ageing") this.#prefetch(source, question);
        counts.cacheHits++;
        return answerOf(known);
      }
    }
    const key = keyOf(source, question);
    if (this.#isFailing(key)) {
      return known ? this.#old(known) : failure("it failed a moment ago", "CACHED_ERROR");
    }
    if (!work.take()) return failure("too many questions for one query", "NO_REACHABLE_AUTHORITY");
    const asked = this.#askOnce(key, source, question);
    return known ? this.#notLongerThan(asked, known) : asked;
  }

  /** Asks early, so that the next client need not wait. */
  #prefetch(source: Source, question: ServerQuestion): void {
    const key = keyOf(source, question);
    if (this.#asking.has(key) || this.#isFailing(key)) return;
    this.#options.counts.prefetches++;
    void this.#askOnce(key, source, question);
  }

  /** The new answer if it comes soon, else the old one (RFC 8767 §5). */
  async #notLongerThan(
    asked: Promise<ServerAnswer | ServerFailure>,
    known: Known,
  ): Promise<ServerAnswer | ServerFailure> {
    let cancel = (): void => undefined;
    const late = new Promise<undefined>((resolve) => {
      cancel = this.#options.timers.after(staleClientTimeoutMs, () => resolve(undefined));
    });
    const result = await Promise.race([asked, late]);
    cancel();
    return result && !isFailure(result) ? result : this.#old(known);
  }

  #old(known: Known): ServerAnswer {
    if (known.state === "stale") this.#options.counts.staleAnswers++;
    return answerOf(known);
  }

  #askOnce(
    key: string,
    source: Source,
    question: ServerQuestion,
  ): Promise<ServerAnswer | ServerFailure> {
    const { counts } = this.#options;
    const underWay = this.#asking.get(key);
    if (underWay) {
      counts.coalesced++;
      return underWay;
    }
    if (this.#asking.size >= serverQuestionCountMax) {
      counts.overloaded++;
      return Promise.resolve(failure("too many questions are under way", "NOT_READY"));
    }
    const asked = this.#askServers(key, source, question).finally(() => this.#asking.delete(key));
    this.#asking.set(key, asked);
    return asked;
  }

  async #askServers(
    key: string,
    source: Source,
    question: ServerQuestion,
  ): Promise<ServerAnswer | ServerFailure> {
    const { upstream, counts, store, settings } = this.#options;
    const { name, type, dnssecOk, checkingDisabled } = question;
    const { targets, localAddresses, recursionDesired } = source;
    counts.serverQuestions++;
    try {
      const { message } = await upstream.ask({
        question: { name: lowerName(name), type, class: CLASS.IN },
        ...{ recursionDesired, dnssecOk, checkingDisabled, targets },
        ...(localAddresses.length === 0 ? {} : { sources: localAddresses }),
      });
      const { answer, ttlSeconds, problem } = tidyAnswer(message, question, settings);
      if (problem !== undefined) return this.#fail(key, problem, "INVALID_DATA");
      this.#failures.delete(key);
      store.put({ ...question, partition: source.partition }, answer, ttlSeconds);
      const expiresAtSeconds = this.#options.nowSeconds() + ttlSeconds;
      return { ...answer, isStale: false, expiresAtSeconds };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (!(error instanceof UpstreamError)) this.#options.troubles.bug("asking servers", error);
      return this.#fail(key, why, "NETWORK_ERROR");
    }
  }

  /** Remembers a failure, longer each time (RFC 9520 §3.2). */
  #fail(key: string, why: string, code: keyof typeof EXTENDED_ERROR): ServerFailure {
    this.#options.counts.serverFailures++;
    const count = (this.#failures.get(key)?.count ?? 0) + 1;
    const seconds = Math.min(failureSecondsMin * 2 ** (count - 1), failureSecondsMax);
    this.#failures.delete(key);
    this.#failures.set(key, { count, untilSeconds: this.#options.nowSeconds() + seconds });
    if (this.#failures.size > failureCountMax) {
      for (const oldest of this.#failures.keys()) {
        this.#failures.delete(oldest);
        break;
      }
    }
    return failure(why, code);
  }

  #isFailing(key: string): boolean {
    const note = this.#failures.get(key);
    return note !== undefined && this.#options.nowSeconds() < note.untilSeconds;
  }
}

function keyOf({ partition }: Source, question: ServerQuestion): string {
  return questionKey({ ...question, partition });
}

export function failure(why: string, code: keyof typeof EXTENDED_ERROR): ServerFailure {
  return { failure: why, extendedError: EXTENDED_ERROR[code] };
}

function answerOf(known: Known): ServerAnswer {
  const { state, ...rest } = known;
  return { ...rest, isStale: state === "stale" };
}
