import type { AlarmState } from "../../control/model/alarm.ts";
import { evaluateHealthExpression } from "../../control/model/health-expression.ts";
import type { StatusTable } from "../../dataplane/policy/status-table.ts";
import { checkerFreshMs, healthSlotCountMax } from "../../base/limits.ts";
import { Verdict } from "../checker/verdict-table.ts";
import type { CheckerLocation, CheckerLocations } from "./checker-locations.ts";
import type { HealthPlan, PlannedCheck } from "./health-plan.ts";
import { decide } from "./vote-rule.ts";

/** What is known of one check. Times without a name of their own only go forward. */
export type CheckState = {
  /** What it was found to be, before it is inverted; the last that could be told. */
  found: Verdict;
  /** What answers go by. */
  healthy: boolean;
  /** Unix milliseconds; `undefined`: since before anything was known. */
  changedAtMs: number | undefined;
  tally: { healthy: number; voting: number; pending: number; live: number };
  /** Of a calculated check. */
  healthyChildren: number;
  /** When this form of it was first seen. */
  knownSinceMs: number;
  specText: string;
  /** The list in which checkers first had it so; tables of older lists do not count. */
  listVersion: number;
  /** When its service called in last. */
  heartbeatMs: number | undefined;
  /** What of it is in the database. */
  savedFound: Verdict;
  savedHealthy: boolean;
};

/** What outlives a restart. */
export type LastStatus = Pick<CheckState, "found" | "healthy" | "changedAtMs">;

/** A check that answers go by otherwise from now on. */
export type Flip = StatusEntry & { to: boolean };

/** `unsaved`: what the database does not have yet. */
export type Counted = { flips: Flip[]; unsaved: StatusEntry[] };

export type StatusEntry = {
  check: PlannedCheck;
  state: CheckState;
  /** Where it runs. */
  at: readonly CheckerLocation[];
};

/** What a status is made of besides votes. */
export type HealthInputs = {
  /** By health check id, as the metrics thread says. */
  alarmStates: ReadonlyMap<string, AlarmState>;
  /** The minute of the week that it is in a time zone. */
  minuteOfWeek(timeZone: string): number;
};

export type Times = {
  /** Of a clock that only goes forward. */
  nowMs: number;
  /** Unix time, to write down. */
  atMs: number;
};

/**
 * The status of every check: counts votes, works out what is calculated, and writes what answers
 * go by into the status table. Each count looks at everything, whatever has changed: a day on
 * which all fails costs what a quiet day costs.
 */
export class HealthStatuses {
  readonly #table: StatusTable;
  readonly #locations: CheckerLocations;
  readonly #inputs: HealthInputs;
  readonly #states = new Map<string, CheckState>();
  #plan: HealthPlan = emptyPlan;
  #entries: StatusEntry[] = [];
  #entryById = new Map<string, StatusEntry>();

  constructor(parts: { table: StatusTable; locations: CheckerLocations; inputs: HealthInputs }) {
    this.#table = parts.table;
    this.#locations = parts.locations;
    this.#inputs = parts.inputs;
  }

  get plan(): HealthPlan {
    return this.#plan;
  }

  state(healthCheckId: string): CheckState | undefined {
    return this.#states.get(healthCheckId);
  }

  /** Takes over what was known before the start; to be followed by `setPlan`. */
  restore(id: string, last: LastStatus, nowMs: number): void {
    const saved = { savedFound: last.found, savedHealthy: last.healthy };
    this.#states.set(id, { ...newState("", nowMs), ...last, ...saved });
  }

