import {
  delegationDepthMax,
  resolutionAskCountMax,
  resolutionTimeoutMs,
} from "../../base/limits.ts";

/** What one client's query may still cost, and whether anything was asked for it. */
export class Work {
  /** Nobody waits: what is about to expire is to be fetched again. */
  readonly isRefresh: boolean;
  /** Whether servers were asked. */
  hasAsked = false;
  readonly #nowSeconds: () => number;
  readonly #untilSeconds: number;
  #left: number;
  #delegationsLeft = delegationDepthMax;

  /** @param options `mayAsk`: false where what is known here must do (RD is not set) */
  constructor(options: { isRefresh?: boolean; mayAsk?: boolean; nowSeconds(): number }) {
    this.isRefresh = options.isRefresh ?? false;
    this.#left = options.mayAsk === false ? 0 : resolutionAskCountMax;
    this.#nowSeconds = options.nowSeconds;
    this.#untilSeconds = options.nowSeconds() + resolutionTimeoutMs / 1000;
  }

  /** Takes a question to servers out of what is left. @returns false where nothing is */
  take(): boolean {
    if (this.#left === 0 || this.#nowSeconds() >= this.#untilSeconds) return false;
    this.#left--;
    this.hasAsked = true;
    return true;
  }

  /** The same for a delegation. */
  takeDelegation(): boolean {
    if (this.#delegationsLeft === 0) return false;
    this.#delegationsLeft--;
    return true;
  }
}
