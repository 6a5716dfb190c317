import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openStore } from "../log/open-store.ts";
import type { Store } from "../log/open-store.ts";
import { apexSets } from "../model/hosted-zone.ts";
import { zoneSubject } from "../model/mutation.ts";
import type { Mutation } from "../model/mutation.ts";
import type { ImportProgress } from "./import-messages.ts";
import { importZone } from "./import-zone.ts";
import type { ImportJob, ImportOutcome } from "./import-zone.ts";

const dataDir = mkdtempSync(join(tmpdir(), "signpost-import-"));
let store: Store;

before(async () => {
  store = await openStore(dataDir);
});

after(async () => {
  await store.close();
  rmSync(dataDir, { recursive: true });
});

let zoneCount = 0;

/** A new hosted zone of the name `example.com.`. */
async function newZone(...mutations: ((zoneId: string) => Mutation)[]): Promise<string> {
  const zoneId = `Z${++zoneCount}`;
  const zone = { name: "example.com.", nameServers: ["ns-1.own.internal"] };
  const own = apexSets(zone, "hostmaster.own.internal.").map((rrset): Mutation => ({
    putRRset: zoneId,
    rrset,
  }));
  await change(zoneId, [...own, ...mutations.map((mutation) => mutation(zoneId))]);
  return zoneId;
}

async function change(zoneId: string, mutations: Mutation[]): Promise<void> {
  const subject = zoneSubject(zoneId);
  const appended = await store.log.append(subject, store.state.head(subject), {
    action: "Test",
    mutations,
  });
  assert.notEqual(appended, "conflict");
}

const www = (zoneId: string): Mutation => ({
  putRRset: zoneId,
  rrset: { name: "www.example.com.", type: "A", ttl: 60, resourceRecords: ["192.0.2.1"] },
});

async function* pieces(text: string, size = 1000): AsyncGenerator<Uint8Array> {
  const octets = Buffer.from(text);
  for (let at = 0; at < octets.length; at += size) yield octets.subarray(at, at + size);
}

function run(zoneId: string, text: string, more: Partial<ImportJob> = {}): Promise<ImportOutcome> {
  return importZone({
    state: store.state,
    log: store.log,
    connectStore: () => store.connect(),
    zoneId,
    zoneName: "example.com.",
    replace: false,
    input: pieces(text),
    ...more,
  });
}

function contents(zoneId: string): string[] {
  return store.state
    .rrsets(zoneId, undefined, 100)
    .map(({ name, type, resourceRecords }) => `${name} ${type} ${resourceRecords?.join(",")}`);
}

const file = `$TTL 300
@ SOA ns1 hostmaster 7 7200 900 1209600 300
@ NS ns1
b A 192.0.2.2
a A 192.0.2.1
b A 192.0.2.3
`;

test("importZone() puts all of a file into a zone with one entry of the log", async () => {
  const zoneId = await newZone();
  const headBefore = store.state.lastSeq();
  const outcome = await run(zoneId, file);
  assert.ok("imported" in outcome);
  const { seq, records, rrsets, warnings } = outcome.imported;
  assert.deepEqual([records, rrsets, warnings.count], [5, 4, 0]);
  assert.ok(seq > headBefore);
  assert.equal(store.state.head(zoneSubject(zoneId)), seq);
  assert.deepEqual(contents(zoneId), [
    "example.com. NS ns1.example.com.",
    "example.com. SOA ns1.example.com. hostmaster.example.com. 7 7200 900 1209600 300",
    "a.example.com. A 192.0.2.1",
    "b.example.com. A 192.0.2.2,192.0.2.3",
  ]);
});

test("importZone() leaves the zone as it was where anything is refused", async () => {
  const zoneId = await newZone();
  const before = contents(zoneId);
  const outcome = await run(zoneId, `${file}c CNAME a\nc A 192.0.2.1\nwww.example.net. A 1\n`);
  assert.ok("refused" in outcome);
  assert.deepEqual(
    outcome.refused.lines.map(({ line }) => line),
    [7, 9],
  );
  assert.deepEqual(contents(zoneId), before);
});

test("importZone() does not replace data unless it is told to", async () => {
  const zoneId = await newZone(www);
  await assert.rejects(run(zoneId, file), { code: "ZoneNotEmpty" });
  assert.ok("imported" in (await run(zoneId, file, { replace: true })));
  assert.equal(contents(zoneId).length, 4);
  assert.ok("imported" in (await run(zoneId, "a 60 A 192.0.2.9\n", { replace: true })));
  // SOA and NS of the file before: they are the zone's own now.
  assert.deepEqual(contents(zoneId).slice(1), [
    "example.com. SOA ns1.example.com. hostmaster.example.com. 7 7200 900 1209600 300",
    "a.example.com. A 192.0.2.9",
  ]);
});

test("importZone() refuses a zone with record protections", async () => {
  const zoneId = await newZone((id) => ({
    put: "rrsetProtection",
    key: [id, "com.example.www.", "A"],
    value: {},
  }));
  await assert.rejects(run(zoneId, file, { replace: true }), { code: "ZoneProtected" });
});

test("importZone() refuses a zone with policy instances", async () => {
  const zoneId = await newZone((id) => ({
    put: "trafficPolicyInstanceByZone",
    key: [id, "com.example.www.", "A"],
    value: "instance",
  }));
  await assert.rejects(run(zoneId, file, { replace: true }), { code: "ZoneNotEmpty" });
});

test("importZone() ends what the sets it replaces have used", async () => {
  const zoneId = await newZone(www, (id) => ({
    put: "healthCheckUse",
    key: ["check", id, "www.example.com.", "A"],
    value: true,
  }));
  assert.ok("imported" in (await run(zoneId, file, { replace: true })));
  assert.equal(store.state.count("healthCheckUse"), 0);
});

test("importZone() gives way to a change that comes while it reads", async () => {
  const zoneId = await newZone();
  async function* input(): AsyncGenerator<Uint8Array> {
    yield* pieces(file);
    await change(zoneId, [www(zoneId)]);
  }
  await assert.rejects(run(zoneId, "", { input: input() }), { code: "ZoneChanged" });
  assert.ok(contents(zoneId).includes("www.example.com. A 192.0.2.1"));
  assert.equal(contents(zoneId).length, 3);
});

test("importZone() ends with what its input throws", async () => {
  const zoneId = await newZone();
  async function* input(): AsyncGenerator<Uint8Array> {
    yield* pieces(file);
    throw new Error("connection lost");
  }
  await assert.rejects(run(zoneId, "", { input: input() }), /connection lost/);
  assert.equal(contents(zoneId).length, 2);
});

test("importZone() takes 100,000 records and says how far it is", async () => {
  const zoneId = await newZone();
  const progress: ImportProgress[] = [];
  const lines = Array.from({ length: 100_000 }, (_, i) => {
    return `host-${(i * 7919) % 50_000} A 10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}\n`;
  });
  const outcome = await run(zoneId, "", {
    input: pieces(`$TTL 60\n${lines.join("")}`, 300_000),
    onProgress: (step) => progress.push(step),
  });
  assert.ok("imported" in outcome);
  assert.deepEqual([outcome.imported.records, outcome.imported.rrsets], [100_000, 50_002]);
  assert.equal(store.state.rrsetCount(zoneId), 50_002);
  const last = progress.at(-1);
  assert.deepEqual(last && [last.stage, last.done, last.total], ["storing", 100_000, 100_000]);
  const done = progress.filter(({ stage }) => stage === "reading").map((step) => step.done);
  assert.deepEqual(
    done,
    done.toSorted((a, b) => a - b),
  );
});
