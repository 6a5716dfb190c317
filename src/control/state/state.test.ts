import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import fc from "fast-check";
import { manualClock } from "../../base/clock.ts";
import { openForStore } from "../log/open-for-store.ts";
import type { OpenedStore } from "../log/open-for-store.ts";
import { entryOfRecord } from "../log/log-record.ts";
import { logRows } from "../log/log-table.ts";
import { stageRequest } from "../log/store-writer.ts";
import type { Json, Mutation } from "../model/mutation.ts";
import { nameSortKey } from "../model/name-sort-key.ts";
import type { ResourceRecordSet } from "../model/resource-record-set.ts";
import type { TableName } from "../model/tables.ts";
import { createTables, databaseFileName } from "./schema.ts";
import { openStateReader } from "./sqlite-state-reader.ts";
import { ZoneDamagedError } from "./state-reader.ts";
import type { StateReader } from "./state-reader.ts";
import { StateWriter } from "./state-writer.ts";

const root = mkdtempSync(join(tmpdir(), "signpost-state-"));
after(() => rmSync(root, { recursive: true, force: true }));
const zoneIds = ["Z1", "Z2", "Z3"];
const tables: TableName[] = ["hostedZone", "tag", "cidrBlock"];

/** What the tables must hold, as plain maps. */
class Model {
  readonly documents = new Map<string, { key: readonly string[]; value: Json }>();
  readonly zones = new Map<string, Map<string, ResourceRecordSet>>();

  apply(mutations: readonly Mutation[], staged: ReadonlyMap<string, ResourceRecordSet[]>): void {
    for (const mutation of mutations) {
      if ("put" in mutation) {
        const { key, value } = mutation;
        this.documents.set(JSON.stringify([mutation.put, ...key]), { key, value });
      } else if ("remove" in mutation) {
        this.documents.delete(JSON.stringify([mutation.remove, ...mutation.key]));
      } else if ("putRRset" in mutation) {
        this.#zone(mutation.putRRset).set(idOf(mutation.rrset), mutation.rrset);
      } else if ("removeRRset" in mutation) {
        this.zones.get(mutation.removeRRset)?.delete(idOf(mutation));
      } else if ("dropRRsets" in mutation) {
        this.zones.delete(mutation.dropRRsets);
      } else {
        const sets = staged.get(mutation.importId) ?? [];
        this.zones.set(mutation.adoptImport, new Map(sets.map((set) => [idOf(set), set])));
      }
    }
  }

  list(table: TableName): { key: readonly string[]; value: Json }[] {
    const rows = [...this.documents].filter(([id]) => JSON.parse(id)[0] === table);
    return rows.map(([, row]) => row).sort((a, b) => compare(a.key, b.key));
  }

  rrsets(zoneId: string): ResourceRecordSet[] {
    const sets = [...(this.zones.get(zoneId)?.values() ?? [])];
    return sets.sort((a, b) => compare(positionOf(a), positionOf(b)));
  }

  #zone(zoneId: string): Map<string, ResourceRecordSet> {
    const zone = this.zones.get(zoneId) ?? new Map<string, ResourceRecordSet>();
    this.zones.set(zoneId, zone);
    return zone;
  }
}

type Identity = { name: string; type: string; setIdentifier?: string };

function positionOf(set: Identity): string[] {
  return [nameSortKey(set.name), set.type, set.setIdentifier ?? ""];
}

function idOf(set: Identity): string {
  return positionOf(set).join(" ");
}

