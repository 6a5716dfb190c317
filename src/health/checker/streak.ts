import { isSuccess, Reason } from "../probes/reason.ts";
import { Verdict } from "./verdict-table.ts";

/** Results in a row that make a verdict. */
export type Thresholds = { upThreshold: number; downThreshold: number };

/**
 * The results of one check in a row, and the verdict that they make: unknown until there are
 * enough of one kind. A result that says nothing of the endpoint, because the checker itself was
 * not able to look, counts for neither side; as many of them as the larger threshold make the
 * verdict unknown again, so that a sick checker loses its vote and takes no endpoint down.
 */
export class Streak {
  verdict: Verdict = Verdict.unknown;
  #successes = 0;
  #failures = 0;
  #inconclusive = 0;

  /** @returns the verdict with this result */
  add(reason: Reason, { upThreshold, downThreshold }: Thresholds): Verdict {
    if (isInconclusive(reason)) {
      this.#inconclusive++;
      if (this.#inconclusive >= Math.max(upThreshold, downThreshold)) this.reset();
      return this.verdict;
    }
    const success = isSuccess(reason);
    this.#inconclusive = 0;
    this.#successes = success ? this.#successes + 1 : 0;
    this.#failures = success ? 0 : this.#failures + 1;
    if (this.#successes >= upThreshold) this.verdict = Verdict.healthy;
    else if (this.#failures >= downThreshold) this.verdict = Verdict.unhealthy;
    return this.verdict;
  }

  reset(): void {
    this.verdict = Verdict.unknown;
    this.#successes = 0;
    this.#failures = 0;
    this.#inconclusive = 0;
  }
}

/** Whether the checker was not able to look, so that nothing is learned of the endpoint. */
export function isInconclusive(reason: Reason): boolean {
  return reason === Reason.none || reason === Reason.internal || reason === Reason.scriptNotStarted;
}
