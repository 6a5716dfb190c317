import { crc32OfText } from "../../base/crc32.ts";
import { probeStartsPerTurnMax, probesUnderWayMax } from "../../base/limits.ts";
import type { ProbeResult } from "../probes/probe-result.ts";
import { Reason } from "../probes/reason.ts";
import type { CheckSpec } from "./check-spec.ts";
import { DueQueue } from "./due-queue.ts";

export type SchedulerOptions = {
  /** Milliseconds of a clock that never jumps. */
  nowMs(): number;
  /** Looks at one endpoint; must end by itself. */
  probe(check: CheckSpec): Promise<ProbeResult>;
  onResult(check: CheckSpec, result: ProbeResult): void;
  /** A probe threw: a defect, to be logged; its result is `Reason.internal`. */
  onThrow(check: CheckSpec, error: unknown): void;
  /** Checkers with other names look at other moments. */
  location: string;
  underWayMax?: number;
};

/** One check's place in the schedule; it stays with the slot when the check changes. */
type Entry = {
  check: CheckSpec;
  dueMs: number;
  /** At most one probe of a check is under way. */
  isProbing: boolean;
  isGone: boolean;
};

/**
 * Says when each check is probed. An interval counts from the end of one probe to the start of the
 * next; the first is begun at a moment of the interval that the check's id decides, so that checks
 * spread over it however many begin together. A probe that begins late, because too many are under
 * way or the thread was held up, shortens the interval after it by what it was late (at most by
 * half), so that what was delayed together drifts apart again. A check has one entry, waiting or
 * probing: work never piles up, it is late, and `lagMs` says how late.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #underWayMax: number;
  readonly #seed: number;
  #entries = new Map<number, Entry>();
  readonly #queue = new DueQueue<Entry>();
  #underWay = 0;
  #finished = 0;
  #lagMs = 0;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#underWayMax = options.underWayMax ?? probesUnderWayMax;
    this.#seed = crc32OfText(options.location, 0);
  }

  /** Probes at this moment. */
  get underWay(): number {
    return this.#underWay;
  }

  get checkCount(): number {
    return this.#entries.size;
  }

  /** Probes finished, and the latest start among those begun, since this was last asked. */
  takeCounts(): { finished: number; lagMs: number } {
    const waitingMs = this.#options.nowMs() - this.#queue.nextMs;
    const counts = { finished: this.#finished, lagMs: Math.max(this.#lagMs, waitingMs, 0) };
    this.#finished = 0;
    this.#lagMs = 0;
    return counts;
  }

  /**
   * Takes another list. Checks that are in it as they were keep their turn; others begin anew, and
   * what their probes under way find is dropped.
   * @returns the checks that begin anew, and the slots that are empty now
   */
  setChecks(checks: readonly CheckSpec[]): { begun: CheckSpec[]; emptied: number[] } {
    const before = this.#entries;
    this.#entries = new Map();
    const begun: CheckSpec[] = [];
    for (const check of checks) {
      const entry = before.get(check.slot) ?? { check, dueMs: 0, isProbing: false, isGone: false };
      const goesOn = before.delete(check.slot) && isSameCheck(entry.check, check);
      if (!goesOn) {
        entry.dueMs = this.#firstDueMs(check);
        begun.push(check);
      }
      entry.check = check;
      this.#entries.set(check.slot, entry);
    }
    for (const entry of before.values()) entry.isGone = true;
    this.#queue.clear();
    for (const entry of this.#entries.values()) if (!entry.isProbing) this.#queue.push(entry);
    return { begun, emptied: [...before.keys()] };
  }

  #firstDueMs({ healthCheckId, intervalMs }: CheckSpec): number {
    return this.#options.nowMs() + spread(crc32OfText(healthCheckId, this.#seed)) * intervalMs;
  }

  /**
   * Begins what is due, as far as there is room.
   * @returns milliseconds until the next is due; 0 and below where some are already
   */
  turn(): number {
    const nowMs = this.#options.nowMs();
    for (let started = 0; started < probeStartsPerTurnMax; started++) {
      if (this.#underWay >= this.#underWayMax) break;
      const entry = this.#queue.popDue(nowMs);
      if (!entry) break;
      void this.#probe(entry, nowMs - entry.dueMs);
    }
    return this.#queue.nextMs - nowMs;
  }

  async #probe(entry: Entry, lagMs: number): Promise<void> {
    const { check } = entry;
    entry.isProbing = true;
    this.#underWay++;
    this.#lagMs = Math.max(this.#lagMs, lagMs);
    const result = await this.#resultOf(check);
    this.#underWay--;
    this.#finished++;
    entry.isProbing = false;
    if (entry.isGone) return;
    if (isSameCheck(entry.check, check)) {
      const { intervalMs } = entry.check;
      entry.dueMs = this.#options.nowMs() + intervalMs - Math.min(lagMs, intervalMs / 2);
      this.#options.onResult(entry.check, result);
    }
    this.#queue.push(entry);
  }

  async #resultOf(check: CheckSpec): Promise<ProbeResult> {
    try {
      return await this.#options.probe(check);
    } catch (error) {
      this.#options.onThrow(check, error);
      return { reason: Reason.internal, detail: 0, connectMs: 0, tlsMs: 0, firstByteMs: 0 };
    }
  }
}

function isSameCheck(a: CheckSpec, b: CheckSpec): boolean {
  return a.healthCheckId === b.healthCheckId && a.version === b.version;
}

/** A share of 0 to 1 that looks like chance (the finaliser of MurmurHash3). */
function spread(hash: number): number {
  let mixed = hash;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
}