function compare(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = Buffer.compare(Buffer.from(a[i] as string), Buffer.from(b[i] as string));
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

const name = fc.constantFrom("a.example.", "b.a.example.", "a-b.example.", "\\052.example.", "z.");
const identity = fc.record(
  {
    name,
    type: fc.constantFrom("A", "AAAA", "TXT"),
    setIdentifier: fc.constantFrom("one", "två", "😀"),
  },
  { requiredKeys: ["name", "type"] },
);
const body = fc.oneof(
  fc.record({ ttl: fc.nat(3600), resourceRecords: fc.array(fc.string(), { minLength: 1 }) }),
  fc.record({ ttl: fc.nat(60), resourceRecords: fc.constant(["192.0.2.1"]), weight: fc.nat(255) }),
  fc.record({
    aliasTarget: fc.record({
      hostedZoneId: fc.constant("Z2"),
      dnsName: name,
      evaluateTargetHealth: fc.boolean(),
    }),
  }),
);
/** As JSON gives it back: no -0, ordinary prototypes. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

const rrset = fc
  .tuple(identity, body)
  .map(([id, rest]) => plain({ ...id, ...rest }) as ResourceRecordSet);
const key = fc.array(fc.constantFrom("a", "b", "", "a\0", "ä", "😀"), {
  minLength: 1,
  maxLength: 2,
});
const json = fc.jsonValue().map((value) => plain(value) as Json);
const document = fc.oneof(
  fc.record({ put: fc.constantFrom(...tables), key, value: json }),
  fc.record({ remove: fc.constantFrom(...tables), key }),
);

function ofZone(zoneId: string): fc.Arbitrary<Mutation> {
  return fc.oneof(
    { weight: 6, arbitrary: rrset.map((set) => ({ putRRset: zoneId, rrset: set })) },
    { weight: 3, arbitrary: identity.map((id) => ({ removeRRset: zoneId, ...id })) },
    { weight: 2, arbitrary: document },
    { weight: 1, arbitrary: fc.constant({ dropRRsets: zoneId }) },
  );
}

type Step =
  | { zoneId: string; mutations: Mutation[] }
  | { zoneId: string; imported: ResourceRecordSet[] };

const step: fc.Arbitrary<Step> = fc.constantFrom(...zoneIds).chain((zoneId) =>
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        zoneId: fc.constant(zoneId),
        mutations: fc.array(ofZone(zoneId), { maxLength: 8 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        zoneId: fc.constant(zoneId),
        imported: fc.array(rrset, { minLength: 1 }),
      }),
    },
  ),
);

function open(dir: string): OpenedStore {
  return openForStore(dir, { clock: manualClock(1e12) });
}

function append(store: OpenedStore, subject: string, mutations: readonly Mutation[]): void {
  const json = JSON.stringify(mutations);
  const request = { subject, expectedHead: store.writer.head(subject).seq, action: "Test", json };
  const [outcome] = store.writer.commitGroup([request]).outcomes;
  assert.ok(outcome !== "conflict" && !(outcome instanceof Error), String(outcome));
}

/** Runs the steps on the store and on the model alike. */
function run(store: OpenedStore, model: Model, steps: readonly Step[]): void {
  steps.forEach((one, i) => {
    let { mutations } = one as { mutations: Mutation[] };
    const staged = new Map<string, ResourceRecordSet[]>();
    if ("imported" in one) {
      const importId = `I${i}`;
      staged.set(importId, one.imported);
      store.writer.commitGroup([stageRequest(importId, JSON.stringify(one.imported))]);
      mutations = [{ adoptImport: one.zoneId, importId, ...store.writer.staged(importId) }];
    }
    append(store, `zone/${one.zoneId}`, mutations);
    model.apply(mutations, staged);
  });
}

function assertSame(reader: StateReader, model: Model): void {
  for (const table of tables) {
    assert.deepEqual(reader.list(table), model.list(table));
    assert.equal(reader.count(table), model.list(table).length);
    for (const row of model.list(table)) assert.deepEqual(reader.get(table, row.key), row.value);
  }
  for (const zoneId of zoneIds) {
    const sets = model.rrsets(zoneId);
    assert.deepEqual([...reader.eachRRset(zoneId)], sets);
    assert.equal(reader.rrsetCount(zoneId), sets.length);
    sets.forEach((set, i) => {
      assert.deepEqual(reader.rrset(zoneId, set.name, set.type, set.setIdentifier), set);
      assert.deepEqual(reader.rrsets(zoneId, set, 3), sets.slice(i, i + 3));
      assert.deepEqual(
        reader.rrsetsAt(zoneId, set.name),
        sets.filter((other) => other.name === set.name),
      );
    });
  }
}

/** Everything the tables hold, but what the log does not determine. */
function dump(db: DatabaseSync): unknown {
  const visible = ["document", "summary", "zone", "import"];
  const rows = visible.map((table) => db.prepare(`SELECT * FROM ${table}`).all());
  const rrsets = "SELECT * FROM rrset WHERE zoneKey NOT IN (SELECT zoneKey FROM garbage)";
  return [...rows, db.prepare(rrsets).all()];
}

/** The tables that the log alone gives. */
function replay(log: DatabaseSync): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  createTables(db);
  const state = new StateWriter(db);
  for (const { record } of logRows(log)) state.apply(entryOfRecord(record));
  state.flush();
  return db;
}

