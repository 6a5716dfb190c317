import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { eventually } from "../../../test/support/eventually.ts";
import { NameServerUnderTest } from "../../../test/support/zone-under-test.ts";
import { bigZoneRRsetCount } from "../../base/limits.ts";
import { openStore } from "../log/open-store.ts";
import type { Store } from "../log/open-store.ts";
import { apexSets } from "../model/hosted-zone.ts";
import type { HostedZone } from "../model/hosted-zone.ts";
import { zoneSubject } from "../model/mutation.ts";
import type { Mutation } from "../model/mutation.ts";
import { nameSortKey } from "../model/name-sort-key.ts";
import type { ResourceRecordSet } from "../model/resource-record-set.ts";
import { startCompiler } from "./compiler.ts";
import type { Compiler, CompilerBatch } from "./compiler.ts";

const dataDir = mkdtempSync(join(tmpdir(), "signpost-compiler-"));
let store: Store;
let compiler: Compiler;
const served = new NameServerUnderTest();
const batches: CompilerBatch[] = [];
let servedSeq = 0;
let onServed: () => void = () => {};

function serve(batch: CompilerBatch): void {
  batches.push(batch);
  for (const { zoneKey, image, flags } of batch.updates) {
    served.zones.set(zoneKey, image ? { buffer: image } : undefined, flags);
  }
  servedSeq = Math.max(servedSeq, batch.seq);
  onServed();
}

before(async () => {
  store = await openStore(dataDir);
  compiler = startCompiler({ dataDir, connectStore: () => store.connect() });
  compiler.onUpdates(serve);
  await compiler.ready;
});

after(async () => {
  await compiler.stop();
  await store.close();
  rmSync(dataDir, { recursive: true });
});

async function append(zoneId: string, mutations: Mutation[]): Promise<number> {
  const subject = zoneSubject(zoneId);
  const entry = { action: "Test", mutations };
  const appended = await store.log.append(subject, store.state.head(subject), entry);
  assert.ok(appended !== "conflict");
  return appended.seq;
}

/** Appends an entry and waits until it is served. */
async function change(zoneId: string, mutations: Mutation[]): Promise<void> {
  const seq = await append(zoneId, mutations);
  while (servedSeq < seq) {
    await new Promise<void>((resolve) => {
      onServed = resolve;
    });
  }
}

let ids = 0;

async function newZone(name: string, more: Partial<HostedZone> = {}): Promise<string> {
  const id = `Z${++ids}`;
  const zone: HostedZone = {
    id,
    name,
    callerReference: id,
    createdAt: new Date(Date.UTC(2026, 0, ids)).toISOString(),
    vpcs: [],
    private: false,
    nameServers: ["ns-1.own.internal"],
    ...more,
  };
  await change(id, [
    { put: "hostedZone", key: [id], value: zone },
    { put: "zoneByName", key: [nameSortKey(name), id], value: {} },
    ...apexSets(zone, "hostmaster.own.internal.").map((rrset) => ({ putRRset: id, rrset })),
  ]);
  return id;
}

function deletion(zoneId: string, name: string): Mutation[] {
  return [
    { remove: "hostedZone", key: [zoneId] },
    { remove: "zoneByName", key: [nameSortKey(name), zoneId] },
    { dropRRsets: zoneId },
  ];
}

const a = (name: string, value: string): ResourceRecordSet => {
  return { name, type: "A", ttl: 60, resourceRecords: [value] };
};

/** The last octet of an address, or the response code where there is no answer. */
function answerOf(name: string, server = served): string {
  const { answer, rcode } = server.ask(name, "A");
  return answer.length > 0 ? String(answer[0]?.rdata[3]) : `rcode ${rcode}`;
}

async function answerOfZone(zoneId: string, name: string): Promise<string> {
  const image = await compiler.imageOf(zoneId);
  if (!image) return "none";
  const server = new NameServerUnderTest();
  server.zones.set(1, { buffer: image });
  return answerOf(name, server);
}

