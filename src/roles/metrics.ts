import type { MessagePort } from "node:worker_threads";
import { systemClock } from "../base/clock.ts";
import { systemRandom } from "../base/random.ts";
import { drawTimeUuid } from "../control/model/resource-id.ts";
import type { Notifier } from "../health/notifications/notifier.ts";
import type { Health } from "../health/votes/health.ts";
import type { AlarmEvent } from "../metrics/alarms/alarm-event.ts";
import { startMetrics } from "../metrics/metrics.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Settings } from "./settings.ts";

export type MetricsRoleOptions = {
  settings: Settings;
  /** `Store.connect()`. */
  connectStore(): MessagePort;
  /** Memory of the StatusTable that answers go by. */
  status: SharedArrayBuffer;
  logger: Logger;
  /** Goes by the alarms of CLOUDWATCH_METRIC checks; its event log has those of all alarms. */
  health: Pick<Health, "setAlarmStates" | "report">;
};

/** Metrics and alarms, and whom alarms tell. */
export class MetricsRole {
  readonly metrics: Metrics;
  readonly #options: MetricsRoleOptions;
  #notifier: Pick<Notifier, "sendTo"> | undefined;

  /** Starts the metrics thread; it waits for the store by itself. */
  constructor(options: MetricsRoleOptions) {
    const { settings, connectStore, status, logger, health } = options;
    this.#options = options;
    this.metrics = startMetrics({
      dataDir: settings.data,
      ...{ connectStore, status },
      logLevel: settings.logLevel,
      arnPrefix: `arn:aws:cloudwatch:us-east-1:${settings.account}:alarm:`,
      onAlarmEvents: (events) => events.forEach((event) => this.#tell(event)),
      onCheckStates: (states) => health.setAlarmStates(states),
      onRestart: (error) => logger.error({ err: error }, "metrics thread died and starts again"),
    });
  }

  /** Whom actions of alarms are sent by. */
  notifyBy(notifier: Pick<Notifier, "sendTo">): void {
    this.#notifier = notifier;
  }

  #tell(event: AlarmEvent): void {
    const { alarm, from, to, reason, atMs } = event;
    const body = { type: "alarm.state" as const, alarmName: alarm.name, from, to, reason };
    this.#options.health.report.record(body);
    const id = drawTimeUuid(systemClock.nowMs(), systemRandom);
    for (const action of event.actions) {
      const name = webhookOf(action);
      const at = new Date(atMs).toISOString();
      const isSent = name !== undefined && this.#notifier?.sendTo(name, { ...body, id, at });
      const failure = isSent ? {} : { failure: failureOf(action, name) };
      const done = { alarm: alarm.name, action, atMs: systemClock.nowMs() };
      this.metrics.recordAction({ ...done, ...failure });
    }
  }
}

/** An SNS topic stands for the webhook of its name. */
function webhookOf(action: string): string | undefined {
  return /^arn:[^:]*:sns:[^:]*:[^:]*:([^:]+)$/.exec(action)?.[1];
}

function failureOf(action: string, name: string | undefined): string {
  if (name === undefined) return `Signpost can do no such action: ${action} is no SNS topic`;
  return `There is no webhook named ${name}`;
}
