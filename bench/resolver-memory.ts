import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { formatIp } from "../src/base/ip.ts";
import { decodeMessage } from "../src/dns/wire/message.ts";
import { encodeQuery, wireQueryOf } from "../src/resolver/upstream/wire-query.ts";
import { DnsClient } from "../test/support/dns-client.ts";
import { route53Client } from "../test/support/route53-client.ts";
import { startSignpost } from "../test/support/signpost-process.ts";
import type { SignpostProcess } from "../test/support/signpost-process.ts";
import { upstreamQuery } from "../test/support/upstream-messages.ts";
import { addressOf } from "./corpus.ts";
import { proportionalMemoryKib } from "./process-tree.ts";
import { publish } from "./report.ts";
import { createPrivateZone, createVpc, putAddresses } from "./resolver-cpu.ts";

export type ResolverMemoryOptions = {
  /** Folder for the report; default `bench/results`. */
  readonly results?: string | undefined;
  readonly zoneCount: number;
  /** In all zones together; each address has two. */
  readonly nameCount: number;
};

/** Memory of one process whose resolver sees many private zones, before and after a start. */
export async function resolverMemory(options: ResolverMemoryOptions): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), "signpost-bench-"));
  const args = ["--workers", "1", "--resolver", "127.0.0.1:0"];
  try {
    const empty = await startSignpost({ dataDir, args });
    await createVpc(empty);
    const before = proportionalMemoryKib(empty.pid);
    const startedAt = performance.now();
    await fill(empty, options);
    const fillSeconds = (performance.now() - startedAt) / 1000;
    await verify(empty, options);
    const filled = await settled(empty);
    await empty.kill("SIGTERM");
    const restartedAt = performance.now();
    const again = await startSignpost({ dataDir, args });
    const startMs = performance.now() - restartedAt;
    await verify(again, options);
    const restarted = await settled(again);
    await again.kill("SIGTERM");
    const mib = (kib: number): string => (kib / 1024).toFixed(0);
    publishMemory(options, [
      ["empty", mib(before), ""],
      ["filled through the API", mib(filled), `${fillSeconds.toFixed(0)} s to fill`],
      ["started again", mib(restarted), `${startMs.toFixed(0)} ms to the ready line`],
    ]);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Requests under way at once. */
const concurrency = 8;

async function fill(signpost: SignpostProcess, options: ResolverMemoryOptions): Promise<void> {
  const api = route53Client(signpost);
  let next = 0;
  const fillZones = async (): Promise<void> => {
    for (let zone = next++; zone < options.zoneCount; zone = next++) {
      const zoneId = await createPrivateZone(api, originOf(zone));
      const indices = indicesOf(zone, options);
      await putAddresses(api, {
        zoneId,
        names: indices.map((index) => nameOf(index, options)),
        addressAt: (i) => instanceOf(indices[i] ?? 0),
      });
    }
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, fillZones));
  } finally {
    api.destroy();
  }
}

function originOf(zone: number): string {
  return `z${zone}.inside.test.`;
}

/** Names are dealt out to the zones in turn. */
function indicesOf(zone: number, { zoneCount, nameCount }: ResolverMemoryOptions): number[] {
  const count = Math.ceil((nameCount - zone) / zoneCount);
  return Array.from({ length: count }, (_, i) => zone + i * zoneCount);
}

function nameOf(index: number, { zoneCount }: ResolverMemoryOptions): string {
  return `h${index}.${originOf(index % zoneCount)}`;
}

/** Two names lead to one instance. */
function instanceOf(index: number): string {
  return addressOf(index >> 1);
}

/** @throws Error where a name of any zone is not answered with its address in time */
async function verify(signpost: SignpostProcess, options: ResolverMemoryOptions): Promise<void> {
  const client = await DnsClient.open({ port: signpost.resolvers[0]?.port ?? 0, tries: 100 });
  try {
    for (let index = 0; index < options.zoneCount; index++) {
      const wire = wireQueryOf(upstreamQuery(`${nameOf(index, options)} A`), {
        mixCase: undefined,
        hasEdns: false,
      });
      const wanted = instanceOf(index);
      const found = async (): Promise<string> => {
        const octets = await client.askUdp(encodeQuery(wire, { id: 0, padded: false }));
        const record = octets && decodeMessage(octets).answer[0];
        return record ? formatIp(record.rdata) : "";
      };
      for (let tried = 0; (await found()) !== wanted; tried++) {
        if (tried > 200) throw new Error(`Cannot measure: no answer for name ${index}`);
        await sleep(50);
      }
    }
  } finally {
    client.close();
  }
}

/** Memory in KiB when it grows and shrinks no more. */
async function settled({ pid }: SignpostProcess): Promise<number> {
  let last = Number.NaN;
  for (let look = 0; look < 20; look++) {
    const now = proportionalMemoryKib(pid);
    if (Math.abs(now - last) < 1024) return now;
    last = now;
    await sleep(2_000);
  }
  return last;
}

function publishMemory(options: ResolverMemoryOptions, rows: string[][]): void {
  const { zoneCount, nameCount } = options;
  publish(
    {
      name: "resolver-memory",
      title: "Memory of a resolver with many private zones",
      method:
        `One Signpost process with one worker for each port, a cache of 64 MiB, and ${zoneCount} ` +
        `private zones of ${nameCount} A records in all, each address at two names. Memory is the ` +
        "process's proportional set size. A name of every zone is asked for and checked.",
      columns: ["state", "MiB", "time"],
      rows,
    },
    options.results,
  );
}
