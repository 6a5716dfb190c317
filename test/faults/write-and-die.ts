/**
 * `node write-and-die.ts DIR`: opens DIR, makes acknowledged changes to some zones, stops cleanly
 * in the middle, goes on, and kills itself. What DIR must hold is printed as one line of JSON:
 * zone id → rows `name type values`.
 */
import { writeSync } from "node:fs";
import { seededRandom } from "../../src/base/random.ts";
import { openStore } from "../../src/control/log/open-store.ts";
import type { Mutation } from "../../src/control/model/mutation.ts";
import { zoneSubject } from "../../src/control/model/mutation.ts";
import type { ResourceRecordSet } from "../../src/control/model/resource-record-set.ts";

const dataDir = process.argv[2] as string;
const random = seededRandom(7);
const zoneIds = Array.from({ length: 8 }, (_, i) => `Z${i}`);
const expected = new Map(zoneIds.map((id) => [id, new Map<string, string>()]));

function rowText(rrset: ResourceRecordSet): string {
  return `${rrset.name} ${rrset.type} ${rrset.resourceRecords?.join(" ")}`;
}

function change(zoneId: string): Mutation {
  const name = `host${random.uint32() % 60}.${zoneId.toLowerCase()}.example.`;
  const zone = expected.get(zoneId) as Map<string, string>;
  if (random.uint32() % 5 === 0) {
    zone.delete(name);
    return { removeRRset: zoneId, name, type: "TXT" };
  }
  const value = `"${"v".repeat(random.uint32() % 120)}${random.uint32()}"`;
  const rrset = { name, type: "TXT", ttl: 60, resourceRecords: [value] };
  zone.set(name, rowText(rrset));
  return { putRRset: zoneId, rrset };
}

async function work(rounds: number): Promise<void> {
  const store = await openStore(dataDir);
  for (let round = 0; round < rounds; round++) {
    await Promise.all(zoneIds.map((zoneId) => appendOne(store, zoneId)));
  }
  await importZone(store, zoneIds[round(zoneIds.length)] as string);
  if (rounds === 40) await store.close();
}

function round(limit: number): number {
  return random.uint32() % limit;
}

type Store = Awaited<ReturnType<typeof openStore>>;

async function appendOne(store: Store, zoneId: string): Promise<void> {
  const mutations: Mutation[] = Array.from({ length: 1 + round(6) }, () => change(zoneId));
  mutations.push({ put: "hostedZone", key: [zoneId], value: { comment: "c" }, stamp: true });
  const subject = zoneSubject(zoneId);
  const head = store.state.head(subject);
  const result = await store.log.append(subject, head, { action: "Change", mutations });
  if (result === "conflict") throw new Error("conflict");
}

async function importZone(store: Store, zoneId: string): Promise<void> {
  const zone = expected.get(zoneId) as Map<string, string>;
  zone.clear();
  const rrsets = Array.from({ length: 300 }, (_, i) => ({
    name: `import${i}.${zoneId.toLowerCase()}.example.`,
    type: "A",
    ttl: 300,
    resourceRecords: [`192.0.2.${i % 256}`],
  }));
  for (const rrset of rrsets) zone.set(rrset.name, rowText(rrset));
  // One that nobody adopts, as when an import dies.
  await store.log.stageRRsets(`dead-${round(1e9)}`, rrsets.slice(0, 50));
  const importId = `I${zoneId}-${round(1e9)}`;
  await store.log.stageRRsets(importId, rrsets.slice(0, 200));
  const { count, hash } = await store.log.stageRRsets(importId, rrsets.slice(200));
  const subject = zoneSubject(zoneId);
  const mutation = { adoptImport: zoneId, importId, count, hash };
  const entry = { action: "Import", mutations: [mutation] };
  await store.log.append(subject, store.state.head(subject), entry);
}

await work(40);
await work(25);
const rows = zoneIds.map((id) => [id, [...(expected.get(id)?.values() ?? [])].sort()]);
writeSync(1, `${JSON.stringify(Object.fromEntries(rows))}\n`);
process.kill(process.pid, "SIGKILL");
