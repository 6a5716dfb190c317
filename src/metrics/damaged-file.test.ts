import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { seededRandom } from "../base/random.ts";
import type { TableName } from "../control/model/tables.ts";
import { MetricsEngine } from "./metrics-engine.ts";
import { isDamage, openMetricsFile, setAside } from "./store/schema.ts";
import { metricAlarmOf } from "./testing/alarm.ts";
import { startMs } from "./testing/board.ts";
import { datumOf } from "./testing/datum.ts";

const directory = mkdtempSync(join(tmpdir(), "signpost-metrics-"));
after(() => rmSync(directory, { recursive: true, force: true }));
const path = join(directory, "metrics.db");
const alarms = Array.from({ length: 20 }, (_, i) => metricAlarmOf({ name: `a${i}` }));

/** One run of the metrics: opens the file, uses all of it, closes it. */
async function run(): Promise<void> {
  const db = openMetricsFile({ path, sizeMax: 1e9, onDamage: () => {} });
  try {
    const engine = new MetricsEngine({
      db,
      state: {
        list: <T>(table: TableName) => {
          const rows = table === "alarm" ? alarms : [];
          return rows.map((value) => ({ key: [value.name], value: value as T }));
        },
        read: (f) => f(),
        lastSeq: () => 1,
      },
      status: { setLoad() {} },
      fileSizeMax: 1e9,
      arnOf: (name) => name,
      clocks: { wallMs: () => startMs + 4 * 3_600_000, steadyMs: () => 0 },
      onWaiting() {},
      onAlarmEvent() {},
      onCheckStates() {},
      onProblem() {},
      onClockJump() {},
    });
    const metrics = Array.from({ length: 30 }, (_, i) => `M${i}`);
    const data = metrics.flatMap((metricName, i) => [
      datumOf({ metricName, values: [i, i + 1, i + 2], atMs: startMs }),
      datumOf({ metricName, value: i, resolutionSeconds: 1, atMs: startMs + i * 1_000 }),
    ]);
    // flush() throws what put() rejects with.
    void engine.put(data).catch(() => {});
    engine.flush();
    for (let i = 0; i < 3; i++) engine.age();
    await engine.setAlarmState({ name: "a1", state: "OK", reason: "test" });
    await engine.statistics(
      metrics.map((metricName) => ({
        ...{ namespace: "Test", metricName, dimensions: [], startMs: 0, endMs: startMs * 2 },
        ...{ periodSeconds: 60, statistics: ["p50", "Sum"], pointCountMax: 10, keep: "latest" },
      })),
    );
    await engine.list({ dimensions: [], limit: 100 });
    await engine.history({ kinds: ["metric"], order: "newest first", limit: 100 });
    engine.report();
  } finally {
    db.close();
  }
}

test("a file with wrong octets is used, or found to be damaged; nothing else happens", async () => {
  await run();
  const good = join(directory, "good.db");
  copyFileSync(path, good);
  const bytes = readFileSync(good);
  const random = seededRandom(4);
  let damaged = 0;
  for (let i = 0; i < 150; i++) {
    const spoiled = Buffer.from(bytes);
    for (let j = random.uint32() % 8; j >= 0; j--) {
      spoiled[random.uint32() % spoiled.length] = random.uint32() & 0xff;
    }
    writeFileSync(path, spoiled);
    try {
      await run();
    } catch (error) {
      assert.ok(isDamage(error), `${i}: ${(error as Error).stack}`);
      damaged++;
      setAside(path);
      await run();
    }
  }
  assert.ok(damaged > 0);
});
