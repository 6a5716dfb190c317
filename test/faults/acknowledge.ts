/**
 * `node acknowledge.ts DIR ACKS`: changes zones in DIR over three starts and clean stops, and
 * writes a line to the file ACKS for each change when it is acknowledged: `zone number`. Every
 * change sets all names of its zone to its number, so that half a change can be told.
 */
import { mkdirSync, openSync, writeSync } from "node:fs";
import { openStore } from "../../src/control/log/open-store.ts";
import type { Store } from "../../src/control/log/open-store.ts";
import { zoneSubject } from "../../src/control/model/mutation.ts";
import type { Mutation } from "../../src/control/model/mutation.ts";
import type { ResourceRecordSet } from "../../src/control/model/resource-record-set.ts";

const [dataDir, acksPath] = process.argv.slice(2) as [string, string];
mkdirSync(dataDir);
const acks = openSync(acksPath, "w");
const zoneIds = ["Z1", "Z2", "Z3", "Z4"];
let number = 0;

function setOf(label: string, value: number): ResourceRecordSet {
  return { name: `${label}.example.`, type: "TXT", ttl: 1, resourceRecords: [`"${value}"`] };
}

async function append(store: Store, zoneId: string, mutations: Mutation[]): Promise<void> {
  const subject = zoneSubject(zoneId);
  const entry = { action: "Change", mutations };
  const result = await store.log.append(subject, store.state.head(subject), entry);
  if (result === "conflict") throw new Error("conflict");
}

async function change(store: Store, zoneId: string): Promise<void> {
  const value = ++number;
  const labels = ["a", "b", "c", "d"];
  const mutations = labels.map((label) => ({ putRRset: zoneId, rrset: setOf(label, value) }));
  await append(store, zoneId, mutations);
  writeSync(acks, `${zoneId} ${value}\n`);
}

async function importZone(store: Store, zoneId: string): Promise<void> {
  const value = ++number;
  const rrsets = Array.from({ length: 1_500 }, (_, i) => setOf(`host${i}`, value));
  const importId = `import-${value}`;
  await store.log.stageRRsets(importId, rrsets.slice(0, 1_000));
  const staged = await store.log.stageRRsets(importId, rrsets.slice(1_000));
  await append(store, zoneId, [{ adoptImport: zoneId, importId, ...staged }]);
  writeSync(acks, `${zoneId} ${value}\n`);
}

for (let session = 0; session < 3; session++) {
  const store = await openStore(dataDir);
  for (let round = 0; round < 8; round++) {
    await Promise.all(zoneIds.map((zoneId) => change(store, zoneId)));
  }
  await Promise.all([importZone(store, "Z5"), change(store, "Z1")]);
  await store.close();
}
