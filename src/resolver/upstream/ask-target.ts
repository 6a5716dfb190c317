import { isIP, isIPv6 } from "node:net";

import { upstreamTargetTryCountMax, upstreamTryCountMax } from "../../base/limits.ts";
import type { Random } from "../../base/random.ts";
import type { Message } from "../../dns/wire/message.ts";
import { equalNames } from "../../dns/wire/name.ts";
import { RCODE } from "../../dns/wire/registries.ts";
import { cleanResponse } from "./clean-response.ts";
import type { Cancel, Exchange, Outcome } from "./exchange.ts";
import type { RankedTarget } from "./target-health.ts";
import type { UpstreamCounts } from "./upstream-counts.ts";
import type { UpstreamFailure, UpstreamQuery, UpstreamTarget } from "./upstream.ts";
import { wireQueryOf } from "./wire-query.ts";
import type { WireQuery } from "./wire-query.ts";

export type TryTools = {
  exchanges: Readonly<Record<UpstreamTarget["protocol"], Exchange>>;
  random: Random;
  /** Monotonic. */
  nowMs(): number;
  timeoutMs: number;
  counts: UpstreamCounts;
  /** Tries under way, of all questions. */
  underWay: Set<Cancel>;
};

/** Asks one target, whose health hears of it; calls `done` once, later, unless cancelled. */
export function askTarget(
  query: UpstreamQuery,
  { to, tools }: { to: RankedTarget; tools: TryTools },
  done: (outcome: Outcome) => void,
): void {
  const isBusy =
    tools.underWay.size >= upstreamTryCountMax || to.health.tryCount >= upstreamTargetTryCountMax;
  const source = sourceFor(to.target, query.sources, tools.random);
  const hasWay = source !== "none" && isIP(to.target.address) !== 0;
  if (isBusy || !hasWay) {
    const refusal: UpstreamFailure = isBusy ? "busy" : "unreachable";
    tools.counts.failures[refusal]++;
    setImmediate(done, { failure: refusal });
    return;
  }
  new TargetTry({ query, to, tools, source, done }).start();
}

/** One of our addresses of the target's family; `undefined` where the system chooses. */
function sourceFor(
  { address }: UpstreamTarget,
  sources: readonly string[] | undefined,
  random: Random,
): string | "none" | undefined {
  if (!sources || sources.length === 0) return undefined;
  const fitting = sources.filter((source) => isIPv6(source) === isIPv6(address));
  return fitting[random.uint32() % Math.max(fitting.length, 1)] ?? "none";
}

type TryContext = {
  query: UpstreamQuery;
  to: RankedTarget;
  tools: TryTools;
  source: string | undefined;
  done: (outcome: Outcome) => void;
};

const notUnderstood: readonly number[] = [RCODE.FORMERR, RCODE.NOTIMP];

class TargetTry {
  readonly #context: TryContext;
  readonly #startedAtMs: number;
  #timer: NodeJS.Timeout | undefined;
  #cancelExchange: Cancel | undefined;
  #hasMismatched = false;

  constructor(context: TryContext) {
    this.#context = context;
    this.#startedAtMs = context.tools.nowMs();
  }

  start(): void {
    const { to, tools } = this.#context;
    tools.underWay.add(this.#cancel);
    to.health.tryCount++;
    tools.counts.queries[to.target.protocol]++;
    this.#timer = setTimeout(() => {
      this.#cancelExchange?.();
      this.#end({ failure: this.#hasMismatched ? "malformed" : "timeout" });
    }, tools.timeoutMs);
    this.#ask(!to.health.has("edns", this.#startedAtMs));
  }

  readonly #cancel = (): void => {
    this.#cancelExchange?.();
    this.#leave();
  };

  #leave(): void {
    const { to, tools } = this.#context;
    clearTimeout(this.#timer);
    if (tools.underWay.delete(this.#cancel)) to.health.tryCount--;
  }

  #ask(hasEdns: boolean): void {
    const { query, to, tools, source } = this.#context;
    const { target, health } = to;
    const isMixed = target.protocol === "Do53" && !health.has("case", this.#startedAtMs);
    const wire = wireQueryOf(query, { mixCase: isMixed ? tools.random : undefined, hasEdns });
    const onMismatch = (mismatch: keyof UpstreamCounts["mismatches"]): void => {
      tools.counts.mismatches[mismatch]++;
      this.#hasMismatched ||= mismatch !== "id" && mismatch !== "source";
    };
    const asking = { target, source, query: wire, onMismatch };
    this.#cancelExchange = tools.exchanges[target.protocol](asking, (outcome) => {
      if ("failure" in outcome) this.#end(outcome);
      else this.#judge(outcome.message, wire);
    });
  }

  #judge(message: Message, wire: WireQuery): void {
    const { to, tools } = this.#context;
    const isUnderstood = !notUnderstood.includes(message.rcode);
    // A server from before EDNS (RFC 6891 §7).
    if (!isUnderstood && wire.hasEdns) return this.#ask(false);
    const nowMs = tools.nowMs();
    if (isUnderstood && !wire.hasEdns) to.health.found("edns", nowMs);
    if (!keepsCase(message, wire)) to.health.found("case", nowMs);
    const cleaned = cleanResponse(message, wire);
    this.#end(cleaned ? { message: cleaned } : { failure: "malformed" });
  }

  #end(outcome: Outcome): void {
    const { to, tools, done } = this.#context;
    this.#leave();
    const nowMs = tools.nowMs();
    if ("message" in outcome) {
      tools.counts.answers++;
      to.health.answered(nowMs - this.#startedAtMs, nowMs);
    } else {
      tools.counts.failures[outcome.failure]++;
      if (outcome.failure !== "busy") to.health.failed(nowMs);
    }
    done(outcome);
  }
}

/** Only a response over TCP can have the question in another case and be taken. */
function keepsCase({ questions }: Message, { wireName }: WireQuery): boolean {
  const [echoed] = questions;
  if (!echoed || !equalNames(echoed.name, wireName)) return true;
  return echoed.name.every((octet, i) => octet === wireName[i]);
}
