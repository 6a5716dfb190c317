import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { until } from "../../../test/health/health-world.ts";
import { beginOpenStore } from "../../control/log/open-store.ts";
import type { Store } from "../../control/log/open-store.ts";
import { HealthUnavailableError } from "../../control/model/health-report.ts";
import type { HealthEvent } from "../../control/model/health-event.ts";
import type { Mutation } from "../../control/model/mutation.ts";
import { StatusTable } from "../../dataplane/policy/status-table.ts";
import { decodeCheckList } from "../checker/check-list.ts";
import { Verdict, VerdictTableWriter } from "../checker/verdict-table.ts";
import { Reason } from "../probes/reason.ts";
import { startHealth } from "./health.ts";
import type { Health } from "./health.ts";

type World = {
  store: Store;
  health: Health;
  status: StatusTable;
  events: HealthEvent[];
  restarts: Error[];
};

async function start(t: TestContext): Promise<World> {
  const dataDir = mkdtempSync(join(tmpdir(), "health-thread-"));
  const opening = beginOpenStore(dataDir);
  const status = new StatusTable();
  const events: HealthEvent[] = [];
  const restarts: Error[] = [];
  const health = startHealth({
    ...{ dataDir, connectStore: opening.connect, status: status.buffer, allow: [] },
    ...{ eventDirectory: join(dataDir, "events"), logLevel: "silent" },
    onEvents: (some) => void events.push(...some),
    onRestart: (error) => void restarts.push(error),
    url: new URL("./testing/dying-health-thread.ts", import.meta.url),
  });
  const store = await opening.store;
  store.log.onCommitted((committed) => health.committed(committed));
  t.after(async () => {
    await health.stop();
    await store.close();
    rmSync(dataDir, { recursive: true });
  });
  await health.ready;
  return { store, health, status, events, restarts };
}

async function putCheck({ store, health }: World, id: string, slot: number): Promise<number> {
  const config = { type: "TCP", inverted: id === "inverted", disabled: false, port: 9 };
  const value = { id, callerReference: id, version: 1, config };
  const mutations: Mutation[] = [
    { put: "healthCheck", key: [id], value },
    { put: "healthSlot", key: [id], value: slot },
  ];
  const appended = await store.log.append(id, 0, { action: "test", mutations });
  assert.ok(appended !== "conflict");
  await health.written(appended.seq);
  return appended.seq;
}

test("Health has a commit in the status table when written() resolves", async (t) => {
  const world = await start(t);
  for (let slot = 1; slot <= 20; slot++) {
    await putCheck(world, slot === 20 ? "inverted" : `check ${slot}`, slot);
    assert.equal(world.status.health[slot], slot === 20 ? 0 : 1);
  }
  assert.equal((await world.health.report.statuses()).length, 20);
});

test("Health goes by tables, and outlives its thread", async (t) => {
  const world = await start(t);
  const { health, status } = world;
  await putCheck(world, "web", 1);
  const table = new VerdictTableWriter({ run: 7, scriptsAllowed: false });
  const place = { location: "tokyo", region: null };
  const report = async (verdict: "healthy" | "unhealthy"): Promise<void> => {
    const list = decodeCheckList(await health.desk.listFor(place));
    table.resize(2);
    table.header.listVersion = list.version;
    table.clear(1, list.checks[0]?.version ?? 0);
    const times = { connectMs: 1, tlsMs: 0, firstByteMs: 0, atSeconds: 1 };
    const reason = verdict === "healthy" ? Reason.connected : Reason.connectTimeout;
    table.write(1, { verdict: Verdict[verdict], reason, detail: 0, ...times });
    const wanted = await health.desk.take({ ...place, address: null, table: table.publish() });
    assert.equal(wanted, list.version);
  };
  await report("unhealthy");
  await until(() => status.health[1] === 0, "the flip");
  await until(() => world.events.some((e) => e.type === "health-check.status"), "its event");

  const asked = health.report.locations();
  health.report.record({ type: "test", message: "die" });
  const last = health.report.locations();
  await assert.rejects(last, HealthUnavailableError);
  assert.equal((await asked).length, 1);
  assert.match(world.restarts.join(), /told to die/);
  assert.equal(status.health[1], 0, "meanwhile");
  assert.match(health.problems().join(), /^the health thread does not answer/);
  const isAnswered = (): Promise<boolean> =>
    health.report.statuses().then(
      () => true,
      () => false,
    );
  await until(isAnswered, "an answer");
  const [after] = await health.report.statuses(["web"]);
  assert.equal(after?.healthy, false, "afterwards");
  assert.deepEqual(health.problems(), []);
  await report("healthy");
  await until(() => status.health[1] === 1, "the next flip");
  assert.equal(health.restartCount(), 1);
});
