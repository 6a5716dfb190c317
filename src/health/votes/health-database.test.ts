import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { Verdict } from "../checker/verdict-table.ts";
import { HealthDatabase } from "./health-database.ts";

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "health-database-"));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

function refuse(what: string): never {
  throw new Error(what);
}

test("HealthDatabase has after a restart what was written before", (t) => {
  const path = directory(t);
  const first = HealthDatabase.open(path, refuse);
  first.write(() => {
    first.putStatus("a", { found: Verdict.unhealthy, healthy: false, changedAtMs: 17 });
    first.putStatus("b", { found: Verdict.healthy, healthy: true, changedAtMs: undefined });
    first.putStatus("c", { found: Verdict.healthy, healthy: true, changedAtMs: 18 });
    first.removeStatus("c");
    first.putLocation({ name: "tokyo", region: null, seenAtMs: 5 });
    first.putListMark({ version: 4_000_000_000, digest: "d" });
  });
  // Without a farewell, as after a crash: its connection is left open.
  const second = HealthDatabase.open(path, refuse);
  assert.deepEqual(
    [...second.statuses()],
    [
      ["a", { found: Verdict.unhealthy, healthy: false, changedAtMs: 17 }],
      ["b", { found: Verdict.healthy, healthy: true, changedAtMs: undefined }],
    ],
  );
  assert.deepEqual(
    second.locations().map((location) => ({ ...location })),
    [{ name: "tokyo", region: null, seenAtMs: 5 }],
  );
  assert.deepEqual({ ...second.listMark() }, { version: 4_000_000_000, digest: "d" });
  assert.equal(statSync(join(path, "health.db")).mode & 0o777, 0o600);
});

test("HealthDatabase puts a file aside that it cannot read, and begins anew", (t) => {
  const path = directory(t);
  writeFileSync(
    join(path, "health.db"),
    "no database at all, but long enough to be one".repeat(99),
  );
  const problems: string[] = [];
  const database = HealthDatabase.open(path, (what) => problems.push(what));
  assert.match(problems.join(), /^health\.db is damaged and put aside as health\.db\.damaged/);
  assert.match(readFileSync(join(path, "health.db.damaged"), "utf8"), /^no database/);
  assert.equal(database.statuses().size, 0);
});

test("HealthDatabase keeps all in memory where there can be no file", (t) => {
  const problems: string[] = [];
  const path = join(directory(t), "missing");
  const database = HealthDatabase.open(path, (what) => problems.push(what));
  assert.match(problems.join(), /^Cannot use health\.db, statuses are kept in memory only/);
  database.write(() => database.putLocation({ name: "tokyo", region: null, seenAtMs: 5 }));
  assert.equal(database.locations().length, 1);
});

test("HealthDatabase.write() leaves nothing of a transaction that fails", (t) => {
  const database = HealthDatabase.open(directory(t), refuse);
  const failing = (): void =>
    database.write(() => {
      database.putStatus("a", { found: Verdict.healthy, healthy: true, changedAtMs: 1 });
      throw new Error("stop");
    });
  assert.throws(failing, /stop/);
  assert.equal(database.statuses().size, 0);
});
