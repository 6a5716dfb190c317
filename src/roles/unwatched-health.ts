import type { HealthReport } from "../control/model/health-report.ts";
import { healthBySettings } from "../control/model/health-check.ts";
import type { HealthCheck } from "../control/model/health-check.ts";
import type { StateReader } from "../control/state/state-reader.ts";

/** The health of checks that nobody runs: what their settings say. */
export function unwatchedHealth(state: StateReader): HealthReport {
  return {
    locations: async () => [],
    observations: async () => [],
    lastFailures: async () => [],
    events: async () => [],
    heartbeat: async () => {},
    record() {},
    async statuses(ids) {
      const why = "No location checks it; its settings decide";
      return state
        .list<HealthCheck>("healthCheck")
        .filter(({ key }) => ids?.includes(key[0] ?? "") ?? true)
        .map(({ key, value }) => {
          return { healthCheckId: key[0] ?? "", healthy: healthBySettings(value.config), why };
        });
    },
  };
}