test("startCompiler() serves zones, changes in place, and deletions", async () => {
  const id = await newZone("changes.test.");
  assert.equal(answerOf("www.changes.test."), "rcode 3");
  const before = batches.length;
  await change(id, [{ putRRset: id, rrset: a("www.changes.test.", "192.0.2.1") }]);
  assert.equal(answerOf("www.changes.test."), "1");
  await change(id, [{ putRRset: id, rrset: a("www.changes.test.", "192.0.2.2") }]);
  assert.equal(answerOf("www.changes.test."), "2");
  const updates = batches.slice(before).flatMap((batch) => batch.updates);
  assert.ok(updates.length <= 1, "most changes need no other image");
  await change(id, [{ removeRRset: id, name: "www.changes.test.", type: "A" }]);
  assert.equal(answerOf("www.changes.test."), "rcode 3");
  await change(id, deletion(id, "changes.test."));
  assert.equal(answerOf("www.changes.test."), "rcode 5");
  assert.equal(await compiler.imageOf(id), undefined);
});

test("startCompiler() serves the oldest zone of a name, and the next when it goes", async () => {
  const name = "twice.test.";
  const first = await newZone(name);
  const second = await newZone(name);
  await change(first, [{ putRRset: first, rrset: a("x.twice.test.", "192.0.2.1") }]);
  await change(second, [{ putRRset: second, rrset: a("x.twice.test.", "192.0.2.2") }]);
  assert.equal(answerOf("x.twice.test."), "1");
  assert.equal(await answerOfZone(first, "x.twice.test."), "1");
  assert.equal(await answerOfZone(second, "x.twice.test."), "2");
  await change(first, deletion(first, name));
  assert.equal(answerOf("x.twice.test."), "2");
  await change(second, [{ putRRset: second, rrset: a("x.twice.test.", "192.0.2.3") }]);
  assert.equal(answerOf("x.twice.test."), "3");
});

test("startCompiler() makes images of private zones for a resolver, of every one of a name", async () => {
  const connectStore = () => store.connect();
  const withPrivate = startCompiler({ dataDir, connectStore, privateZones: true });
  const table = new NameServerUnderTest();
  const zones = new Map<string, { isPrivate: boolean; image: SharedArrayBuffer | null }>();
  let seq = 0;
  withPrivate.onUpdates((batch) => {
    for (const { zoneId, ...update } of batch.updates) zones.set(zoneId, update);
    seq = Math.max(seq, batch.seq);
  });
  await withPrivate.ready;
  const settled = async () => {
    for (let i = 0; i < 500 && seq < store.state.lastSeq(); i++) await setTimeout(10);
  };
  const vpcs = [{ id: "vpc-1", region: "eu-west-1" }];
  const ids = [
    await newZone("both.test."),
    await newZone("both.test.", { private: true, vpcs }),
    await newZone("both.test.", { private: true, vpcs }),
  ];
  for (const [i, id] of ids.entries()) {
    await change(id, [{ putRRset: id, rrset: a("www.both.test.", `192.0.2.${i}`) }]);
  }
  await settled();
  for (const [i, id] of ids.entries()) {
    const { isPrivate, image } = zones.get(id) ?? {};
    assert.equal(isPrivate, i > 0);
    table.zones.set(1, image ? { buffer: image } : undefined);
    assert.equal(answerOf("www.both.test.", table), String(i), id);
  }
  // What is served to the public knows nothing of them.
  assert.equal(answerOf("www.both.test."), "0");
  await change(ids[1] ?? "", deletion(ids[1] ?? "", "both.test."));
  await settled();
  assert.deepEqual(
    ids.map((id) => zones.get(id)?.image === null),
    [false, true, false],
  );
  await change(ids[0] ?? "", deletion(ids[0] ?? "", "both.test."));
  await settled();
  assert.deepEqual(
    ids.map((id) => zones.get(id)?.image === null),
    [true, true, false],
  );
  await change(ids[2] ?? "", deletion(ids[2] ?? "", "both.test."));
  await withPrivate.stop();
});

test("startCompiler() does not serve private zones", async () => {
  const vpcs = [{ id: "vpc-12345678", region: "us-east-1" }];
  const id = await newZone("inside.test.", { private: true, vpcs });
  await change(id, [{ putRRset: id, rrset: a("x.inside.test.", "192.0.2.1") }]);
  assert.equal(answerOf("x.inside.test."), "rcode 5");
  assert.equal(await answerOfZone(id, "x.inside.test."), "1");
});

