import {
  upstreamQuestionCountMax,
  upstreamTargetsPerQuestionMax,
  upstreamTimeoutMs,
  upstreamTryTimeoutMs,
} from "../../base/limits.ts";
import { systemRandom } from "../../base/random.ts";
import type { Random } from "../../base/random.ts";
import { RCODE } from "../../dns/wire/registries.ts";
import { askTarget } from "./ask-target.ts";
import type { TryTools } from "./ask-target.ts";
import { ConnectionPool } from "./connection-pool.ts";
import { createDo53 } from "./do53.ts";
import type { Exchange, Outcome } from "./exchange.ts";
import { connectionOpeners } from "./open-sockets.ts";
import { TargetTable } from "./target-health.ts";
import type { RankedTarget } from "./target-health.ts";
import { openSystemUdp } from "./udp-socket.ts";
import type { OpenUdp } from "./udp-socket.ts";
import { emptyCounts } from "./upstream-counts.ts";
import type { UpstreamCounts } from "./upstream-counts.ts";
import { UpstreamError } from "./upstream.ts";
import type { Upstream, UpstreamAnswer, UpstreamQuery } from "./upstream.ts";

/** All default to the system's, and to the limits. */
export type UpstreamOptions = {
  /** For ids and the case of letters: draws that nobody can foresee. */
  random?: Random;
  /** Monotonic milliseconds. */
  nowMs?(): number;
  openUdp?: OpenUdp;
  /** Certificates (PEM) of authorities trusted in place of the runtime's. */
  authorities?: readonly string[];
  timing?: Partial<UpstreamTiming>;
};

export type UpstreamTiming = {
  timeoutMs: number;
  tryTimeoutMs: number;
  resendMs: number;
  idleMs: number;
};

export type CountingUpstream = Upstream & {
  /** Read by metrics; never written by them. */
  readonly counts: UpstreamCounts;
};

export function createUpstream(options: UpstreamOptions = {}): CountingUpstream {
  const { random = systemRandom, nowMs = () => performance.now(), timing = {} } = options;
  const { authorities, openUdp = openSystemUdp } = options;
  const counts = emptyCounts();
  const open = connectionOpeners({ random, ...(authorities && { authorities }) });
  const pools = {
    tcp: new ConnectionPool(open.tcp, timing.idleMs),
    tls: new ConnectionPool(open.tls, timing.idleMs),
    https: new ConnectionPool(open.https, timing.idleMs),
  };
  const tcp: Exchange = (asking, done) => {
    counts.overTcp++;
    return pools.tcp.ask(asking, done);
  };
  const resend = timing.resendMs === undefined ? {} : { resendMs: timing.resendMs };
  const tools: TryTools = {
    exchanges: {
      Do53: createDo53({ openUdp, tcp, random, ...resend }),
      DoT: pools.tls.ask,
      DoH: pools.https.ask,
    },
    random,
    nowMs,
    timeoutMs: timing.tryTimeoutMs ?? upstreamTryTimeoutMs,
    counts,
    underWay: new Set(),
  };
  const asker = new Asker(tools, timing.timeoutMs ?? upstreamTimeoutMs);
  return {
    counts,
    ask: (query) => asker.ask(query),
    async close() {
      asker.close();
      for (const pool of Object.values(pools)) pool.close();
    },
  };
}

class Asker {
  readonly #tools: TryTools;
  readonly #timeoutMs: number;
  readonly #table = new TargetTable();
  readonly #questions = new Set<Question>();
  #isClosed = false;

  constructor(tools: TryTools, timeoutMs: number) {
    this.#tools = tools;
    this.#timeoutMs = timeoutMs;
  }

