import { checkerLifeMs, checkerLocationCountMax } from "../../base/limits.ts";

type Holder = { run: number; seenAtMs: number; replaced: number | undefined };

/**
 * Sees to it that one checker speaks for a location. A checker that starts again begins another
 * run, and the newest run holds the name; the one that it took it from is turned away while the
 * new one reports, so that two checkers of one name do not take turns.
 */
export class RunGuard {
  readonly #holders = new Map<string, Holder>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  admits(location: string, run: number): boolean {
    const nowMs = this.#nowMs();
    const holder = this.#holders.get(location);
    if (holder?.run === run) {
      holder.seenAtMs = nowMs;
      return true;
    }
    const isHeld = holder !== undefined && nowMs - holder.seenAtMs <= checkerLifeMs;
    if (isHeld && holder.replaced === run) return false;
    if (!holder && this.#holders.size >= checkerLocationCountMax) this.#dropOldest();
    const replaced = isHeld ? holder.run : undefined;
    this.#holders.set(location, { run, seenAtMs: nowMs, replaced });
    return true;
  }

  #dropOldest(): void {
    let oldest: string | undefined;
    let seenAtMs = Infinity;
    for (const [location, holder] of this.#holders) {
      if (holder.seenAtMs >= seenAtMs) continue;
      oldest = location;
      seenAtMs = holder.seenAtMs;
    }
    if (oldest !== undefined) this.#holders.delete(oldest);
  }
}
