import { mkdirSync } from "node:fs";

import { systemClock } from "../src/base/clock.ts";
import { systemRandom } from "../src/base/random.ts";
import { openForStore } from "../src/control/log/open-for-store.ts";
import type { AppendRequest, StoreWriter } from "../src/control/log/store-writer.ts";
import { apexSets } from "../src/control/model/hosted-zone.ts";
import type { HostedZone } from "../src/control/model/hosted-zone.ts";
import { zoneSubject } from "../src/control/model/mutation.ts";
import type { Mutation } from "../src/control/model/mutation.ts";
import { nameSortKey } from "../src/control/model/name-sort-key.ts";
import { drawNameServers, hostmasterName } from "../src/control/model/name-servers.ts";
import { drawResourceId } from "../src/control/model/resource-id.ts";
import { addressOf } from "./corpus.ts";

/** How many zones, and how many names each has below its apex. */
export type ManyZones = { readonly zoneCount: number; readonly nameCount: number };

const zonesPerGroup = 500;
const nameServers = { suffix: "bench.internal" };

/** The name of zone number `zone`. */
export function manyZoneName(zone: number): string {
  return `z${zone}.many.test.`;
}

/** The address of a name of a zone: no two names nearby have the same. */
export function manyZoneAddress(zone: number, name: number): string {
  return addressOf((zone * 16 + name) & 0xffffff);
}

/**
 * Makes a data directory with many zones, each created by one entry of the log, with the store's own
 * writer: through the API each would wait for a disk's sync.
 */
export function writeManyZones(dataDir: string, zones: ManyZones): void {
  mkdirSync(dataDir, { mode: 0o700 });
  const { writer, close } = openForStore(dataDir, { clock: systemClock });
  for (let first = 0; first < zones.zoneCount; first += zonesPerGroup) {
    const count = Math.min(zonesPerGroup, zones.zoneCount - first);
    const requests = Array.from({ length: count }, (_, i) => creation(first + i, zones.nameCount));
    commit(writer, requests);
  }
  close();
}

function commit(writer: StoreWriter, requests: readonly AppendRequest[]): void {
  for (const outcome of writer.commitGroup(requests).outcomes) {
    if (outcome instanceof Error) throw outcome;
  }
  if (writer.journalIsLong) writer.checkpoint();
}

function creation(zoneNumber: number, nameCount: number): AppendRequest {
  const id = drawResourceId("Z", systemRandom);
  const name = manyZoneName(zoneNumber);
  const zone: HostedZone = {
    ...{ id, name, callerReference: id, createdAt: new Date().toISOString() },
    ...{ vpcs: [], private: false, nameServers: drawNameServers(nameServers, systemRandom) },
  };
  const mutations: Mutation[] = [
    { put: "hostedZone", key: [id], value: zone },
    { put: "zoneByName", key: [nameSortKey(name), id], value: true },
    { put: "zoneByCallerReference", key: [id], value: id },
    ...apexSets(zone, hostmasterName(nameServers)).map((rrset) => ({ putRRset: id, rrset })),
  ];
  for (let i = 0; i < nameCount; i++) {
    const resourceRecords = [manyZoneAddress(zoneNumber, i)];
    const rrset = { name: `h${i}.${name}`, type: "A", ttl: 300, resourceRecords };
    mutations.push({ putRRset: id, rrset });
  }
  const json = JSON.stringify(mutations);
  return { subject: zoneSubject(id), expectedHead: 0, action: "CreateHostedZone", json };
}
