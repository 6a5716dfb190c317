import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { manualClock } from "../../base/clock.ts";
import type { Mutation } from "../model/mutation.ts";
import { databaseFileName } from "../state/schema.ts";
import { openStateReader } from "../state/sqlite-state-reader.ts";
import { StoreError, StoreFullError } from "./change-log.ts";
import { systemFiles } from "./file-layer.ts";
import type { FileLayer } from "./file-layer.ts";
import { Journal, readJournals } from "./journal.ts";
import { openForStore } from "./open-for-store.ts";
import { StoreWriter } from "./store-writer.ts";
import type { AppendOutcome } from "./store-writer.ts";

const root = mkdtempSync(join(tmpdir(), "signpost-writer-"));
after(() => rmSync(root, { recursive: true, force: true }));

/** A file layer that calls `before` first; what that throws, the operation throws. */
function watched(before: (operation: keyof FileLayer) => void): FileLayer {
  const layer = { ...systemFiles };
  for (const operation of Object.keys(layer) as (keyof FileLayer)[]) {
    const real = systemFiles[operation] as (...args: unknown[]) => void;
    layer[operation] = ((...args: unknown[]) => {
      before(operation);
      real(...args);
    }) as never;
  }
  return layer;
}

function put(label: string): Mutation {
  const rrset = { name: `${label}.example.`, type: "A", ttl: 1, resourceRecords: ["192.0.2.1"] };
  return { putRRset: "Z1", rrset };
}

function append(store: { writer: StoreWriter }, mutation: Mutation): AppendOutcome {
  const json = JSON.stringify([mutation]);
  const expectedHead = store.writer.head("zone/Z1").seq;
  const request = { subject: "zone/Z1", expectedHead, action: "Test", json };
  return store.writer.commitGroup([request]).outcomes[0] as AppendOutcome;
}

function journaled(dir: string): number[] {
  return readJournals(dir).records.map(({ seq }) => seq);
}

function stored(dir: string): string[] {
  const reader = openStateReader(dir);
  const names = Array.from(reader.eachRRset("Z1"), ({ name }) => name);
  reader.close();
  return names;
}

/** Opens, appends `a`, appends `b` while `fails` says so, appends `c`; then starts again. */
function appendWithFailure(fails: (operation: keyof FileLayer) => Error | undefined): {
  failure: AppendOutcome;
  after: AppendOutcome;
  names: string[];
} {
  const dir = mkdtempSync(join(root, "d-"));
  let failing = false;
  const files = watched((operation) => {
    const error = failing ? fails(operation) : undefined;
    if (error) throw error;
  });
  const clock = manualClock(1e12);
  const store = openForStore(dir, { clock, files });
  assert.deepEqual(append(store, put("a")), { seq: 1, at: "2001-09-09T01:46:40.000Z" });
  failing = true;
  const failure = append(store, put("b"));
  assert.deepEqual(stored(dir), ["a.example."]);
  failing = false;
  const afterwards = append(store, put("c"));
  store.close();
  const again = openForStore(dir, { clock });
  assert.deepEqual(again.damage, []);
  const names = stored(dir);
  again.close();
  return { failure, after: afterwards, names };
}

function fault(code: string): Error {
  return Object.assign(new Error(`${code}: simulated`), { code });
}

test("commitGroup() on a full disk refuses, and goes on when there is room", () => {
  const { failure, after, names } = appendWithFailure((operation) =>
    operation === "write" ? fault("ENOSPC") : undefined,
  );
  assert.ok(failure instanceof StoreFullError);
  assert.match(failure.message, /^Cannot append change: no space left on the data disk/);
  assert.equal((after as { seq: number }).seq, 2);
  assert.deepEqual(names, ["a.example.", "c.example."]);
});

test("commitGroup() after a failed sync goes on with a new journal", () => {
  const { failure, after, names } = appendWithFailure((operation) =>
    operation === "sync" || operation === "truncate" ? fault("EIO") : undefined,
  );
  assert.ok(failure instanceof StoreError && !(failure instanceof StoreFullError));
  assert.match(failure.message, /the data disk failed/);
  assert.equal((after as { seq: number }).seq, 2);
  assert.deepEqual(names, ["a.example.", "c.example."]);
});

/** A database whose commits and pages can be made to fail as on a full disk. */
class SmallDatabase extends DatabaseSync {
  full = false;

  override exec(sql: string): void {
    if (!this.full || sql !== "COMMIT") return super.exec(sql);
    super.exec("ROLLBACK");
    throw Object.assign(new Error("database or disk is full"), { errcode: 13 });
  }
}