test("startCompiler() flags zones with a query log", async () => {
  const id = await newZone("logged.test.");
  const flagsSeen = () =>
    batches.flatMap(({ updates }) => updates.filter(({ zoneId }) => zoneId === id)).at(-1)?.flags;
  assert.equal(flagsSeen(), 0);
  await change(id, [{ put: "queryLoggingByZone", key: [id], value: "config" }]);
  assert.equal(flagsSeen(), 1);
  await change(id, [{ remove: "queryLoggingByZone", key: [id] }]);
  assert.equal(flagsSeen(), 0);
});

test("startCompiler() goes on with the old data of what it cannot compile, and says so", async () => {
  const id = await newZone("broken.test.");
  await change(id, [{ putRRset: id, rrset: a("x.broken.test.", "192.0.2.1") }]);
  await change(id, [
    { putRRset: id, rrset: a("x.broken.test.", "nonsense") },
    { putRRset: id, rrset: a("y.broken.test.", "192.0.2.2") },
  ]);
  assert.equal(answerOf("x.broken.test."), "1");
  assert.deepEqual(
    compiler.alarms().map(({ zoneName, owner, type }) => [zoneName, owner, type]),
    [["broken.test.", "x.broken.test.", "A"]],
  );
  await change(id, [{ putRRset: id, rrset: a("x.broken.test.", "192.0.2.3") }]);
  assert.deepEqual(compiler.alarms(), []);
  assert.equal(answerOf("x.broken.test."), "3");
  assert.equal(answerOf("y.broken.test."), "2");
  assert.ok(compiler.counts().failed > 0);
});

test("startCompiler() has big zones built elsewhere, and loses no change meanwhile", async () => {
  const id = await newZone("big.test.");
  const importId = "big-import";
  const rrsets = Array.from({ length: bigZoneRRsetCount + 10 }, (_, i) => {
    return a(`n${i}.big.test.`, `10.0.${i >> 8}.${i & 255}`);
  });
  const own = store.state.rrsetsAt(id, "big.test.");
  const staged = await store.log.stageRRsets(importId, [...own, ...rrsets]);
  await change(id, [{ adoptImport: id, importId, ...staged }]);
  assert.equal(answerOf("n9.big.test."), "9");
  // A cut above other names: the zone is built anew, while other changes come in.
  await change(id, [{ putRRset: id, rrset: a("deep.cut.big.test.", "192.0.2.7") }]);
  const ns = {
    name: "cut.big.test.",
    type: "NS",
    ttl: 60,
    resourceRecords: ["ns.elsewhere.test."],
  };
  await append(id, [{ putRRset: id, rrset: ns }]);
  for (let i = 0; i < 20; i++) {
    await append(id, [{ putRRset: id, rrset: a(`n${i}.big.test.`, "192.0.2.77") }]);
    // In the old image, the new one, or both: it must never be lost between them.
    while (answerOf(`n${i}.big.test.`) !== "77") await setTimeout(1);
  }
  await change(id, []);
  assert.deepEqual(served.ask("deep.cut.big.test.", "A").answer, []);
  for (let i = 0; i < 20; i++) assert.equal(answerOf(`n${i}.big.test.`), "77");
  assert.equal(answerOf("n21.big.test."), "21");
});

test("startCompiler() starts with what is there already", async () => {
  const id = await newZone("there.test.");
  await change(id, [{ putRRset: id, rrset: a("x.there.test.", "192.0.2.4") }]);
  const progress: [number, number][] = [];
  const other = startCompiler({
    dataDir,
    connectStore: () => store.connect(),
    onProgress: (...step) => progress.push(step),
  });
  await other.ready;
  const server = new NameServerUnderTest();
  other.onUpdates(({ updates }) => {
    for (const { zoneKey, image } of updates) {
      server.zones.set(zoneKey, image ? { buffer: image } : undefined);
    }
  });
  assert.equal(answerOf("x.there.test.", server), "4");
  assert.equal(answerOf("n21.big.test.", server), "21");
  const total = store.state.count("hostedZone") - 1; // one is private
  assert.deepEqual(progress.at(-1), [total, total]);
  assert.equal(other.counts().compiled, total);
  await change(id, []);
  await other.stop();
});

