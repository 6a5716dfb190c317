import type { AlarmState } from "../../control/model/alarm.ts";

/** What holds the actions of a composite alarm back. */
export type SuppressedBy = "WaitPeriod" | "ExtensionPeriod" | "Alarm";

export type SuppressionSettings = { waitMs: number; extensionMs: number };

/**
 * Holds back the actions of a composite alarm while its suppressor is in ALARM: for the wait
 * period after the alarm went to ALARM, in which the suppressor may still do so, and for the
 * extension period after the suppressor has left ALARM, in which the alarm may still go back. When
 * neither runs any more, actions are taken by the state that the alarm is in then, if that is not
 * the one they were taken for last.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-suppression.html
 *
 * Times are of a clock that never jumps.
 */
export class Suppression {
  readonly #settings: SuppressionSettings;
  #isSuppressorInAlarm: boolean;
  #waitEndMs: number | undefined;
  #extensionEndMs: number | undefined;

  constructor(settings: SuppressionSettings, isSuppressorInAlarm: boolean) {
    this.#settings = settings;
    this.#isSuppressorInAlarm = isSuppressorInAlarm;
  }

  /** The composite alarm has changed its state. */
  alarmChanged(state: AlarmState, nowMs: number): void {
    if (state === "ALARM") this.#waitEndMs ??= nowMs + this.#settings.waitMs;
  }

  /** The state of the suppressor, whether it has changed or not. */
  suppressorIs(state: AlarmState | undefined, nowMs: number): void {
    const isInAlarm = state === "ALARM";
    if (this.#isSuppressorInAlarm && !isInAlarm) {
      this.#extensionEndMs = nowMs + this.#settings.extensionMs;
    }
    this.#isSuppressorInAlarm = isInAlarm;
  }

  /** What holds actions back now; `undefined`: they are taken. */
  heldBy(nowMs: number): SuppressedBy | undefined {
    if (this.#waitEndMs !== undefined && nowMs >= this.#waitEndMs) this.#waitEndMs = undefined;
    const extensionEndMs = this.#extensionEndMs;
    if (extensionEndMs !== undefined && nowMs >= extensionEndMs) this.#extensionEndMs = undefined;
    if (this.#isSuppressorInAlarm) return "Alarm";
    if (this.#extensionEndMs !== undefined) return "ExtensionPeriod";
    return this.#waitEndMs === undefined ? undefined : "WaitPeriod";
  }
}
