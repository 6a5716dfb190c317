import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { parseName } from "../src/dns/wire/name.ts";
import { importZones } from "../test/differential/transfer-zones.ts";
import { peerVersion, startPeer, waitUntilServed } from "../test/differential/peers/peer.ts";
import type { ZoneFile } from "../test/differential/zone-files.ts";
import { startSignpost } from "../test/support/signpost-process.ts";
import type { Bar } from "./bar-plot.ts";
import { benchOrigin, writeBenchZone } from "./corpus.ts";
import { proportionalMemoryKib } from "./process-tree.ts";
import { publish } from "./report.ts";
import { peerKinds } from "./servers.ts";

/** How much is measured. */
export type ImportStartOptions = {
  /** Folder for the report; default `bench/results`. */
  readonly results?: string | undefined;
  readonly nameCount: number;
};

const readyTimeoutMs = 300_000;
const settleMs = 5_000;

/**
 * A zone of many records: time of `zone import`, time from the start of a process to its first
 * answer, and memory then. Nothing is pinned; the servers run one after the other.
 */
export async function importStart({ nameCount, results }: ImportStartOptions): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "signpost-bench-"));
  const zone = { origin: benchOrigin, file: join(directory, "bench.zone") };
  try {
    writeBenchZone(zone.file, nameCount);
    const rows = [await measureSignpost(zone, join(directory, "data"))];
    for (const kind of peerKinds) {
      if (peerVersion(kind) === undefined) continue;
      const peer = await startPeer(kind, { zones: [zone], readyTimeoutMs });
      rows.push([kind.name, "–", seconds(peer.startMs), ...(await memories(peer.pid))]);
      await peer.stop();
    }
    publish(
      {
        name: "import-start",
        title: `Import, start and memory with ${nameCount} records`,
        method:
          `A master file of ${nameCount} A records. Import: \`bin/signpost zone import\` into a ` +
          "running Signpost, from its start to its end. Start: from the start of the process, " +
          "with the zone on disk (peers: the master file; Signpost: its data directory), until " +
          "the zone's SOA is answered with authority. Memory: PSS of the process tree then, and some seconds later. " +
          "Signpost is an API, a database and a name server in one process; the peers are name " +
          "servers.",
        columns: ["server", "import, s", "start to answer, s", "memory, MiB", "later, MiB"],
        rows,
        plot: {
          title: `${nameCount} records`,
          unit: "MiB",
          groups: [{ name: "memory", bars: barsOf(rows, 4) }],
        },
      },
      results,
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A column of the table as bars. */
function barsOf(rows: readonly (readonly string[])[], column: number): Bar[] {
  return rows.map((row) => ({ name: row[0] as string, value: Number(row[column]) }));
}

async function measureSignpost(zone: ZoneFile, dataDir: string): Promise<string[]> {
  const first = await startSignpost({ dataDir });
  const importStartedAt = performance.now();
  await importZones(first, [zone]);
  const importMs = performance.now() - importStartedAt;
  await first.stop();
  const startedAt = performance.now();
  const second = await startSignpost({ dataDir, readyTimeoutMs });
  try {
    const { port } = second.dns;
    await waitUntilServed({ port, names: [parseName(zone.origin)], timeoutMs: readyTimeoutMs });
    const startMs = performance.now() - startedAt;
    const memory = await memories(second.pid);
    return ["signpost", seconds(importMs), seconds(startMs), ...memory];
  } finally {
    await second.stop();
  }
}

/** Memory now, and when the server has settled. */
async function memories(pid: number): Promise<string[]> {
  const now = mebibytes(pid);
  await sleep(settleMs);
  return [now, mebibytes(pid)];
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(2);
}

function mebibytes(pid: number): string {
  return (proportionalMemoryKib(pid) / 1024).toFixed(0);
}