  async ask(query: UpstreamQuery): Promise<UpstreamAnswer> {
    const targets = query.targets.slice(0, upstreamTargetsPerQuestionMax);
    const failure = this.#isClosed ? "closed" : "busy";
    if (this.#isClosed || this.#questions.size >= upstreamQuestionCountMax) {
      throw new UpstreamError(targets.map((target) => ({ target, failure })));
    }
    const { ranked, beside } = this.#table.order(targets, this.#tools.nowMs());
    const question = new Question(query, this.#tools);
    this.#questions.add(question);
    try {
      return await question.ask({ ranked, beside, timeoutMs: this.#timeoutMs });
    } finally {
      this.#questions.delete(question);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const cancel of [...this.#tools.underWay]) cancel();
    for (const question of this.#questions) question.end("closed");
  }
}

type Asked = { ranked: RankedTarget[]; beside: RankedTarget | undefined; timeoutMs: number };

/** Codes that answer a question; with others another target may do better. */
const answeringRcodes: readonly number[] = [RCODE.NOERROR, RCODE.NXDOMAIN, RCODE.YXDOMAIN];

/**
 * One question on its way: its targets are asked one after the other, each when the one before has
 * failed or been silent for its usual time. Those that lose go on until their time is over, so that
 * their health is known.
 */
class Question {
  readonly #query: UpstreamQuery;
  readonly #tools: TryTools;
  readonly #startedAtMs: number;
  readonly #reasons: UpstreamError["reasons"][number][] = [];
  readonly #asking = new Set<RankedTarget>();
  #waiting: RankedTarget[] = [];
  #secondBest: UpstreamAnswer | undefined;
  #hedge: NodeJS.Timeout | undefined;
  #limit: NodeJS.Timeout | undefined;
  #resolve: (answer: UpstreamAnswer) => void = () => {};
  #reject: (error: UpstreamError) => void = () => {};
  #isOver = false;

  constructor(query: UpstreamQuery, tools: TryTools) {
    this.#query = query;
    this.#tools = tools;
    this.#startedAtMs = tools.nowMs();
  }

  ask({ ranked, beside, timeoutMs }: Asked): Promise<UpstreamAnswer> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#waiting = ranked.filter((each) => each !== beside);
      this.#limit = setTimeout(() => this.end("timeout"), timeoutMs);
      if (beside) this.#askOne(beside);
      this.#askNext();
    });
  }

  /** Ends it with what there is. */
  end(failure: "timeout" | "closed"): void {
    for (const { target } of this.#asking) this.#reasons.push({ target, failure });
    this.#asking.clear();
    this.#waiting = [];
    this.#giveUp();
  }

  #askNext(): void {
    clearTimeout(this.#hedge);
    const next = this.#waiting.shift();
    if (!next) {
      if (this.#asking.size === 0) this.#giveUp();
      return;
    }
    const delayMs = next.health.hedgeDelayMs();
    this.#askOne(next);
    this.#hedge = setTimeout(() => {
      next.health.letWait(this.#tools.nowMs());
      if (this.#waiting.length > 0) this.#tools.counts.hedges++;
      this.#askNext();
    }, delayMs);
  }

  #askOne(to: RankedTarget): void {
    this.#asking.add(to);
    askTarget(this.#query, { to, tools: this.#tools }, (outcome) => this.#take(outcome, to));
  }

  #take(outcome: Outcome, from: RankedTarget): void {
    if (this.#isOver || !this.#asking.delete(from)) return;
    const { target } = from;
    if ("failure" in outcome) {
      this.#reasons.push({ target, failure: outcome.failure });
      return this.#askNext();
    }
    const { message } = outcome;
    const tookMs = this.#tools.nowMs() - this.#startedAtMs;
    const answer = { message, target, tookMs };
    if (answeringRcodes.includes(message.rcode)) return this.#finish(() => this.#resolve(answer));
    this.#secondBest ??= answer;
    this.#askNext();
  }

  #giveUp(): void {
    const answer = this.#secondBest;
    if (answer) this.#finish(() => this.#resolve(answer));
    else this.#finish(() => this.#reject(new UpstreamError(this.#reasons)));
  }

  #finish(settle: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#hedge);
    clearTimeout(this.#limit);
    settle();
  }
}
