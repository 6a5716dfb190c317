import { resolutionCountMax } from "../../base/limits.ts";
import type { IpAddress } from "../../base/ip.ts";
import type { Message, Question } from "../../dns/wire/message.ts";
import { CLASS, RCODE, TYPE } from "../../dns/wire/registries.ts";
import { questionKey } from "./answer-store.ts";
import type { AnswerStore, StoredQuestion } from "./answer-store.ts";
import { readClientQuery, transferTypes } from "./client-query.ts";
import { replyTo } from "./client-reply.ts";
import { reverseAlias, synthesize, wantsSynthesis } from "./dns64.ts";
import { FirewallDesk } from "./firewall-desk.ts";
import { emptyStep, servfail } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import type { Asked, Resolution } from "./resolution.ts";
import type { ResolverCounts } from "./resolver-counts.ts";
import { subnetOptionOf } from "./subnet-option.ts";
import type { Troubles } from "./troubles.ts";
import type { View } from "./view.ts";
import { Work } from "./work.ts";

export type Transport = "UDP" | "TCP" | "TLS" | "HTTPS";

/** Who asks, and how. */
export type Client = {
  /** Of the client's VPC; undefined: of none that is known. */
  view: View | undefined;
  address: IpAddress;
  port: number;
  transport: Transport;
  /** Nobody waits for the answer: what is about to expire is fetched again. */
  isPrefetch?: boolean;
  /** The inbound endpoint that was asked. */
  endpointId?: string | undefined;
};

/** One answered query, for the VPC's query log. */
export type AnsweredQuery = { client: Client; view: View; question: Question; outcome: Outcome };

export type QueryHandlerOptions = {
  resolution: Resolution;
  /** Whole answers, by view. */
  store: AnswerStore;
  counts: ResolverCounts;
  troubles: Troubles;
  udpPayloadSizeMax: number;
  nowSeconds(): number;
  onAnswered(query: AnsweredQuery): void;
};

const metaTypes = new Set<number>([TYPE.MAILA, TYPE.MAILB]);

/** Answers messages of clients. */
export class QueryHandler {
  readonly #options: QueryHandlerOptions;
  readonly #firewall: FirewallDesk;
  /** Answers that are being fetched before they expire. */
  readonly #refreshing = new Set<string>();
  #openCount = 0;

  constructor(options: QueryHandlerOptions) {
    this.#options = options;
    this.#firewall = new FirewallDesk(options);
  }

  /** Queries being resolved. */
  get openCount(): number {
    return this.#openCount;
  }

  /** The response to a message, of its own memory; undefined: there is none. Never rejects. */
  async handle(octets: Uint8Array, client: Client): Promise<Uint8Array | undefined> {
    const { counts } = this.#options;
    counts.queries++;
    const query = readClientQuery(octets);
    if (query instanceof Uint8Array) return query;
    if (!query) {
      counts.dropped++;
      return undefined;
    }
    if (this.#openCount >= resolutionCountMax) {
      counts.overloaded++;
      return this.#reply(query, servfail(), client);
    }
    this.#openCount++;
    try {
      return this.#reply(query, await this.#answer(query, client), client);
    } catch (error) {
      this.#options.troubles.bug("answering a query", error);
      return this.#reply(query, servfail(), client);
    } finally {
      this.#openCount--;
    }
  }

