import type { CheckList } from "../check-spec.ts";
import type { CheckerDesk, CheckerLocation, CheckerReport, LocationName } from "../checker-desk.ts";
import { encodeCheckList } from "../check-list.ts";
import { VerdictTable } from "../verdict-table.ts";

/** A desk that keeps what it is given, for tests of those who hand over. */
export class FakeDesk implements CheckerDesk {
  list: CheckList = { version: 1, checks: [], allow: [] };
  readonly reports: CheckerReport[] = [];
  readonly asked: LocationName[] = [];
  /** Silent ones, which may be forgotten. */
  readonly gone = new Set<string>();

  async take(report: CheckerReport): Promise<number> {
    this.reports.push(report);
    return this.list.version;
  }

  async listFor(name: LocationName): Promise<Uint8Array> {
    this.asked.push(name);
    return encodeCheckList(this.list);
  }

  async locations(): Promise<CheckerLocation[]> {
    return [...this.#last().values()].map(({ table, ...from }) => {
      const { header } = VerdictTable.read(table);
      const { listVersion, checkCount, probesPerSecond, lagMs } = header;
      const load = { listVersion, checkCount, probesPerSecond, lagMs };
      const listVersionWanted = this.list.version;
      return { ...from, ...load, listVersionWanted, live: true, lastSeenAtMs: 0 };
    });
  }

  async forget(location: string): Promise<"forgotten" | "live" | "unknown"> {
    if (this.gone.delete(location)) return "forgotten";
    return this.#last().has(location) ? "live" : "unknown";
  }

  #last(): Map<string, CheckerReport> {
    return new Map(this.reports.map((report) => [report.location, report]));
  }
}
