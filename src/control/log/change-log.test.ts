import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Committed } from "../model/committed.ts";
import type { Mutation } from "../model/mutation.ts";
import type { ResourceRecordSet } from "../model/resource-record-set.ts";
import { ChangeLogClient } from "./change-log-client.ts";
import { StoreError } from "./change-log.ts";
import { journalPaths } from "./journal.ts";
import { openStore } from "./open-store.ts";
import type { Store } from "./open-store.ts";

const root = mkdtempSync(join(tmpdir(), "signpost-log-"));
after(() => rmSync(root, { recursive: true, force: true }));

function newDir(): string {
  return mkdtempSync(join(root, "d-"));
}

async function withStore(f: (store: Store) => Promise<void>, dir = newDir()): Promise<void> {
  const store = await openStore(dir);
  try {
    await f(store);
  } finally {
    await store.close();
  }
}

function setOf(name: string, value: string): ResourceRecordSet {
  return { name, type: "A", ttl: 300, resourceRecords: [value] };
}

function put(zoneId: string, name: string, value = "192.0.2.1"): Mutation {
  return { putRRset: zoneId, rrset: setOf(name, value) };
}

const entry = (...mutations: Mutation[]) => ({ action: "Test", mutations });

test("append() numbers entries and compares heads by subject", () =>
  withStore(async ({ log, state }) => {
    const first = await log.append("zone/Z1", 0, entry(put("Z1", "a.example.")));
    assert.ok(first !== "conflict");
    assert.equal(first.seq, 1);
    assert.match(first.at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.equal(await log.append("zone/Z1", 0, entry()), "conflict");
    assert.equal(((await log.append("zone/Z2", 0, entry())) as { seq: number }).seq, 2);
    assert.equal(((await log.append("zone/Z1", 1, entry())) as { seq: number }).seq, 3);
    assert.deepEqual([state.head("zone/Z1"), state.head("zone/Z2"), state.head("x")], [3, 2, 0]);
    assert.equal(state.lastSeq(), 3);
  }));

test("a long journal is replaced while appends go on, and nothing is lost", async () => {
  const dir = newDir();
  const bases = (): number[] => journalPaths(dir).map((path) => Number(path.split("-").at(-1)));
  let count = 0;
  await withStore(async ({ log }) => {
    // Octets drawn at random: the journal compresses what it can.
    while (bases()[0] === 0) {
      assert.ok(count < 200, "the journal is as long as that and not replaced");
      const text = randomBytes(192 * 1024).toString("hex");
      const rrset = { ...setOf(`n${count}.example.`, `"${text}"`), type: "TXT" as const };
      await log.append("zone/Z1", count, entry({ putRRset: "Z1", rrset }));
      count++;
    }
  }, dir);
  assert.equal(statSync(join(dir, "signpost.db-wal"), { throwIfNoEntry: false })?.size ?? 0, 0);
  await withStore(async ({ state }) => assert.equal(state.rrsetCount("Z1"), count), dir);
});

test("append() of racing writers lets exactly one through", () =>
  withStore(async ({ log, state }) => {
    const tries = Array.from({ length: 20 }, () => log.append("account", 0, entry()));
    const results = await Promise.all(tries);
    assert.equal(results.filter((result) => result !== "conflict").length, 1);
    assert.equal(state.lastSeq(), 1);
  }));

test("append() shows all of an entry to readers, stamped, before it resolves", () =>
  withStore(async ({ log, state }) => {
    const value = { comment: "made" };
    const stamped: Mutation = { put: "change", key: ["C1"], value, stamp: true };
    const result = await log.append("zone/Z1", 0, entry(stamped, put("Z1", "a.example.")));
    assert.ok(result !== "conflict");
    assert.deepEqual(state.get("change", ["C1"]), { ...value, seq: result.seq, at: result.at });
    assert.deepEqual(state.rrset("Z1", "a.example.", "A"), setOf("a.example.", "192.0.2.1"));
  }));

test("append() refuses what a subject may not change, and nothing of it stays", () =>
  withStore(async ({ log, state }) => {
    const mixed = entry({ put: "setting", key: ["s"], value: 1 }, put("Z2", "a.example."));
    await assert.rejects(log.append("zone/Z1", 0, mixed), StoreError);
    assert.equal(state.get("setting", ["s"]), undefined);
    assert.equal(state.lastSeq(), 0);
  }));

test("append() refuses an entry that is too long", () =>
  withStore(async ({ log }) => {
    const value = "x".repeat(9 * 1024 * 1024);
    const long = entry({ put: "setting", key: ["s"], value });
    await assert.rejects(log.append("account", 0, long), /limit 8388608/);
  }));

test("stageRRsets() shows nothing until adoptImport, which replaces the zone", () =>
  withStore(async ({ log, state }) => {
    await log.append("zone/Z1", 0, entry(put("Z1", "old.example.")));
    const sets = Array.from({ length: 7_000 }, (_, i) => setOf(`h${i}.example.`, "192.0.2.9"));
    await log.stageRRsets("I1", sets.slice(0, 10));
    const { count, hash } = await log.stageRRsets("I1", sets.slice(10));
    assert.equal(count, 7_000);
    assert.equal(state.rrsetCount("Z1"), 1);
    const adopt = { adoptImport: "Z1", importId: "I1", count, hash };
    const wrong = entry({ ...adopt, count: count - 1 });
    await assert.rejects(log.append("zone/Z1", 1, wrong), /import I1 holds 7000 sets/);
    assert.ok((await log.append("zone/Z1", 1, entry(adopt))) !== "conflict");
    assert.equal(state.rrsetCount("Z1"), 7_000);
    assert.equal(state.rrset("Z1", "old.example.", "A"), undefined);
    assert.equal([...state.eachRRset("Z1")].length, 7_000);
    await assert.rejects(log.append("zone/Z2", 0, entry({ ...adopt, adoptImport: "Z2" })));
  }));

test("discardImport() forgets what was staged", () =>
  withStore(async ({ log }) => {
    const { count, hash } = await log.stageRRsets("I1", [setOf("a.example.", "192.0.2.1")]);
    await log.discardImport("I1");
    const adopt = { adoptImport: "Z1", importId: "I1", count, hash };
    await assert.rejects(log.append("zone/Z1", 0, entry(adopt)), /no import I1/);
  }));

test("onCommitted() tells every client every entry, in order, before its append resolves", () =>
  withStore(async (store) => {
    const seen: Committed[] = [];
    store.log.onCommitted((committed) => seen.push(committed));
    const other = new ChangeLogClient(store.connect());
    const elsewhere: number[] = [];
    other.onCommitted(({ seq }) => elsewhere.push(seq));
    const mutations = [put("Z1", "a.example."), put("Z1", "a.example."), put("Z1", "b.example.")];
    await other.append("zone/Z1", 0, entry(...mutations));
    const drop = entry({ dropRRsets: "Z1" }, { remove: "hostedZone", key: ["Z1"] });
    await store.log.append("zone/Z1", 1, drop);
    const summaries = seen.map(({ seq, subject, zones, tables }) => [seq, subject, zones, tables]);
    assert.deepEqual(summaries, [
      [1, "zone/Z1", [{ zoneId: "Z1", names: ["a.example.", "b.example."] }], []],
      [2, "zone/Z1", [{ zoneId: "Z1", names: "all" }], ["hostedZone"]],
    ]);
    await other.append("account", 0, entry());
    assert.deepEqual(elsewhere, [1, 2, 3]);
    other.close();
  }));

test("applied.waitFor() resolves when the entry is served", () =>
  withStore(async ({ log }) => {
    const order: string[] = [];
    const waiting = [2, 1].map((seq) => log.applied.waitFor(seq).then(() => order.push(`${seq}`)));
    log.applied.set(1);
    await waiting[1];
    order.push("then");
    log.applied.set(3);
    log.applied.set(2);
    await waiting[0];
    assert.deepEqual(order, ["1", "then", "2"]);
    assert.equal(log.applied.upTo(), 3);
    await log.applied.waitFor(3);
  }));

test("openStore() finds everything again after a clean stop", async () => {
  const dir = newDir();
  await withStore(async ({ log }) => {
    await log.append("zone/Z1", 0, entry(put("Z1", "a.example.")));
    await log.stageRRsets("left behind", [setOf("x.example.", "192.0.2.1")]);
  }, dir);
  await withStore(async ({ log, state, damage }) => {
    assert.deepEqual(damage, []);
    assert.equal(state.head("zone/Z1"), 1);
    assert.equal(state.rrsetCount("Z1"), 1);
    const adopt = { adoptImport: "Z1", importId: "left behind", count: 1, hash: "0" };
    await assert.rejects(log.append("zone/Z1", 1, entry(adopt)), /no import left behind/);
  }, dir);
});

test("close() rejects what comes later and frees the directory", async () => {
  const dir = newDir();
  const store = await openStore(dir);
  const last = store.log.append("account", 0, entry());
  const closed = store.close();
  assert.ok((await last) !== "conflict");
  await closed;
  await assert.rejects(store.log.append("account", 1, entry()), StoreError);
  await (await openStore(dir)).close();
});

test("openStore() refuses a directory in use and names the process", async () => {
  const dir = newDir();
  const store = await openStore(dir);
  const url = new URL("./open-store.ts", import.meta.url).href;
  const script = `const { openStore } = await import("${url}"); await openStore("${dir}");`;
  const said = await new Promise<string>((resolve) => {
    execFile(process.execPath, ["--input-type=module", "-e", script], (_error, _out, stderr) =>
      resolve(stderr),
    );
  });
  assert.match(said, new RegExp(`in use by another Signpost \\(process ${process.pid}\\)`));
  await assert.rejects(openStore(dir), /in use by another Signpost/);
  await store.close();
});