  #reply(query: Message, outcome: Outcome, client: Client): Uint8Array {
    const { counts, udpPayloadSizeMax } = this.#options;
    const wantsAuthentic = query.flags.ad === true || query.edns?.dnssecOk === true;
    const { octets, isTruncated } = replyTo(query, outcome, {
      udpPayloadSizeMax: client.transport === "UDP" ? udpPayloadSizeMax : undefined,
      authentic: outcome.authentic && wantsAuthentic && !client.view?.settings.validates,
      recursionAvailable: client.view !== undefined,
    });
    if (isTruncated) counts.truncated++;
    if (outcome.rcode === RCODE.REFUSED) counts.refused++;
    if (outcome.rcode === RCODE.SERVFAIL) counts.failed++;
    return octets;
  }

  async #answer(query: Message, client: Client): Promise<Outcome> {
    const question = query.questions[0] as Question;
    const { view } = client;
    const option = subnetOptionOf(query);
    const subnet = option === "malformed" ? undefined : option;
    const refuse = (rcode: number): Outcome => ({ ...emptyStep(rcode), subnet });
    if (query.edns && query.edns.version > 0) return refuse(RCODE.BADVERS); // RFC 6891 §6.1.3
    if (!view || question.class !== CLASS.IN) return refuse(RCODE.REFUSED);
    if (transferTypes.has(question.type)) return refuse(RCODE.REFUSED);
    if (metaTypes.has(question.type)) return refuse(RCODE.NOTIMP);
    const mayAsk = query.flags.rd === true;
    const { nowSeconds } = this.#options;
    const isRefresh = client.isPrefetch ?? false;
    const work = new Work({ isRefresh, mayAsk, nowSeconds });
    const asked: Asked = {
      ...{ view, work, name: question.name, type: question.type },
      dnssecOk: query.edns?.dnssecOk ?? false,
      checkingDisabled: query.flags.cd ?? false,
      asker: { address: client.address, subnet },
    };
    const { outcome, isNew } = await this.#decide(asked);
    // Nobody was to be asked: recursion was not desired.
    if (!mayAsk && outcome.rcode === RCODE.SERVFAIL) return emptyStep(RCODE.REFUSED);
    if (isNew && !isRefresh) this.#options.onAnswered({ client, view, question, outcome });
    return outcome;
  }

  /** @returns the answer, and whether it is news: not one out of the cache */
  async #decide(asked: Asked): Promise<{ outcome: Outcome; isNew: boolean }> {
    const verdict = this.#firewall.judge(asked);
    if ("outcome" in verdict) return { outcome: verdict.outcome, isNew: true };
    if (verdict.block) {
      const outcome = await this.#firewall.blocked(asked, verdict.block, this.#options.resolution);
      return { outcome, isNew: true };
    }
    const kept = verdict.match || asked.work.isRefresh ? undefined : this.#kept(asked);
    if (kept) return { outcome: kept, isNew: false };
    const resolved = await this.#resolve(asked, verdict.judgeTarget);
    const block = verdict.blockOfTarget();
    const outcome = block
      ? await this.#firewall.blocked(asked, block, this.#options.resolution)
      : { ...resolved, firewall: verdict.firstMatch() };
    if (!outcome.firewall) this.#keep(asked, outcome);
    // Zones are not the cache: what they answer is logged each time.
    const isNew = asked.work.hasAsked || outcome.expiresAtSeconds === 0 || !!outcome.firewall;
    return { outcome, isNew };
  }

  async #resolve(asked: Asked, judgeTarget: Parameters<Resolution["resolve"]>[1]) {
    const { resolution } = this.#options;
    const { view, type, dnssecOk, checkingDisabled, name } = asked;
    if (!view.settings.dns64) return resolution.resolve(asked, judgeTarget);
    const alias = type === TYPE.PTR ? reverseAlias(name) : undefined;
    if (alias) {
      const rest = await resolution.resolve({ ...asked, name: alias.rdata }, judgeTarget);
      return { ...rest, answer: [alias, ...rest.answer], authentic: false };
    }
    const outcome = await resolution.resolve(asked, judgeTarget);
    // Whoever checks signatures makes its own addresses (RFC 6147 §5.5).
    const isOwnBusiness = dnssecOk && checkingDisabled;
    if (type !== TYPE.AAAA || isOwnBusiness || !wantsSynthesis(outcome)) return outcome;
    const ipv4 = await resolution.resolve({ ...asked, type: TYPE.A }, judgeTarget);
    return synthesize(outcome, ipv4) ?? outcome;
  }

  /** A whole answer out of the cache. */
  #kept(asked: Asked): Outcome | undefined {
    const { store, counts, resolution } = this.#options;
    // Kept before there was such a zone.
    if (resolution.isPublicHere(asked.name)) return undefined;
    const question = this.#keyOf(asked);
    const known = store.get(question);
    if (!known || known.state === "stale") return undefined;
    counts.cacheHits++;
    if (known.state === "ageing") void this.#refresh(asked, question);
    const { rcode, answer, authority, authentic, expiresAtSeconds } = known;
    return { rcode, answer, authority, authentic, expiresAtSeconds };
  }

  /** Fetches an answer again that is about to expire. */
  async #refresh(asked: Asked, question: StoredQuestion): Promise<void> {
    const { nowSeconds, counts, troubles } = this.#options;
    const key = questionKey(question);
    if (this.#refreshing.has(key) || this.#refreshing.size >= resolutionCountMax) return;
    this.#refreshing.add(key);
    counts.prefetches++;
    try {
      await this.#decide({ ...asked, work: new Work({ isRefresh: true, nowSeconds }) });
    } catch (error) {
      troubles.bug("fetching an answer early", error);
    } finally {
      this.#refreshing.delete(key);
    }
  }

  #keep(asked: Asked, outcome: Outcome): void {
    const { rcode, answer, authority, authentic, expiresAtSeconds } = outcome;
    if (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN) return;
    if (!Number.isFinite(expiresAtSeconds)) return;
    const ttlSeconds = expiresAtSeconds - this.#options.nowSeconds();
    const kept = { rcode, answer, authority, additional: [], authentic };
    this.#options.store.put(this.#keyOf(asked), kept, ttlSeconds);
  }

  #keyOf({ view, name, type, dnssecOk, checkingDisabled }: Asked): StoredQuestion {
    return { partition: view.settings.partition, name, type, dnssecOk, checkingDisabled };
  }
}