test("state equals a plain model, whatever is appended, and again after a start", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const dir = mkdtempSync(join(root, "d-"));
      const model = new Model();
      const store = open(dir);
      run(store, model, steps);
      const reader = openStateReader(dir);
      assertSame(reader, model);
      reader.close();
      while (store.writer.purge());
      store.close();
      const again = open(dir);
      assert.deepEqual(again.damage, []);
      const log = new DatabaseSync(join(dir, databaseFileName));
      assert.deepEqual(dump(replay(log)), dump(log));
      log.close();
      const later = openStateReader(dir);
      assertSame(later, model);
      later.close();
      again.close();
      rmSync(dir, { recursive: true });
    }),
    { numRuns: 30 },
  );
});

function withReader(mutations: Mutation[], f: (reader: StateReader, store: OpenedStore) => void) {
  const dir = mkdtempSync(join(root, "d-"));
  const store = open(dir);
  append(store, "zone/Z1", mutations);
  const reader = openStateReader(dir);
  try {
    f(reader, store);
  } finally {
    reader.close();
    store.close();
  }
}

test("list() pages by prefix, from, after and limit", () => {
  const keys = [["a"], ["a", "x"], ["a", "y"], ["ab", "x"], ["b"]];
  const mutations = keys.map((one): Mutation => ({ put: "tag", key: one, value: 1 }));
  withReader(mutations, (reader) => {
    const listed = (options: Parameters<StateReader["list"]>[1]) =>
      reader.list("tag", options).map((row) => row.key.join("/"));
    assert.deepEqual(listed({}), ["a", "a/x", "a/y", "ab/x", "b"]);
    assert.deepEqual(listed({ prefix: ["a"] }), ["a", "a/x", "a/y"]);
    assert.deepEqual(listed({ prefix: ["a"], from: ["a", "x"] }), ["a/x", "a/y"]);
    assert.deepEqual(listed({ prefix: ["a"], after: ["a", "x"] }), ["a/y"]);
    assert.deepEqual(listed({ from: ["a", "y"], limit: 2 }), ["a/y", "ab/x"]);
    assert.deepEqual(listed({ after: ["b"] }), []);
    assert.deepEqual([reader.count("tag", ["a"]), reader.count("tag")], [3, 5]);
    assert.deepEqual(reader.list("vpc"), []);
  });
});

test("read() shows one snapshot, calls outside it the newest", () => {
  const put = (text: string): Mutation => ({ put: "setting", key: ["s"], value: text });
  withReader([put("old")], (reader, store) => {
    reader.read(() => {
      assert.equal(reader.get("setting", ["s"]), "old");
      append(store, "zone/Z1", [put("new")]);
      reader.read(() => assert.equal(reader.get("setting", ["s"]), "old"));
      assert.equal(reader.head("zone/Z1"), 1);
    });
    assert.equal(reader.get("setting", ["s"]), "new");
    assert.throws(() => reader.read(() => assert.fail("thrown on")), /thrown on/);
    assert.equal(reader.head("zone/Z1"), 2);
  });
});

test("rrset() and eachRRset() find damage that comes while the server runs", () => {
  const sets = ["a", "b", "c"].map((label): Mutation => {
    const value = { name: `${label}.example.`, type: "A", ttl: 1, resourceRecords: ["192.0.2.1"] };
    return { putRRset: "Z1", rrset: value };
  });
  const dir = mkdtempSync(join(root, "d-"));
  const store = open(dir);
  append(store, "zone/Z1", sets);
  const other = new DatabaseSync(join(dir, databaseFileName));
  other.exec("DELETE FROM rrset WHERE sortKey = 'example.b.'");
  other.exec("UPDATE rrset SET value = '[1,[\"192.0.2.7\"]]' WHERE sortKey = 'example.c.'");
  const reader = openStateReader(dir);
  assert.throws(() => reader.rrset("Z1", "c.example.", "A"), ZoneDamagedError);
  assert.throws(() => reader.rrsetsAt("Z1", "c.example."), ZoneDamagedError);
  other.exec("DELETE FROM rrset WHERE sortKey = 'example.c.'");
  assert.throws(() => [...reader.eachRRset("Z1")], /it has 1 sets, and should have 3/);
  reader.close();
  other.close();
  store.close();
  const repaired = open(dir);
  const whole = openStateReader(dir);
  assert.match(
    repaired.damage.map(({ what }) => what).join(),
    /The records of zone Z1 are damaged/,
  );
  assert.equal([...whole.eachRRset("Z1")].length, 3);
  whole.close();
  repaired.close();
});
