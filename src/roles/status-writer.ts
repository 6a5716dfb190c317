import type { ChangeLog } from "../control/log/change-log.ts";
import { healthBySlot } from "../control/state/health-settings.ts";
import type { StateReader } from "../control/state/state-reader.ts";
import { healthSlotCountMax } from "../base/limits.ts";
import type { StatusTable } from "../dataplane/policy/status-table.ts";

/** Keeps the status table up to the health checks of the state. */
export class StatusWriter {
  readonly #state: StateReader;
  readonly #table: StatusTable;

  constructor(state: StateReader, table: StatusTable) {
    this.#state = state;
    this.#table = table;
    this.write();
  }

  /** Writes the table again whenever a commit has changed a health check. */
  follow(log: Pick<ChangeLog, "onCommitted">): void {
    log.onCommitted(({ tables }) => {
      if (tables.includes("healthCheck") || tables.includes("healthSlot")) this.write();
    });
  }

  write(): void {
    const statuses = this.#state.read(() => healthBySlot(this.#state));
    for (let slot = 1; slot < healthSlotCountMax; slot++) {
      this.#table.setHealthy(slot, statuses.get(slot) ?? true);
    }
  }
}
