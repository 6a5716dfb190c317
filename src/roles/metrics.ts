import { existsSync } from "node:fs";
import { join } from "node:path";
import type { MessagePort } from "node:worker_threads";
import { systemClock } from "../base/clock.ts";
import { systemRandom } from "../base/random.ts";
import type { Store } from "../control/log/open-store.ts";
import type { HealthEvent } from "../control/model/health-event.ts";
import { isWanted } from "../control/model/notification.ts";
import type { Webhook } from "../control/model/notification.ts";
import { drawTimeUuid } from "../control/model/resource-id.ts";
import type { StateReader } from "../control/state/state-reader.ts";
import type { Notifier } from "../health/notifications/notifier.ts";
import type { Health } from "../health/votes/health.ts";
import type { AlarmEvent } from "../metrics/alarms/alarm-event.ts";
import { metricsTables } from "../metrics/metrics-messages.ts";
import { startMetrics } from "../metrics/metrics.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { metricsFileName } from "../metrics/store/schema.ts";
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
  #webhooks: { notifier: Pick<Notifier, "sendTo">; state: Pick<StateReader, "get"> } | undefined;

  /** Starts the metrics thread where there are values of before; it waits for the store by itself. */
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
    if (existsSync(join(settings.data, metricsFileName))) this.metrics.start();
  }

  /**
   * Starts the metrics thread once the state has something for it.
   * @param notifier whom actions of alarms are sent by
   */
  follow({ state, log }: Store, notifier: Pick<Notifier, "sendTo">): void {
    this.#webhooks = { notifier, state };
    const tables = [...metricsTables];
    log.onCommitted((committed) => {
      if (tables.some((table) => committed.tables.includes(table))) this.metrics.start();
    });
    if (tables.some((table) => state.count(table) > 0)) this.metrics.start();
  }

  #tell(event: AlarmEvent): void {
    const { alarm, from, to, reason, atMs } = event;
    const body = { type: "alarm.state" as const, alarmName: alarm.name, from, to, reason };
    // Webhooks that want events of alarms are told by the event log.
    this.#options.health.report.record(body);
    const id = drawTimeUuid(systemClock.nowMs(), systemRandom);
    for (const action of event.actions) {
      const failure = this.#act(action, { ...body, id, at: new Date(atMs).toISOString() });
      const done = { alarm: alarm.name, action, atMs: systemClock.nowMs() };
      this.metrics.recordAction({ ...done, ...(failure === undefined ? {} : { failure }) });
    }
  }

  /** Why the action cannot be done, if so. */
  #act(action: string, event: HealthEvent): string | undefined {
    const name = webhookOf(action);
    if (name === undefined) return `Signpost can do no such action: ${action} is no SNS topic`;
    const webhook = this.#webhooks?.state.get<Webhook>("notification", [name]);
    if (!webhook) return `There is no webhook named ${name}`;
    if (!isWanted(webhook, event)) this.#webhooks?.notifier.sendTo(name, event);
    return undefined;
  }
}

/** An SNS topic stands for the webhook of its name. */
function webhookOf(action: string): string | undefined {
  return /^arn:[^:]*:sns:[^:]*:[^:]*:([^:]+)$/.exec(action)?.[1];
}