  /** Goes by other checks from now on; to be followed by `count`. */
  setPlan(plan: HealthPlan, { nowMs }: Times): void {
    this.#plan = plan;
    const slots = new Set<number>();
    for (const check of plan.checks.values()) {
      slots.add(check.slot);
      this.#keepState(check, nowMs);
    }
    for (const id of this.#states.keys()) if (!plan.checks.has(id)) this.#states.delete(id);
    // The slot of a check that is gone counts as healthy for those who still read it.
    for (let slot = 1; slot < healthSlotCountMax; slot++) {
      if (!slots.has(slot)) this.#table.setHealthy(slot, true);
    }
    this.placesChanged();
  }

  /** To be called when a location comes, goes or stands for another region. */
  placesChanged(): void {
    this.#entries = this.#plan.order.map((check) => ({
      check,
      state: this.#states.get(check.id) as CheckState,
      at: check.spec ? this.#locations.of(check) : [],
    }));
    this.#entryById = new Map(this.#entries.map((entry) => [entry.check.id, entry]));
  }

  /** Every check, its state and where it runs. */
  get entries(): readonly StatusEntry[] {
    return this.#entries;
  }

  entry(healthCheckId: string): StatusEntry | undefined {
    return this.#entryById.get(healthCheckId);
  }

  heartbeat(healthCheckId: string, nowMs: number): void {
    const state = this.#states.get(healthCheckId);
    if (state) state.heartbeatMs = nowMs;
  }

  /** Counts once. What has changed is in the status table when this returns. */
  count(times: Times): Counted {
    const flips: Flip[] = [];
    const unsaved: StatusEntry[] = [];
    for (const entry of this.#entries) {
      const { check, state, at } = entry;
      const { disabled, inverted } = check.config;
      const found = this.#find(check, state, at, times.nowMs);
      // What was known of a check before it was disabled is not worth much once it is enabled.
      if (disabled) state.found = Verdict.unknown;
      else if (found !== undefined) state.found = found ? Verdict.healthy : Verdict.unhealthy;
      const healthy = (state.found !== Verdict.unhealthy) !== inverted;
      this.#table.setHealthy(check.slot, healthy);
      if (healthy !== state.healthy) {
        state.healthy = healthy;
        state.changedAtMs = times.atMs;
        flips.push({ ...entry, to: healthy });
      }
      if (state.found !== state.savedFound || healthy !== state.savedHealthy) unsaved.push(entry);
    }
    return { flips, unsaved };
  }

  #keepState(check: PlannedCheck, nowMs: number): void {
    const before = this.#states.get(check.id);
    if (!before) {
      const state = newState(check.specText, nowMs);
      // A new check is healthy until something else is known, and unhealthy where it is inverted.
      state.healthy = state.savedHealthy = !check.config.inverted;
      this.#states.set(check.id, state);
      return;
    }
    if (before.specText === check.specText) return;
    before.knownSinceMs = nowMs;
    before.specText = check.specText;
  }

  /** What a check is found to be now; `undefined`: that cannot be told. */
  #find(
    check: PlannedCheck,
    state: CheckState,
    at: readonly CheckerLocation[],
    nowMs: number,
  ): boolean | undefined {
    const { config, extension } = check;
    if (check.spec) return this.#vote(check, state, at, nowMs);
    if (extension.probe?.kind === "heartbeat") {
      return heartbeatOf(state, extension.probe.everySeconds * 1_000, nowMs);
    }
    if (config.type === "CALCULATED") return this.#calculate(check, state);
    if (config.type === "CLOUDWATCH_METRIC") return this.#alarm(check);
    if (config.type === "RECOVERY_CONTROL") {
      const control = this.#plan.routingControls.get(config.routingControlArn ?? "");
      return control && control.state === "On";
    }
    return undefined;
  }

  #vote(
    check: PlannedCheck,
    state: CheckState,
    at: readonly CheckerLocation[],
    nowMs: number,
  ): boolean | undefined {
    const { slot, settleMs } = check;
    const version = check.spec?.version ?? 0;
    const { tally } = state;
    tally.healthy = tally.voting = tally.pending = tally.live = 0;
    let staleHealthy = 0;
    let staleVoting = 0;
    for (let i = 0; i < at.length; i++) {
      const location = at[i] as CheckerLocation;
      const { table } = location;
      if (!location.live || !table) {
        if (nowMs < location.expectedUntilMs) tally.pending++;
        continue;
      }
      tally.live++;
      const verdict = table.verdict(slot);
      const isKnown =
        verdict !== Verdict.unknown &&
        table.version(slot) === version &&
        table.header.listVersion >= state.listVersion;
      if (isKnown) {
        const isStale = nowMs - location.takenMs > checkerFreshMs;
        tally.voting++;
        if (isStale) staleVoting++;
        if (verdict !== Verdict.healthy) continue;
        tally.healthy++;
        if (isStale) staleHealthy++;
      } else if (nowMs - Math.max(location.runSinceMs, state.knownSinceMs) < settleMs) {
        tally.pending++;
      }
    }
    const decision = decide(check.rule, tally);
    if (staleVoting === 0) return decision;
    // Locations that are lost together expire one after the other: the last must not be left alone.
    const { healthy, voting, pending } = tally;
    const fresh = { healthy: healthy - staleHealthy, voting: voting - staleVoting, pending };
    return decide(check.rule, fresh) === decision ? decision : undefined;
  }

  #calculate(check: PlannedCheck, state: CheckState): boolean | undefined {
    const isHealthy = (id: string): boolean => this.#states.get(id)?.healthy ?? false;
    state.healthyChildren = check.children.filter(isHealthy).length;
    if (check.expression === undefined) {
      return state.healthyChildren >= (check.config.healthThreshold ?? 0);
    }
    if (check.expression === null) return undefined;
    const ids = check.extension.checks ?? {};
    return evaluateHealthExpression(check.expression, {
      isHealthy: (name) => isHealthy(ids[name] ?? name),
      minuteOfWeek: this.#inputs.minuteOfWeek,
    });
  }

  #alarm({ id, config }: PlannedCheck): boolean | undefined {
    const state = this.#inputs.alarmStates.get(id);
    if (state === undefined) return undefined;
    if (state !== "INSUFFICIENT_DATA") return state === "OK";
    const { insufficientDataHealthStatus } = config;
    if (insufficientDataHealthStatus === "Healthy") return true;
    return insufficientDataHealthStatus === "Unhealthy" ? false : undefined;
  }
}

/** A service that has never called in has the whole time from when it is first waited for. */
function heartbeatOf(state: CheckState, everyMs: number, nowMs: number): boolean | undefined {
  const { heartbeatMs, knownSinceMs } = state;
  if (heartbeatMs !== undefined && nowMs - heartbeatMs <= everyMs) return true;
  const waitingSinceMs = Math.max(heartbeatMs ?? 0, knownSinceMs);
  return nowMs - waitingSinceMs > everyMs ? false : undefined;
}

function newState(specText: string, knownSinceMs: number): CheckState {
  return {
    ...{ found: Verdict.unknown, healthy: true, changedAtMs: undefined },
    tally: { healthy: 0, voting: 0, pending: 0, live: 0 },
    ...{ healthyChildren: 0, knownSinceMs, specText, listVersion: 0, heartbeatMs: undefined },
    ...{ savedFound: Verdict.unknown, savedHealthy: true },
  };
}

const emptyPlan: HealthPlan = {
  ...{ seq: 0, checks: new Map(), order: [], parents: new Map(), routingControls: new Map() },
};
