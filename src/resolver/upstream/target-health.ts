import {
  upstreamHedgeMaxMs,
  upstreamHedgeMinMs,
  upstreamMeasureAgeMs,
  upstreamProbeMaxMs,
  upstreamProbeMinMs,
  upstreamQuirkMs,
  upstreamRemeasureMs,
  upstreamTargetCountMax,
} from "../../base/limits.ts";
import type { UpstreamTarget } from "./upstream.ts";

/** What tells targets apart. */
export function targetKey(target: UpstreamTarget): string {
  const { protocol, address, port, serverName = "", path = "" } = target;
  return `${protocol} ${address} ${port} ${serverName} ${path}`;
}

/** The smoothing of RFC 6298 §2. */
const meanShare = 1 / 8;
const deviationShare = 1 / 4;

/** What a server has been found not to do. */
export type Quirk = "case" | "edns";

/** How a target has answered so far. All times are monotonic milliseconds. */
export class TargetHealth {
  /** Tries under way. */
  tryCount = 0;
  /** Tries that ended without a response since the last response. */
  failureCount = 0;
  /** Whether it let us wait or failed since the last response. */
  isSilent = false;
  #meanMs: number | undefined;
  #deviationMs = 0;
  #answeredAtMs = -Infinity;
  #askBesideAtMs: number;
  readonly #quirkUntilMs: Record<Quirk, number> = { case: -Infinity, edns: -Infinity };

  constructor(nowMs: number) {
    this.#askBesideAtMs = nowMs + upstreamRemeasureMs;
  }

  /** Its usual time; `undefined` before the first response. */
  get smoothedMs(): number | undefined {
    return this.#meanMs;
  }

  answered(tookMs: number, nowMs: number): void {
    this.failureCount = 0;
    this.isSilent = false;
    this.#askBesideAtMs = nowMs + upstreamRemeasureMs;
    const isOld = nowMs - this.#answeredAtMs >= upstreamMeasureAgeMs;
    this.#answeredAtMs = nowMs;
    if (this.#meanMs === undefined || isOld) {
      this.#meanMs = tookMs;
      this.#deviationMs = tookMs / 2;
      return;
    }
    const difference = tookMs - this.#meanMs;
    this.#meanMs += meanShare * difference;
    this.#deviationMs += deviationShare * (Math.abs(difference) - this.#deviationMs);
  }

  /** It has not answered in its usual time: others go first until it does. */
  letWait(nowMs: number): void {
    if (this.isSilent) return;
    this.isSilent = true;
    this.#askBesideAtMs = nowMs + upstreamProbeMinMs;
  }

  failed(nowMs: number): void {
    this.isSilent = true;
    this.failureCount++;
    this.#askBesideAtMs = nowMs + this.#probeDelayMs();
  }

  #probeDelayMs(): number {
    const doublings = Math.min(Math.max(this.failureCount - 1, 0), 16);
    return Math.min(upstreamProbeMinMs * 2 ** doublings, upstreamProbeMaxMs);
  }

  /** How long it may be silent before the next target is asked. */
  hedgeDelayMs(): number {
    if (this.isSilent) return upstreamHedgeMinMs;
    if (this.#meanMs === undefined) return upstreamHedgeMaxMs;
    const usual = this.#meanMs + 4 * this.#deviationMs;
    return Math.min(Math.max(usual, upstreamHedgeMinMs), upstreamHedgeMaxMs);
  }

  /** Whether it is time to ask it beside another; it is not for some time after `true`. */
  takeAskBeside(nowMs: number): boolean {
    if (nowMs < this.#askBesideAtMs) return false;
    this.#askBesideAtMs = nowMs + (this.isSilent ? this.#probeDelayMs() : upstreamRemeasureMs);
    return true;
  }

  has(quirk: Quirk, nowMs: number): boolean {
    return nowMs < this.#quirkUntilMs[quirk];
  }

  found(quirk: Quirk, nowMs: number): void {
    this.#quirkUntilMs[quirk] = nowMs + upstreamQuirkMs;
  }
}

export type RankedTarget = { target: UpstreamTarget; health: TargetHealth };

/** The order in which a question's targets are asked. */
export type TargetOrder = {
  ranked: RankedTarget[];
  /** One of them that is asked at once beside the first, to learn how it is. */
  beside: RankedTarget | undefined;
};

/** The health of all targets asked of late. */
export class TargetTable {
  readonly #byKey = new Map<string, TargetHealth>();

  get size(): number {
    return this.#byKey.size;
  }

  order(targets: readonly UpstreamTarget[], nowMs: number): TargetOrder {
    const byKey = new Map(targets.map((target) => [targetKey(target), target]));
    const ranked = [...byKey]
      .map(([key, target]) => ({ target, health: this.#healthAt(key, nowMs) }))
      .toSorted((a, b) => rankOf(a.health) - rankOf(b.health));
    const beside = ranked.slice(1).find(({ health }) => health.takeAskBeside(nowMs));
    return { ranked, beside };
  }

  #healthAt(key: string, nowMs: number): TargetHealth {
    const health = this.#byKey.get(key) ?? new TargetHealth(nowMs);
    // Put in again, it is the last to be forgotten.
    this.#byKey.delete(key);
    this.#byKey.set(key, health);
    if (this.#byKey.size > upstreamTargetCountMax) {
      for (const oldest of this.#byKey.keys()) {
        this.#byKey.delete(oldest);
        break;
      }
    }
    return health;
  }
}

/** Above any time that a rank is made of. */
const silentRank = 1e6;

/** The fastest first; one not yet measured is as slow as may be; the silent last, by failures. */
function rankOf({ isSilent, failureCount, smoothedMs }: TargetHealth): number {
  const timeMs = Math.min(smoothedMs ?? upstreamHedgeMaxMs, silentRank - 1);
  return isSilent ? silentRank * (1 + failureCount) + timeMs : timeMs;
}
