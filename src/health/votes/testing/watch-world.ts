import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { EventBody, HealthEvent } from "../../../control/model/health-event.ts";
import type { HealthCheckExtension } from "../../../control/model/health-check-extension.ts";
import type { HealthCheckConfig } from "../../../control/model/health-check.ts";
import type { RoutingControl } from "../../../control/model/routing-control.ts";
import type { TableName } from "../../../control/model/tables.ts";
import type { ListOptions, StateReader } from "../../../control/state/state-reader.ts";
import { StatusTable } from "../../../dataplane/policy/status-table.ts";
import { Reason } from "../../probes/reason.ts";
import { decodeCheckList } from "../../checker/check-list.ts";
import type { CheckList } from "../../checker/check-spec.ts";
import { Verdict, VerdictTableWriter } from "../../checker/verdict-table.ts";
import { HealthDatabase } from "../health-database.ts";
import { HealthWatch } from "../health-watch.ts";

type Rows = Map<TableName, Map<string, unknown>>;

/** What a checker at a location says of checks by their id. */
export type Says = Record<string, "healthy" | "unhealthy" | "unknown">;

/** A health watch over tables in memory, checkers that say what they are told, and a clock. */
export class WatchWorld {
  watch: HealthWatch;
  status = new StatusTable();
  nowMs = 1_000;
  /** Thursday, 10:00 UTC. */
  atMs = Date.UTC(2026, 10, 19, 10);
  readonly events: EventBody[] = [];
  readonly #dataDir: string;
  readonly #rows: Rows = new Map();
  readonly #checkers = new Map<string, FakeChecker>();
  #database: HealthDatabase;
  #nextSlot = 1;
  #seq = 1;

  constructor(t: TestContext) {
    this.#dataDir = mkdtempSync(join(tmpdir(), "health-watch-"));
    this.#database = this.#openDatabase();
    this.watch = this.#open();
    t.after(() => {
      this.#database.close();
      rmSync(this.#dataDir, { recursive: true });
    });
  }

  /** Ends without a farewell and starts again, on the same files. */
  restart(): void {
    this.#database.close();
    this.#database = this.#openDatabase();
    this.status = new StatusTable();
    this.watch = this.#open();
  }

  /** Adds or changes a check; an HTTP check where nothing else is said. */
  put(id: string, config: Partial<HealthCheckConfig> = {}, extension?: HealthCheckExtension): void {
    const row = {
      type: "HTTP",
      inverted: false,
      disabled: false,
      ipAddress: "192.0.2.1",
      ...config,
    };
    const before = this.#table("healthSlot").get(id);
    this.#table("healthSlot").set(id, before ?? this.#nextSlot++);
    this.#table("healthCheck").set(id, { id, callerReference: id, version: 1, config: row });
    if (extension) this.#table("healthCheckExtension").set(id, extension);
    this.#commit();
  }

  remove(id: string): void {
    for (const table of ["healthCheck", "healthCheckExtension"] as const)
      this.#table(table).delete(id);
    this.#commit();
  }

  putControl(name: string, state: RoutingControl["state"]): void {
    const control = { arn: name, name, panel: "default", state, since: "" };
    this.#table("routingControl").set(name, control);
    this.#commit();
  }

  /** A record set uses a check. */
  use(id: string, zoneId: string, name: string, typeAndSet: string): void {
    this.#table("healthCheckUse").set([id, zoneId, name, typeAndSet].join("\0"), true);
  }

  slotOf(id: string): number {
    return this.#table("healthSlot").get(id) as number;
  }

  isHealthy(id: string): boolean {
    return this.status.health[this.slotOf(id)] === 1;
  }

  /** What a location's list says it should run. */
  listOf(location: string): CheckList {
    return decodeCheckList(this.watch.lists.listFor(location));
  }

  /** A location publishes its table, having taken over the list as it is now. */
  say(location: string, says: Says, region: string | null = null): void {
    const checker = this.#checkers.get(location) ?? new FakeChecker();
    this.#checkers.set(location, checker);
    this.watch.know({ location, region });
    checker.setList(this.listOf(location));
    this.#report(location, checker.table(says, this.atMs), region);
  }

  /** A location publishes its table with the list that it had. */
  sayAsBefore(location: string, says: Says): void {
    const checker = this.#checkers.get(location);
    if (checker) this.#report(location, checker.table(says, this.atMs), null);
  }

  /** The checker at a location dies and another one takes its place. */
  replaceChecker(location: string): void {
    this.#checkers.delete(location);
  }

  /** Lets time pass, counting as the thread does. */
  pass(ms: number): void {
    for (let left = ms; left > 0; left -= 250) {
      const step = Math.min(left, 250);
      this.nowMs += step;
      this.atMs += step;
      this.watch.count();
    }
  }

  #report(location: string, table: Uint8Array, region: string | null): void {
    this.watch.take({ location, region, address: null, table });
    this.watch.count();
  }