test("startCompiler() keeps big zones' images from one start to the next", async () => {
  const big =
    store.state.list("zoneByName", { prefix: [nameSortKey("big.test.")] })[0]?.key[1] ?? "";
  const images = join(dataDir, "images");
  const write = (value: string) =>
    change(big, [{ putRRset: big, rrset: a("n21.big.test.", `192.0.2.${value}`) }]);
  const startAgain = async (): Promise<NameServerUnderTest> => {
    await compiler.stop();
    compiler = startCompiler({ dataDir, connectStore: () => store.connect() });
    const server = new NameServerUnderTest();
    compiler.onUpdates((batch) => {
      serve(batch);
      for (const { zoneKey, image } of batch.updates) {
        server.zones.set(zoneKey, image ? { buffer: image } : undefined);
      }
    });
    await compiler.ready;
    return server;
  };
  await write("31");
  await startAgain();
  const { ino } = statSync(join(images, `${big}.image`));
  assert.equal(answerOf("n21.big.test.", await startAgain()), "31");
  assert.equal(statSync(join(images, `${big}.image`)).ino, ino, "loaded, and not written again");
  await write("32");
  assert.equal(answerOf("n21.big.test.", await startAgain()), "32");
});

/** A compiler that asks for a location table when `provide` is called, and what it serves. */
async function compilerThatAsks(provide: () => Promise<void>) {
  const server = new NameServerUnderTest();
  const other = startCompiler({
    ...{ dataDir, connectStore: () => store.connect() },
    provideLocations: provide,
  });
  let seq = 0;
  other.onUpdates((batch) => {
    seq = batch.seq;
    for (const { zoneKey, image } of batch.updates) {
      server.zones.set(zoneKey, image ? { buffer: image } : undefined);
    }
  });
  return { server, other, servedSeq: () => seq };
}

const anywhere = (name: string): ResourceRecordSet => {
  return { ...a(name, "192.0.2.7"), setIdentifier: "any", geoLocation: { countryCode: "*" } };
};

test("startCompiler() gives out no set that asks for places before a location table is there", async () => {
  const tables = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let asked = 0;
  const provide = (): Promise<void> => tables[asked++]?.promise ?? Promise.reject();
  const id = await newZone("places.test.");
  const first = await compilerThatAsks(provide);
  await first.other.ready;
  // In place: the image is served all the while.
  await change(id, [{ putRRset: id, rrset: anywhere("www.places.test.") }]);
  await eventually("the table is asked for", () => asked === 1);
  await setTimeout(50);
  assert.ok(first.servedSeq() < servedSeq);
  assert.equal(answerOf("www.places.test.", first.server), "rcode 3");
  tables[0]?.resolve();
  await eventually("the change is served", () => first.servedSeq() === servedSeq);
  assert.equal(answerOf("www.places.test.", first.server), "7");
  await change(id, [{ putRRset: id, rrset: anywhere("more.places.test.") }]);
  await eventually("another is", () => answerOf("more.places.test.", first.server) === "7");
  await first.other.stop();
  // A start that finds such a set.
  const second = await compilerThatAsks(provide);
  await eventually("the table is asked for again", () => asked === 2);
  await setTimeout(50);
  assert.equal(answerOf("www.places.test.", second.server), "rcode 5");
  tables[1]?.resolve();
  await second.other.ready;
  assert.equal(answerOf("www.places.test.", second.server), "7");
  await second.other.stop();
  const third = await compilerThatAsks(() => Promise.reject(new Error("no table")));
  await assert.rejects(third.other.ready, /no table/);
  await third.other.stop();
  await change(id, deletion(id, "places.test."));
});

test("startCompiler() starts its thread again when it dies", async () => {
  const errors: Error[] = [];
  let starts = 0;
  const again = startCompiler({
    get dataDir() {
      return starts++ === 0 ? join(dataDir, "nowhere") : dataDir;
    },
    connectStore: () => store.connect(),
    onRestart: (error) => errors.push(error),
  });
  await again.ready;
  assert.equal(errors.length, 1);
  assert.ok(again.counts().compiled > 0);
  await again.stop();
});
