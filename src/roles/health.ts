import type { MessagePort } from "node:worker_threads";
import { formatCidr } from "../base/ip.ts";
import type { Store } from "../control/log/open-store.ts";
import type { HealthEvent } from "../control/model/health-event.ts";
import { OwnCheckers } from "../health/checker/own-checkers.ts";
import { followWebhooks } from "../health/notifications/notifier.ts";
import type { Notifier } from "../health/notifications/notifier.ts";
import { startHealth } from "../health/votes/health.ts";
import type { Health } from "../health/votes/health.ts";
import type { MetricDatum } from "../metrics/metric.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Settings } from "./settings.ts";

export type HealthRoleOptions = {
  settings: Settings;
  /** `Store.connect()`. */
  connectStore(): MessagePort;
  /** Memory of the StatusTable that answers go by. */
  status: SharedArrayBuffer;
  logger: Logger;
  /** What was measured, once a minute. */
  onMetricData(data: MetricDatum[]): void;
};

/** The parts of health checking: who counts, who checks in this process, who tells others. */
export class HealthRole {
  readonly health: Health;
  readonly #options: HealthRoleOptions;
  #notifier: Notifier | undefined;
  #checkers: OwnCheckers | undefined;

  /** Starts the thread that counts; it waits for the store by itself. */
  constructor(options: HealthRoleOptions) {
    const { settings, connectStore, status, logger, onMetricData } = options;
    this.#options = options;
    this.health = startHealth({
      dataDir: settings.data,
      ...{ connectStore, status, onMetricData },
      allow: settings.healthAllow.map(formatCidr),
      eventDirectory: settings.healthEvents,
      logLevel: settings.logLevel,
      onEvents: (events: HealthEvent[]) => this.#notifier?.send(events),
      onRestart: (error) => logger.error({ err: error }, "health thread died and starts again"),
    });
  }

  /** Begins to check and to tell, once what was known before the start is in the status table. */
  async open(store: Store): Promise<Notifier> {
    const { settings, logger } = this.#options;
    const { health } = this;
    store.log.onCommitted((committed) => health.committed(committed));
    await health.ready;
    this.#notifier = followWebhooks(store, settings.healthAllow);
    this.#checkers = new OwnCheckers({ ...settings, desk: health.desk, logger });
    return this.#notifier;
  }

  async stop(): Promise<void> {
    await this.#checkers?.stop();
    await this.health.stop();
    this.#notifier?.close();
  }
}
