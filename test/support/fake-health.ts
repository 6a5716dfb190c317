import type { EventBody, HealthEvent } from "../../src/control/model/health-event.ts";
import type {
  CheckStatus,
  HealthReport,
  LocationReport,
  Observation,
} from "../../src/control/model/health-report.ts";

/** A health report that says what a test has put in it. */
export class FakeHealth implements HealthReport {
  readonly places: LocationReport[] = [];
  readonly status = new Map<string, Omit<CheckStatus, "healthCheckId">>();
  readonly observed = new Map<string, Observation[]>();
  readonly failed = new Map<string, Observation[]>();
  readonly log: HealthEvent[] = [];
  readonly recorded: EventBody[] = [];
  readonly beats: string[] = [];

  locations = async (): Promise<LocationReport[]> => this.places;
  observations = async (id: string): Promise<Observation[]> => this.observed.get(id) ?? [];
  lastFailures = async (id: string): Promise<Observation[]> => this.failed.get(id) ?? [];

  async statuses(ids: readonly string[] = [...this.status.keys()]): Promise<CheckStatus[]> {
    return ids.flatMap((healthCheckId) => {
      const status = this.status.get(healthCheckId);
      return status ? [{ healthCheckId, ...status }] : [];
    });
  }

  async events({ healthCheckId, afterId = "", limit }: Parameters<HealthReport["events"]>[0]) {
    return this.log
      .filter(({ id }) => id > afterId)
      .filter((event) => !healthCheckId || Object.values(event).includes(healthCheckId))
      .slice(afterId === "" ? -limit : 0)
      .slice(0, limit);
  }

  async heartbeat(id: string): Promise<void> {
    this.beats.push(id);
  }

  record(event: EventBody): void {
    this.recorded.push(event);
  }
}
