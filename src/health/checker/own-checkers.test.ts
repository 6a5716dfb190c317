import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { silentLogger } from "../../telemetry/logger.ts";
import { encodeCheckList } from "./check-list.ts";
import type { CheckerDesk } from "./checker-desk.ts";
import type { CheckSpec } from "./check-spec.ts";
import { OwnCheckers } from "./own-checkers.ts";
import { VerdictTable } from "./verdict-table.ts";

const check: CheckSpec = {
  slot: 1,
  healthCheckId: "a",
  version: 1,
  intervalMs: 1_000,
  upThreshold: 1,
  downThreshold: 1,
  probe: { kind: "tcp", address: "127.0.0.1", port: 9 } as unknown as CheckSpec["probe"],
};

/** A desk that wants one list after the other to be run, and keeps the tables that come in. */
function deskOf(lists: { version: number; checks: CheckSpec[] }[]) {
  const tables: VerdictTable[] = [];
  let wanted = 0;
  const desk = {
    take: async ({ table }: { table: Uint8Array }) => {
      tables.push(VerdictTable.read(table));
      return lists[wanted]?.version ?? 0;
    },
    listFor: async () =>
      encodeCheckList({ allow: [], ...(lists[wanted] ?? { version: 1, checks: [] }) }),
  } as unknown as CheckerDesk;
  return { desk, tables, next: () => wanted++ };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, "it comes to that");
    await sleep(10);
  }
}

test("OwnCheckers starts a location's thread with the first check, and is there before", async (t) => {
  const { desk, tables, next } = deskOf([
    { version: 3, checks: [] },
    { version: 4, checks: [check] },
    { version: 5, checks: [] },
  ]);
  const names = [{ location: "tokyo", region: null }];
  const options = { locations: names, scriptsAllowed: true, logger: silentLogger };
  const checkers = new OwnCheckers({ ...options, desk });
  t.after(() => checkers.stop());
  const runOf = (version: number): number | undefined =>
    tables.findLast(({ header }) => header.listVersion === version)?.header.run;
  await until(() => runOf(3) !== undefined);
  const threads = threadCount();
  assert.equal(tables.at(-1)?.header.scriptsAllowed, true);
  next();
  await until(() => runOf(4) !== undefined);
  assert.notEqual(runOf(4), runOf(3), "a run of its own");
  assert.ok(threadCount() > threads, "a thread runs the check");
  next();
  await until(() => runOf(5) !== undefined);
  assert.equal(runOf(5), runOf(4), "the thread stays");
});

/** Threads of this process, as the system has them; pools of Node's own are in it. */
function threadCount(): number {
  return readdirSync("/proc/self/task").filter((thread) =>
    readFileSync(`/proc/self/task/${thread}/comm`, "utf8").startsWith("WorkerThread"),
  ).length;
}
