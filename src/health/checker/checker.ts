import { present } from "../../base/assert.ts";
import { parseCidr } from "../../base/ip.ts";
import type { Cidr } from "../../base/ip.ts";
import { verdictPublishIntervalMs } from "../../base/limits.ts";
import type { ProbeResult } from "../probes/probe-result.ts";
import { Reason } from "../probes/reason.ts";
import type { CheckList, CheckSpec } from "./check-spec.ts";
import { Scheduler } from "./scheduler.ts";
import { Streak } from "./streak.ts";
import { VerdictTableWriter } from "./verdict-table.ts";

/**
 * Looks at one endpoint and ends by itself; `allow` as in CheckList. `Reason.none` is the result of
 * a probe that was stopped.
 */
export type Probe = (check: CheckSpec, allow: readonly Cidr[]) => Promise<ProbeResult>;

export type CheckerOptions = {
  location: string;
  /** Drawn at start; see verdict-table.ts. */
  run: number;
  /** Whether the operator of this machine lets checks run programs on it. */
  scriptsAllowed: boolean;
  probe: Probe;
  /** Milliseconds of a clock that never jumps: everything is scheduled by it. */
  nowMs(): number;
  /** Unix milliseconds, for people to read. */
  wallMs(): number;
  onThrow(check: CheckSpec, error: unknown): void;
  underWayMax?: number;
};

/**
 * One location's checker: runs a list of checks and keeps the table of their verdicts. It does
 * nothing by itself; its owner calls `turn` again and again, and `publish` every half second.
 */
export class Checker {
  readonly #options: CheckerOptions;
  readonly #scheduler: Scheduler;
  readonly #table: VerdictTableWriter;
  readonly #streaks = new Map<number, Streak>();
  #allow: readonly Cidr[] = [];
  #publishedAtMs: number;

  constructor(options: CheckerOptions) {
    this.#options = options;
    this.#table = new VerdictTableWriter(options);
    this.#publishedAtMs = options.nowMs();
    this.#scheduler = new Scheduler({
      nowMs: () => options.nowMs(),
      location: options.location,
      probe: (check) => this.#probe(check),
      onResult: (check, result) => this.#take(check, result),
      onThrow: (check, error) => options.onThrow(check, error),
      ...(options.underWayMax ? { underWayMax: options.underWayMax } : {}),
    });
  }

  /** The version of the list that it runs; 0: none yet. */
  get listVersion(): number {
    return this.#table.header.listVersion;
  }

  /** Runs another list from now on. Checks that are in it as they were go on undisturbed. */
  setList({ version, checks, allow }: CheckList): void {
    this.#allow = allow.map((block) => present(parseCidr(block), "a list was checked"));
    const { begun, emptied } = this.#scheduler.setChecks(checks);
    for (const slot of emptied) {
      this.#streaks.delete(slot);
      this.#table.clear(slot, 0);
    }
    this.#table.resize(checks.reduce((size, { slot }) => Math.max(size, slot + 1), 0));
    for (const { slot, version: checkVersion } of begun) {
      this.#streaks.set(slot, new Streak());
      this.#table.clear(slot, checkVersion);
    }
    this.#table.header.listVersion = version;
    this.#table.header.checkCount = checks.length;
  }

  /**
   * Begins the probes that are due.
   * @returns milliseconds until the next is due; 0 and below where some are already
   */
  turn(): number {
    return this.#scheduler.turn();
  }

  /** The table as it is now: a copy, to be sent. */
  publish(): Uint8Array<ArrayBuffer> {
    const nowMs = this.#options.nowMs();
    const seconds = Math.max(nowMs - this.#publishedAtMs, 1) / 1_000;
    const { finished, lagMs } = this.#scheduler.takeCounts();
    this.#publishedAtMs = nowMs;
    const { header } = this.#table;
    header.probesPerSecond = Math.round(finished / seconds);
    header.lagMs = Math.min(Math.round(lagMs), 0xffff_ffff);
    header.underWay = this.#scheduler.underWay;
    return this.#table.publish();
  }

  async #probe(check: CheckSpec): Promise<ProbeResult> {
    if (check.probe.kind === "script" && !this.#options.scriptsAllowed) return scriptNotStarted;
    return await this.#options.probe(check, this.#allow);
  }

  #take(check: CheckSpec, result: ProbeResult): void {
    const streak = this.#streaks.get(check.slot);
    if (!streak || result.reason === Reason.none) return;
    const verdict = streak.add(result.reason, check);
    const atSeconds = Math.max(1, Math.floor(this.#options.wallMs() / 1_000));
    this.#table.write(check.slot, { ...result, verdict, atSeconds });
  }
}

const scriptNotStarted: ProbeResult = {
  reason: Reason.scriptNotStarted,
  detail: 0,
  connectMs: 0,
  tlsMs: 0,
  firstByteMs: 0,
};

/** How long a turn of the loop may be waited for: less than the shortest time to a new due probe. */
const turnWaitMaxMs = 250;
/** Between two turns at least, so that a checker that is late does not spin. */
const turnWaitMinMs = 5;

/**
 * Lets a checker run in real time, with its table handed out every half second, changed or not.
 * @returns a function that ends it; probes under way are left to themselves
 */
export function runChecker(
  checker: Checker,
  onTable: (table: Uint8Array<ArrayBuffer>) => void,
): () => void {
  let turnTimer: NodeJS.Timeout;
  const turn = (): void => {
    const waitMs = Math.min(Math.max(checker.turn(), turnWaitMinMs), turnWaitMaxMs);
    turnTimer = setTimeout(turn, waitMs);
  };
  turn();
  const publish = (): void => onTable(checker.publish());
  const publishTimer = setInterval(publish, verdictPublishIntervalMs);
  publish();
  return () => {
    clearTimeout(turnTimer);
    clearInterval(publishTimer);
  };
}
