import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { healthEventCountMax, healthEventQueueCountMax } from "../../base/limits.ts";
import type { EventBody, HealthEvent } from "../../control/model/health-event.ts";
import { EventLog } from "./event-log.ts";
import { HealthDatabase } from "./health-database.ts";

const body = (n: number): EventBody => ({ type: "test", message: String(n) });

class LogWorld {
  readonly lines: string[] = [];
  readonly told: HealthEvent[] = [];
  readonly turns: (() => void)[] = [];
  readonly database: HealthDatabase;
  readonly log: EventLog;

  constructor(t: TestContext, database?: HealthDatabase) {
    const directory = mkdtempSync(join(tmpdir(), "event-log-"));
    this.database =
      database ??
      HealthDatabase.open(directory, (what) => {
        throw new Error(what);
      });
    t.after(() => rmSync(directory, { recursive: true }));
    this.log = new EventLog({
      database: this.database,
      file: { write: (line) => void this.lines.push(line), droppedCount: 0 },
      onEvents: (events) => void this.told.push(...events),
      onProblem(what) {
        throw new Error(what);
      },
      later: (f) => void this.turns.push(f),
    });
  }

  /** Lets the log work, as often as it asks. @returns how often that was */
  run(): number {
    let count = 0;
    for (let turn = this.turns.shift(); turn; turn = this.turns.shift()) {
      turn();
      count++;
    }
    return count;
  }
}

test("EventLog writes events to the file, the database and those who are told, in order", (t) => {
  const world = new LogWorld(t);
  for (let n = 0; n < 3; n++) world.log.add(1_000 + n, () => body(n));
  assert.equal(world.lines.length, 0, "not while something else is under way");
  world.run();
  const kept = world.database.events({ limit: 10 });
  assert.deepEqual(kept, world.lines);
  assert.deepEqual(
    world.told.map((event) => JSON.stringify(event)),
    kept,
  );
  assert.deepEqual(
    world.told.map((event) => "message" in event && `${event.at} ${event.message}`),
    [0, 1, 2].map((n) => `1970-01-01T00:00:01.00${n}Z ${n}`),
  );
});

test("EventLog gives ids that grow, whatever the clock does, also after a restart", (t) => {
  const world = new LogWorld(t);
  for (const atMs of [5_000, 5_000, 4_000, 100, 6_000]) world.log.add(atMs, () => body(atMs));
  world.run();
  const again = new LogWorld(t, world.database);
  again.log.add(50, () => body(50));
  again.run();
  const ids = [...world.told, ...again.told].map(({ id }) => id);
  assert.deepEqual(ids.toSorted(), ids);
  assert.equal(new Set(ids).size, 6);
});

test("EventLog works in slices, so that other things have their turn", (t) => {
  const world = new LogWorld(t);
  const slow = (): EventBody => {
    const untilMs = performance.now() + 3;
    while (performance.now() < untilMs);
    return body(0);
  };
  for (let n = 0; n < 10; n++) world.log.add(0, slow);
  assert.ok(world.run() >= 4);
  assert.equal(world.told.length, 10);
});

test("EventLog drops what comes faster than it can be written, and counts it", (t) => {
  const world = new LogWorld(t);
  for (let n = 0; n < healthEventQueueCountMax + 7; n++) world.log.add(0, () => body(n));
  assert.equal(world.log.droppedCount, 7);
});

test("HealthDatabase keeps the newest events, and tells those after one or of one check", (t) => {
  const { database } = new LogWorld(t);
  const count = healthEventCountMax + 2_500;
  const idOf = (n: number): string => String(n).padStart(8, "0");
  database.write(() => {
    for (let n = 0; n < count; n++) {
      const common = { id: idOf(n), at: "" };
      const event: HealthEvent =
        n % 1_000 === 0 ? { ...common, ...verdict(n) } : { ...common, type: "test", message: "" };
      database.addEvent(event, idOf(n));
    }
  });
  assert.deepEqual(database.events({ limit: 2 }), [idOf(count - 2), idOf(count - 1)]);
  assert.deepEqual(database.events({ afterId: idOf(20_000), limit: 2 }), [
    idOf(20_001),
    idOf(20_002),
  ]);
  const [oldest] = database.events({ afterId: "", limit: 1 });
  assert.ok(Number(oldest) >= 1_500 && Number(oldest) <= 2_500, oldest);
  assert.deepEqual(database.events({ healthCheckId: "check 22000", limit: 5 }), [idOf(22_000)]);
});

function verdict(n: number): EventBody {
  return {
    ...{ type: "health-check.verdict", healthCheckId: `check ${n}`, from: "unknown" },
    ...{ location: "tokyo", verdict: "healthy", status: "" },
  } as const;
}