  #openDatabase(): HealthDatabase {
    return HealthDatabase.open(this.#dataDir, (what) => {
      throw new Error(what);
    });
  }

  #open(): HealthWatch {
    return new HealthWatch({
      ...{ state: this.#state(), database: this.#database, table: this.status },
      events: { add: (_atMs, body) => void this.events.push(body()) },
      allow: [],
      times: () => ({ nowMs: this.nowMs, atMs: this.atMs }),
      onListVersion: () => {},
      onProblem(what) {
        throw new Error(what);
      },
    });
  }

  #commit(): void {
    this.#seq++;
    this.watch.readConfiguration();
  }

  #table(name: TableName): Map<string, unknown> {
    const table = this.#rows.get(name) ?? new Map<string, unknown>();
    this.#rows.set(name, table);
    return table;
  }

  #state(): StateReader {
    const list = (name: TableName, { prefix = [], limit = Infinity }: ListOptions = {}) =>
      [...this.#table(name)]
        .map(([key, value]) => ({ key: key.split("\0"), value }))
        .filter(({ key }) => prefix.every((part, i) => key[i] === part))
        .slice(0, limit);
    const state = {
      list,
      count: (name: TableName, prefix: string[]) => list(name, { prefix }).length,
      lastSeq: () => this.#seq,
      read: <T>(f: () => T): T => f(),
    };
    return state as unknown as StateReader;
  }
}

let nextRun = 1;

class FakeChecker {
  readonly #writer = new VerdictTableWriter({ run: nextRun++, scriptsAllowed: false });
  #list: CheckList = { version: 0, checks: [], allow: [] };

  setList(list: CheckList): void {
    if (list.version === this.#list.version) return;
    this.#list = list;
    this.#writer.resize(1 + Math.max(0, ...list.checks.map(({ slot }) => slot)));
    this.#writer.header.listVersion = list.version;
    for (const { slot, version } of list.checks) this.#writer.clear(slot, version);
  }

  table(says: Says, atMs: number): Uint8Array {
    for (const { slot, healthCheckId } of this.#list.checks) {
      const said = says[healthCheckId] ?? "unknown";
      const isHealthy = said === "healthy";
      this.#writer.write(slot, {
        verdict: Verdict[said],
        reason: isHealthy ? Reason.httpStatus : Reason.connectionRefused,
        detail: isHealthy ? 200 : 0,
        ...{ connectMs: 3, tlsMs: 0, firstByteMs: 5, atSeconds: Math.floor(atMs / 1_000) },
      });
    }
    return this.#writer.publish();
  }
}

/** An event's members that a test looks at. */
export function eventsOf<T extends HealthEvent["type"]>(
  events: readonly EventBody[],
  type: T,
): Extract<EventBody, { type: T }>[] {
  return events.filter((event): event is Extract<EventBody, { type: T }> => event.type === type);
}