function writerOn(dir: string): { writer: StoreWriter; db: SmallDatabase; close(): void } {
  openForStore(dir, { clock: manualClock(1e12) }).close();
  const db = new SmallDatabase(join(dir, databaseFileName));
  const journal = new Journal(systemFiles, dir);
  const clock = manualClock(1e12);
  const quarantined = new Map([["Z9", "Log entry 1 is lost"]]);
  const writer = new StoreWriter({ db, journal, clock, dataDir: dir, quarantined });
  writer.checkpoint();
  const close = (): void => {
    db.close();
    journal.close();
  };
  return { writer, db, close };
}

test("commitGroup() takes an entry back from the journal if the commit fails", () => {
  const dir = mkdtempSync(join(root, "d-"));
  const { writer, db, close } = writerOn(dir);
  append({ writer }, put("a"));
  db.full = true;
  assert.ok(append({ writer }, put("b")) instanceof StoreFullError);
  assert.deepEqual(journaled(dir), [1]);
  assert.deepEqual(stored(dir), ["a.example."]);
  db.full = false;
  assert.equal((append({ writer }, put("b")) as { seq: number }).seq, 2);
  assert.deepEqual(journaled(dir), [1, 2]);
  close();
});

test("commitGroup() refuses when SQLite finds no room", () => {
  const dir = mkdtempSync(join(root, "d-"));
  const { writer, db, close } = writerOn(dir);
  const long: Mutation = { put: "setting", key: ["s"], value: "x".repeat(100_000) };
  const pages = db.prepare("PRAGMA page_count").get()?.["page_count"] as number;
  db.exec(`PRAGMA max_page_count = ${pages}`);
  assert.ok(append({ writer }, long) instanceof StoreFullError);
  assert.deepEqual(journaled(dir), []);
  db.exec("PRAGMA max_page_count = 1000000");
  assert.equal((append({ writer }, long) as { seq: number }).seq, 1);
  close();
});

test("commitGroup() changes a quarantined zone only to replace all it has", () => {
  const dir = mkdtempSync(join(root, "d-"));
  const { writer, close } = writerOn(dir);
  const ofZone = (mutation: Mutation): AppendOutcome => {
    const request = { subject: "zone/Z9", expectedHead: undefined, action: "Test" };
    const json = JSON.stringify([mutation]);
    return writer.commitGroup([{ ...request, json }]).outcomes[0] as AppendOutcome;
  };
  const document: Mutation = { put: "hostedZone", key: ["Z9"], value: 1 };
  const refused = ofZone(document);
  assert.match((refused as StoreError).message, /Log entry 1 is lost/);
  assert.equal((ofZone({ dropRRsets: "Z9" }) as { seq: number }).seq, 1);
  assert.equal((ofZone(document) as { seq: number }).seq, 2);
  close();
});

test("commitGroup() syncs the journal before it commits, and once for a whole group", () => {
  const dir = mkdtempSync(join(root, "d-"));
  const operations: string[] = [];
  const seen: number[] = [];
  const files = watched((operation) => {
    operations.push(operation);
    if (operation !== "sync" || !readdirSync(dir).includes(databaseFileName)) return;
    const db = new DatabaseSync(join(dir, databaseFileName), { readOnly: true });
    seen.push(db.prepare("SELECT count(*) AS n FROM log").get()?.["n"] as number);
    db.close();
  });
  const store = openForStore(dir, { clock: manualClock(1e12), files });
  operations.length = seen.length = 0;
  const requests = ["Z1", "Z2", "Z3", "Z1"].map((zoneId) => {
    const json = JSON.stringify([{ put: "hostedZone", key: [zoneId], value: 1 }]);
    return { subject: `zone/${zoneId}`, expectedHead: 0, action: "Test", json };
  });
  const { outcomes, committed } = store.writer.commitGroup(requests);
  assert.deepEqual(operations, ["write", "sync"]);
  assert.deepEqual(seen, [0], "nothing is visible before it is on stable storage");
  assert.equal(outcomes[3], "conflict");
  assert.deepEqual(
    committed.map(({ seq }) => seq),
    [1, 2, 3],
  );
  store.close();
});

test("checkpoint() waits for nobody: it is tried again when the reader is done", () => {
  const dir = mkdtempSync(join(root, "d-"));
  const store = openForStore(dir, { clock: manualClock(1e12) });
  append(store, put("a"));
  const reader = openStateReader(dir);
  reader.read(() => {
    assert.equal(reader.rrsetCount("Z1"), 1);
    append(store, put("b"));
    assert.equal(store.writer.checkpoint(), false);
    assert.deepEqual(journaled(dir), [1, 2]);
  });
  assert.equal(store.writer.checkpoint(), true);
  assert.deepEqual(readJournals(dir).base, 2);
  reader.close();
  store.close();
});
